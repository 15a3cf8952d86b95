import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { waitUntil } from './wait.ts'

const launcher = fileURLToPath(new URL('../../bin/kf', import.meta.url))

export type Run = { readonly code: number; readonly out: string; readonly err: string }

type Options = { readonly cwd: string; readonly env?: Readonly<Record<string, string>> }

/** One `kf …` to its end, in English unless `env` says otherwise, and with no token of this machine. */
export function runKf(argv: readonly string[], { cwd, env }: Options): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>()
  execFile(process.execPath, [launcher, ...argv], { cwd, env: environment(env) }, (error, out, err) => {
    resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
  })
  return promise
}

/** One `kf …` at a terminal of its own. */
export type AtTerminal = {
  /** What the terminal shows so far, without its control sequences. */
  readonly shown: () => string
  readonly shows: (text: string) => Promise<void>
  readonly type: (keys: string) => void
  /** The exit code of the command. */
  readonly ended: Promise<number | null>
  /** As when its window is closed: the terminal is gone, and SIGHUP comes. */
  readonly close: () => void
}

/** Through `script` of util-linux, which gives the command a pseudo-terminal and copies what is typed and shown. */
export function kfAtTerminal(argv: readonly string[], { cwd, env }: Options): AtTerminal {
  const quoted = [process.execPath, launcher, ...argv].map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
  const child: ChildProcess = spawn(
    'script',
    ['--quiet', '--return', '--flush', '--command', quoted.join(' '), '/dev/null'],
    {
      cwd,
      env: { ...environment(env), TERM: 'xterm', NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  child.stdin?.on('error', () => undefined)
  const shown = (): string => stripVTControlCharacters(text).replaceAll('\r', '')
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  return {
    shown,
    shows: async (wanted) => {
      await waitUntil(`${JSON.stringify(wanted)} on the terminal`, () => shown().includes(wanted))
    },
    type: (keys) => child.stdin?.write(keys),
    ended,
    close: () => child.kill('SIGKILL'),
  }
}

function environment(env: Options['env'] = {}): NodeJS.ProcessEnv {
  return { ...process.env, LANG: 'C', LC_ALL: 'C', USER: 'lin', KF_TOKEN: '', ...env }
}
