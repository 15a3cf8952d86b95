import type { CliState, StopSignal } from './state.ts'

/** A command line without a process: what it printed, and the means to send it a signal. */
export type TestCli = {
  readonly state: CliState
  readonly out: () => string
  readonly err: () => string
  readonly signal: (signal: StopSignal) => void
}

export function testCli(argv: readonly string[], options: Partial<CliState> = {}): TestCli {
  let out = ''
  let err = ''
  const handlers = new Set<(signal: StopSignal) => void>()
  return {
    out: () => out,
    err: () => err,
    signal: (signal) => {
      for (const handler of handlers) handler(signal)
    },
    state: {
      argv,
      env: {},
      cwd: '/',
      out: { write: (text) => (out += text), isTerminal: false, columns: 80 },
      err: { write: (text) => (err += text), isTerminal: false, columns: 80 },
      sinceStartMs: () => 0,
      onSignal: (handler) => {
        handlers.add(handler)
        return () => handlers.delete(handler)
      },
      onInputEnd: () => () => {},
      node: { version: '26.10.0', path: '/usr/bin/node' },
      cores: 2,
      ...options,
    },
  }
}
