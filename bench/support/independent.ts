import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Bench } from './claim.ts'

export type Independent = {
  readonly sent: number
  readonly answered: number
  readonly p50_ms: number
  readonly p90_ms: number
  readonly p99_ms: number
}

const script = fileURLToPath(new URL('../independent.ts', import.meta.url))

/** Runs `independent.ts` to its end. */
export async function runIndependent(bench: Bench, args: readonly string[]): Promise<Independent> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  bench.defer(() => child.kill('SIGKILL'))
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`bench/independent.ts ended with ${code ?? 'a signal'}`)
  // Its only line.
  return JSON.parse(out) as Independent
}
