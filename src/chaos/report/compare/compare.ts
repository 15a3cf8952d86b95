import type { Row } from '../row.ts'
import type { BenchResult } from '../stored.ts'
import { median, ratioInterval } from './interval.ts'

/** What two sides of runs say about each other; what `kf bench compare --json` prints. */
export type Comparison = {
  readonly before: Side
  readonly after: Side
  /** What should have been the same and was not, where it was compared all the same. */
  readonly forced: readonly string[]
  readonly rows: readonly ComparedRow[]
  readonly worse: boolean
}

export type Side = { readonly name: string; readonly runs: number; readonly commands: readonly string[] }

export type ComparedRow = { readonly concurrency: number; readonly metrics: readonly Compared[] }

export type Compared = {
  readonly metric: MetricName
  /** Medians over the runs of a side; of counts their sums. */
  readonly before: number
  readonly after: number
  /** After ÷ before; null for what is counted. */
  readonly ratio: number | null
  readonly low: number | null
  readonly high: number | null
  readonly confidence: number | null
  /** How far the ratio may lie on the bad side of 1; of an error rate: the difference; of a count: 0. */
  readonly bound: number
  readonly judgement: Judgement
}

export type Judgement = 'better' | 'same' | 'worse' | 'unclear'

type Metric = {
  readonly kind: 'ratio'
  readonly value: (row: Row) => number | null
  readonly better: 'lower' | 'higher'
  readonly bound: number
}

/** Tails scatter more than middles: their bounds are wider. `--tolerance` puts one bound in place of all. */
const metrics = {
  avg_ms: { kind: 'ratio', value: (row) => row.avg_ms, better: 'lower', bound: 0.1 },
  p50_ms: { kind: 'ratio', value: (row) => row.p50_ms, better: 'lower', bound: 0.1 },
  p95_ms: { kind: 'ratio', value: (row) => row.p95_ms, better: 'lower', bound: 0.15 },
  p99_ms: { kind: 'ratio', value: (row) => row.p99_ms, better: 'lower', bound: 0.25 },
  p999_ms: { kind: 'ratio', value: (row) => row.p999_ms, better: 'lower', bound: 0.5 },
  delivered_p99_ms: { kind: 'ratio', value: (row) => row.delivered_p99_ms, better: 'lower', bound: 0.25 },
  messages_per_s: { kind: 'ratio', value: (row) => row.messages_per_s, better: 'higher', bound: 0.05 },
  cpu_us_per_message: { kind: 'ratio', value: cpuPerMessage, better: 'lower', bound: 0.1 },
  server_rss_bytes: { kind: 'ratio', value: (row) => row.server_rss_bytes, better: 'lower', bound: 0.1 },
} as const satisfies Readonly<Record<string, Metric>>

const counts = ['lost', 'duplicated', 'out_of_order'] as const

/** An error rate may grow by so much, in shares of 1. */
const errorRateBound = 0.001
/** Below this an interval says too little: two runs on each side give 67 %. */
export const confident = 0.9

export type MetricName = keyof typeof metrics | 'error_rate' | (typeof counts)[number]

/** Compares runs row by row; `tolerance` replaces the bounds of all ratios. Rows of one side only are left out. */
export function compare(
  before: { readonly name: string; readonly results: readonly BenchResult[] },
  after: { readonly name: string; readonly results: readonly BenchResult[] },
  options: { readonly tolerance: number | undefined; readonly forced: readonly string[] },
): Comparison {
  const rows = commonRows(before.results, after.results).map((concurrency) => ({
    concurrency,
    metrics: comparedMetrics(
      rowsAt(before.results, concurrency),
      rowsAt(after.results, concurrency),
      options.tolerance,
    ),
  }))
  return {
    before: sideOf(before),
    after: sideOf(after),
    forced: options.forced,
    rows,
    worse: rows.some((row) => row.metrics.some(({ judgement }) => judgement === 'worse')),
  }
}

/** The numbers of visitors that every run has a row for, ascending. */
export function commonRows(before: readonly BenchResult[], after: readonly BenchResult[]): readonly number[] {
  const all = [...before, ...after].map(({ rows }) => new Set(rows.map(({ concurrency }) => concurrency)))
  const [first] = all
  return [...(first ?? [])].filter((one) => all.every((set) => set.has(one))).sort((a, b) => a - b)
}

function comparedMetrics(
  before: readonly Row[],
  after: readonly Row[],
  tolerance: number | undefined,
): readonly Compared[] {
  const list: Compared[] = []
  for (const name of Object.keys(metrics) as (keyof typeof metrics)[]) {
    const metric: Metric = metrics[name]
    const compared = comparedRatio(name, metric, before, after, tolerance ?? metric.bound)
    if (compared !== null) list.push(compared)
  }
  return [...list, errorRate(before, after), ...counts.map((name) => count(name, before, after))]
}

function comparedRatio(
  name: MetricName,
  metric: Metric,
  before: readonly Row[],
  after: readonly Row[],
  bound: number,
): Compared | null {
  const [a, b] = [before, after].map((rows) => rows.map(metric.value))
  if (a === undefined || b === undefined || ![...a, ...b].every(isPositive)) return null
  const [from, to] = [a.filter(isPositive), b.filter(isPositive)]
  const { ratio, interval } = ratioInterval(from, to)
  return {
    metric: name,
    before: median(from),
    after: median(to),
    ratio,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    confidence: interval?.confidence ?? null,
    bound,
    judgement: judged(
      ratio,
      interval !== null && interval.confidence >= confident - 1e-9 ? interval : null,
      metric.better,
      bound,
    ),
  }
}

// With an interval only what lies beyond the bound as a whole is worse; without one the ratio itself decides.
function judged(
  ratio: number,
  interval: { readonly low: number; readonly high: number } | null,
  better: Metric['better'],
  bound: number,
): Judgement {
  const lower = better === 'lower'
  const harm = lower ? ratio : 1 / ratio
  const limit = 1 + bound
  if (interval === null) return harm > limit ? 'worse' : harm < 1 / limit ? 'better' : 'same'
  const least = lower ? interval.low : 1 / interval.high
  const most = lower ? interval.high : 1 / interval.low
  if (least > limit) return 'worse'
  if (most > limit) return 'unclear'
  return most < 1 / limit ? 'better' : 'same'
}

function errorRate(before: readonly Row[], after: readonly Row[]): Compared {
  const rate = (rows: readonly Row[]): number => {
    const sent = rows.reduce((sum, row) => sum + row.sent, 0)
    return sent === 0 ? 0 : rows.reduce((sum, row) => sum + row.errors, 0) / sent
  }
  const [a, b] = [rate(before), rate(after)]
  const judgement = b - a > errorRateBound ? 'worse' : a - b > errorRateBound ? 'better' : 'same'
  return counted('error_rate', a, b, errorRateBound, judgement)
}

function count(name: (typeof counts)[number], before: readonly Row[], after: readonly Row[]): Compared {
  const sum = (rows: readonly Row[]): number => rows.reduce((total, row) => total + row[name], 0)
  const [a, b] = [sum(before), sum(after)]
  return counted(name, a, b, 0, b > a ? 'worse' : b < a ? 'better' : 'same')
}

function counted(
  metric: MetricName,
  before: number,
  after: number,
  bound: number,
  judgement: Judgement,
): Compared {
  return { metric, before, after, ratio: null, low: null, high: null, confidence: null, bound, judgement }
}

function cpuPerMessage(row: Row): number | null {
  const { server_cpu_cores: cpu, messages_per_s: rate } = row
  return cpu === null || rate === null || rate === 0 ? null : (cpu / rate) * 1e6
}

function isPositive(value: number | null): value is number {
  return value !== null && value > 0
}

function rowsAt(results: readonly BenchResult[], concurrency: number): readonly Row[] {
  return results.flatMap(({ rows }) => rows.filter((row) => row.concurrency === concurrency))
}

function sideOf(side: { readonly name: string; readonly results: readonly BenchResult[] }): Side {
  const commands = [...new Set(side.results.map(({ command }) => command))]
  return { name: side.name, runs: side.results.length, commands }
}
