/**
 * A histogram of fixed buckets, cheap enough for each message: one observation is a short scan and three additions in arrays
 * of numbers, nothing is allocated. `bounds` ascend; a value counts in the first bucket whose bound is not below it.
 */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  readonly #sum = new Float64Array(1)

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum[0] = (this.#sum[0] ?? 0) + value
  }

  report(): HistogramReport {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum[0] ?? 0 }
  }
}

/** As it crosses to the supervisor: `counts` has one bucket more than `bounds`, for what lies above the last; not cumulative. */
export type HistogramReport = {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

export function countOf({ counts }: HistogramReport): number {
  let count = 0
  for (const each of counts) count += each
  return count
}

/**
 * The value below which the share `q` (0 … 1) lies, interpolated within its bucket as Prometheus' `histogram_quantile` does;
 * above the last bound it is that bound. Undefined while nothing was observed.
 */
export function quantileOf(report: HistogramReport, q: number): number | undefined {
  const { bounds, counts } = report
  const count = countOf(report)
  if (count === 0) return undefined
  let below = 0
  for (const [bucket, inBucket] of counts.entries()) {
    if (below + inBucket >= q * count && inBucket > 0) {
      const from = bounds[bucket - 1] ?? 0
      const to = bounds[bucket] ?? from
      return from + (to - from) * ((q * count - below) / inBucket)
    }
    below += inBucket
  }
  return bounds.at(-1)
}

/** Adds up histograms of the same bounds: of several workers, say. */
export function mergeHistograms(reports: readonly HistogramReport[]): HistogramReport {
  const bounds = reports[0]?.bounds ?? []
  const counts: number[] = bounds.map(() => 0)
  counts.push(0)
  let sum = 0
  for (const report of reports) {
    for (const [bucket, count] of report.counts.entries()) counts[bucket] = (counts[bucket] ?? 0) + count
    sum += report.sum
  }
  return { bounds, counts, sum }
}

/** Seconds, from 50 µs to 10 s. */
export const secondsBounds: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10,
]

/** Things in one batch. */
export const sizeBounds: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000]
