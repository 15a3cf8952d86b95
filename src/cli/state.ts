/**
 * Everything a command may know of the process it runs in, gathered in one place: so commands run in tests without one.
 * Only `main.ts` builds the real one.
 */
export type CliState = {
  /** Without the interpreter and the program. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly out: Output
  readonly err: Output
  /** Milliseconds since the process began. */
  readonly sinceStartMs: () => number
  /** Runs `handler` at each SIGINT, SIGTERM and SIGHUP (the terminal went away); the result takes it back. */
  readonly onSignal: (handler: (signal: StopSignal) => void) => () => void
  /** Reads standard input to nowhere and runs `handler` when it ends; the result takes it back. */
  readonly onInputEnd: (handler: () => void) => () => void
  /** Asks the person at the terminal; an empty answer when it ends. Absent where nobody sits there. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
  readonly node: { readonly version: string; readonly path: string }
  readonly cores: number
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export type Output = {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  /** Columns of the terminal; 80 elsewhere. */
  readonly columns: number
}

/** Colour and live views: on a terminal only, and not where NO_COLOR (https://no-color.org) or TERM=dumb asks for plain text. */
export function isPlain(state: Pick<CliState, 'env'>, output: Output): boolean {
  return !output.isTerminal || (state.env['NO_COLOR'] ?? '') !== '' || state.env['TERM'] === 'dumb'
}
