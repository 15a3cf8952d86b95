import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from './claim.ts'
import { fromBuild } from './kf.ts'
import { launcher } from './root.ts'

/** One side of one row, as the claims need it. */
export type BareRow = {
  readonly messagesPerS: number
  /** Of all its processes, per message. NaN where they are not known. */
  readonly cpuUs: number
  readonly rssBytes: number | null
  readonly lost: number
  readonly invalidReason: string | null
}

export type MeasuredRun = {
  readonly target: BareRow
  readonly p50Ms: number
  readonly references: Readonly<Record<string, BareRow>>
}

type Row = {
  readonly p50_ms: number | null
  readonly messages_per_s: number | null
  readonly server_cpu_cores: number | null
  readonly server_rss_bytes: number | null
  readonly lost: number
  readonly invalid_reason: string | null
}
type Details = {
  readonly rows: readonly {
    readonly target: { readonly row: Row }
    readonly references: readonly { readonly name: string; readonly row: Row }[]
  }[]
}

const accepted = [0, 5, 6]

/**
 * Runs `kf bench` to its end, from the build. A bound missed or a row invalid is for the caller
 * to see in what it wrote; any other exit throws with what it said.
 */
export async function runKfBench(
  bench: Bench,
  args: readonly string[],
  more: RunOptions = {},
): Promise<void> {
  const { before = [], measuring = () => {} } = more
  const words = [...before, process.execPath, launcher, 'bench', ...args, '--json']
  const [program = '', ...rest] = words
  const child = spawn(program, rest, {
    env: { ...process.env, ...fromBuild },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  bench.defer(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
    return ended
  })
  let said = ''
  let told: Promise<void> | undefined
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000)
    if (said.includes('kf: measuring')) told ??= Promise.resolve(measuring())
  })
  const code = await ended
  await told
  if (code === null || !accepted.includes(code))
    throw new Error(`kf bench ended with ${code ?? 'a signal'}: ${said}`)
}

export type RunOptions = {
  /** Stands before the command, such as `taskset`. */
  readonly before?: readonly string[]
  /** Called once, when the measured window of kf itself begins. */
  readonly measuring?: () => Promise<void> | void
}

/** The rows of the only report below `out`; at least one. */
export function readRun(out: string): readonly [MeasuredRun, ...MeasuredRun[]] {
  const [folder] = readdirSync(out)
  // Written by `kf bench` a moment ago, in its documented shape.
  const details = JSON.parse(readFileSync(join(out, folder ?? '', 'details.json'), 'utf8')) as Details
  const [first, ...others] = details.rows.map(({ target, references }) => ({
    target: sideOf(target.row),
    p50Ms: target.row.p50_ms ?? Number.NaN,
    references: Object.fromEntries(references.map(({ name, row }) => [name, sideOf(row)])),
  }))
  if (first === undefined) throw new Error(`${out} has a report without a row`)
  return [first, ...others]
}

function sideOf(row: Row): BareRow {
  const messagesPerS = row.messages_per_s ?? Number.NaN
  return {
    messagesPerS,
    cpuUs: ((row.server_cpu_cores ?? Number.NaN) * 1e6) / messagesPerS,
    rssBytes: row.server_rss_bytes,
    lost: row.lost,
    invalidReason: row.invalid_reason,
  }
}
