import { spawn } from 'node:child_process'
import { messageOf } from '../../core/errors.ts'

export type Ran = {
  /** Null: it could not be started, or a signal ended it. */
  readonly code: number | null
  readonly started: boolean
  /** Output of both streams, its last 16 KiB. */
  readonly output: string
  readonly timedOut: boolean
}

export type RunOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly withinMs: number
  readonly signal?: AbortSignal
  readonly onLine?: (line: string) => void
}

const kept = 16_384
const graceMs = 3_000

/** Runs a program to its end and never rejects. Past the deadline, or when aborted, it and all it started are stopped. */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>()
  let output = ''
  let timedOut = false
  if (options.signal?.aborted === true)
    return Promise.resolve({ code: null, started: false, output, timedOut })
  // A group of its own: a compiler starts many processes, and Ctrl-C is passed on once, by us.
  const child = spawn(program, args, {
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const kill = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch {
      // Gone in the meantime.
    }
  }
  let harder: NodeJS.Timeout | undefined
  const stop = (): void => {
    kill('SIGTERM')
    harder = setTimeout(() => {
      kill('SIGKILL')
    }, graceMs)
  }
  const deadline = setTimeout(() => {
    timedOut = true
    stop()
  }, options.withinMs)
  options.signal?.addEventListener('abort', stop, { once: true })
  const end = (code: number | null, started: boolean): void => {
    clearTimeout(deadline)
    clearTimeout(harder)
    options.signal?.removeEventListener('abort', stop)
    resolve({ code, started, output, timedOut })
  }
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-kept)
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) options.onLine?.(line)
    })
  }
  child.once('error', (error) => {
    output += messageOf(error)
    end(null, false)
  })
  child.once('close', (code) => {
    end(code, true)
  })
  return promise
}
