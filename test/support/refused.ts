import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/kf', import.meta.url))

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

/** Runs kf to its end. A command that does not end by itself is a failure of the test, by its time-out. */
export async function runKf(
  args: readonly string[],
  options: {
    readonly cwd?: string
    readonly uid?: number
    readonly env?: Readonly<Record<string, string>>
  } = {},
): Promise<Ended> {
  const { env, ...rest } = options
  const child = spawn(process.execPath, [launcher, ...args], {
    ...rest,
    env: { ...process.env, LANG: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}
