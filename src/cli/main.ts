import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { errorLines } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { en } from './i18n/en.ts'
import { runCli } from './program.ts'
import type { Output, StopSignal } from './state.ts'

const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

// A defect outside of every promise: one line, too. Writer and workers end when this process does.
process.on('uncaughtException', (error) => {
  process.stderr.write(errorLines(error, en, process.env['KF_DEBUG'] === '1'))
  process.exit(exitCodes.failed)
})

/** The program: gathers the process's globals and runs the command line. What is here is what no test replaces. */
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  out: outputOf(process.stdout),
  err: outputOf(process.stderr),
  sinceStartMs: () => performance.now(),
  onSignal: (handler) => {
    for (const signal of stopSignals) process.on(signal, handler)
    return () => {
      for (const signal of stopSignals) process.off(signal, handler)
    }
  },
  onInputEnd: (handler) => {
    const { stdin } = process
    stdin.once('close', handler).resume()
    return () => {
      stdin.off('close', handler).pause()
    }
  },
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
  node: { version: process.versions.node, path: process.execPath },
  cores: availableParallelism(),
})

function ask(question: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  reader.on('close', () => {
    resolve('')
  })
  reader.question(question, (answer) => {
    resolve(answer)
    reader.close()
  })
  return promise
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // `kf … | head` closes the pipe early, a terminal that goes away fails with EIO: the reader's choice, not an error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
  return {
    write: (text) => {
      stream.write(text)
    },
    isTerminal: Boolean(stream.isTTY),
    get columns() {
      // A terminal without a size says 0.
      return stream.isTTY && stream.columns > 0 ? stream.columns : 80
    },
  }
}
