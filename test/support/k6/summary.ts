import type { Metric, Shim } from './runtime.ts'

/** The object that `handleSummary` gets, in the documented format of k6 v1. A metric without a sample is left out. */
export function summaryOf(
  { metrics, startedAt }: Shim,
  options: {
    readonly summaryTrendStats: readonly string[]
    readonly thresholds: Readonly<Record<string, readonly string[]>>
  },
) {
  const testRunDurationMs = performance.now() - startedAt
  const shown: Record<string, unknown> = {}
  let passed = true
  for (const [name, metric] of metrics) {
    const { type, contains } = metric
    if (metric.values.length === 0) continue
    const values = valuesOf(metric, options.summaryTrendStats, testRunDurationMs)
    const thresholds: Record<string, { ok: boolean }> = {}
    for (const expression of options.thresholds[name] ?? []) {
      const ok = holds(expression, valuesOf(metric, [expression.replace(/[<>]=.*/, '')], testRunDurationMs))
      thresholds[expression] = { ok }
      passed &&= ok
    }
    shown[name] = { type, contains, values, ...(Object.keys(thresholds).length > 0 ? { thresholds } : {}) }
  }
  const data = {
    root_group: { name: '', path: '', id: 'd41d8cd98f00b204e9800998ecf8427e', groups: [], checks: [] },
    options: { summaryTrendStats: options.summaryTrendStats, summaryTimeUnit: '', noColor: true },
    state: { isStdOutTTY: false, isStdErrTTY: false, testRunDurationMs },
    metrics: shown,
  }
  return { data, passed }
}

function valuesOf(metric: Metric, stats: readonly string[], durationMs: number): Record<string, number> {
  const { type, values } = metric
  const sum = values.reduce((total, value) => total + value, 0)
  if (type === 'counter') return { count: sum, rate: sum / (durationMs / 1_000) }
  if (type === 'rate') {
    const passes = values.filter((value) => value !== 0).length
    return { rate: passes / values.length, passes, fails: values.length - passes }
  }
  const sorted = values.toSorted((a, b) => a - b)
  return Object.fromEntries(stats.map((stat) => [stat, trendStat(sorted, sum, stat)]))
}

// k6 interpolates between the two nearest samples.
function trendStat(sorted: readonly number[], sum: number, stat: string): number {
  if (stat === 'avg') return sum / sorted.length
  if (stat === 'count') return sorted.length
  if (stat === 'min') return sorted[0] ?? 0
  if (stat === 'max') return sorted.at(-1) ?? 0
  const share = stat === 'med' ? 0.5 : Number(/^p\((.+)\)$/.exec(stat)?.[1]) / 100
  const place = share * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? 0
  return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place - Math.floor(place))
}

function holds(expression: string, values: Readonly<Record<string, number>>): boolean {
  const match = /^(.+?)(<=|>=)(.+)$/.exec(expression)
  if (match === null) throw new Error(`threshold ${expression} is not understood`)
  const value = values[match[1] ?? ''] ?? Number.NaN
  return match[2] === '<=' ? value <= Number(match[3]) : value >= Number(match[3])
}
