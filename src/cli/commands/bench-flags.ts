import type { LoadMode } from '../../chaos/load/ipc.ts'
import { durationMs } from '../../chaos/yaml/units.ts'
import { KfError } from '../../core/errors.ts'

/** The options of `kf bench` as commander hands them over. */
export type BenchFlags = {
  readonly concurrency?: string
  readonly mode?: string
  readonly rate?: string
  readonly ramp?: string
  readonly duration?: string
  readonly warmup?: string
  readonly seed?: string
  readonly target?: string
  readonly site?: string
  readonly data?: string
  readonly agents?: string
  readonly workers?: string
  readonly generators?: string
  readonly yesReally?: boolean
  readonly hosts?: string
  readonly hostTokenFile?: string
  readonly beyondLoopback?: boolean
  readonly agentReplies: boolean
  readonly json?: boolean
  readonly out: string
  readonly engine?: string
  readonly list?: boolean
  readonly repeat?: string
  readonly baseline?: string
}

export const benchDefaults = {
  concurrency: '5000,10000,20000',
  mode: 'open',
  rate: 0.5,
  seed: 7,
  out: 'reports',
  connectPerSecond: 4_000,
  open: { durationS: 60, warmupS: 5 },
  closed: { durationS: 15, warmupS: 5 },
} as const

/** What the options say of the load; undefined where they say nothing. */
export type LoadFlags = {
  readonly mode: LoadMode | undefined
  readonly concurrency: readonly number[] | undefined
  readonly rate: number | undefined
  readonly ramp: { readonly overMs: number; readonly connectPerSecond: number | undefined } | undefined
  readonly durationMs: number | undefined
  readonly warmupMs: number | undefined
  readonly seed: number | undefined
}

/** Throws `usage` for the first that makes no sense, with its bounds. */
export function loadFlags(flags: BenchFlags): LoadFlags {
  const seconds = (name: string, text: string | undefined, min: number, max: number): number | undefined => {
    const whole = readWhole(name, text, min, max)
    return whole === undefined ? undefined : whole * 1_000
  }
  return {
    mode: flags.mode === undefined ? undefined : readMode(flags.mode),
    concurrency: flags.concurrency === undefined ? undefined : readConcurrency(flags.concurrency),
    rate: flags.rate === undefined ? undefined : readNumber('--rate', flags.rate, 0.001, 1_000, false),
    ramp: flags.ramp === undefined ? undefined : readRamp(flags.ramp),
    durationMs: seconds('--duration', flags.duration, 1, 86_400),
    warmupMs: seconds('--warmup', flags.warmup, 0, 3_600),
    seed: readWhole('--seed', flags.seed, 0, 2 ** 32 - 1),
  }
}

export function refuseRateInClosedMode(mode: LoadMode, rate: number | undefined): void {
  if (mode === 'open' || rate === undefined) return
  throw new KfError(
    'usage',
    '--rate means nothing in closed mode: each visitor sends when the last message was acked',
    { hint: 'leave it out, or use --mode open' },
  )
}

export function readConcurrency(text: string): readonly number[] {
  return text.split(',').map((part) => readNumber('--concurrency', part.trim(), 1, 1_000_000, true))
}

/** A whole number within bounds; undefined where the option was not given. */
export function readWhole(
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  return text === undefined ? undefined : readNumber(name, text, min, max, true)
}

function readMode(text: string): LoadMode {
  if (text === 'open' || text === 'closed') return text
  throw new KfError('usage', `--mode ${text}: open or closed is needed`, { hint: '--mode open' })
}

const longestRampMs = 3_600_000

// `30s`, or `30s,500/s` with the connections per second.
function readRamp(text: string): LoadFlags['ramp'] {
  const [, over = '', perSecond] = /^([^,]*)(?:,(\d{1,5})\/s)?$/.exec(text) ?? []
  const overMs = durationMs(over)
  const connectPerSecond = perSecond === undefined ? undefined : Number(perSecond)
  const connects = connectPerSecond === undefined || (connectPerSecond >= 1 && connectPerSecond <= 20_000)
  if (overMs !== undefined && overMs <= longestRampMs && connects) return { overMs, connectPerSecond }
  throw new KfError(
    'usage',
    `--ramp ${text}: a time up to 1h is needed, with 1 to 20000 connections per second where they matter`,
    { hint: 'for example --ramp 30s, or --ramp 30s,500/s' },
  )
}

function readNumber(name: string, text: string, min: number, max: number, integer: boolean): number {
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= min && value <= max && (!integer || Number.isInteger(value)))
    return value
  const kind = integer ? 'a whole number' : 'a number'
  throw new KfError('usage', `${name} ${text}: ${kind} from ${min} to ${max} is needed`, {
    hint: `kf bench --help`,
  })
}
