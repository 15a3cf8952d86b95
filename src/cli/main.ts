import { availableParallelism } from 'node:os'
import { runCli } from './program.ts'
import type { Output } from './state.ts'

/** The program: gathers the process's globals and runs the command line. What is here is what no test replaces. */
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  out: outputOf(process.stdout),
  err: outputOf(process.stderr),
  sinceStartMs: () => performance.now(),
  onSignal: (handler) => {
    process.on('SIGINT', handler)
    process.on('SIGTERM', handler)
    return () => {
      process.off('SIGINT', handler)
      process.off('SIGTERM', handler)
    }
  },
  node: { version: process.versions.node, path: process.execPath },
  cores: availableParallelism(),
})

function outputOf(stream: NodeJS.WriteStream): Output {
  // `kf … | head` closes the pipe early: that is the reader's choice, not an error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => {
      stream.write(text)
    },
    isTerminal: stream.isTTY,
    get columns() {
      return stream.isTTY ? stream.columns : 80
    },
  }
}
