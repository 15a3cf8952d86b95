/** How two sides of repeated runs compare: the ratio after ÷ before, and where it lies with some confidence. */
export type RatioInterval = {
  readonly ratio: number
  /** Null with one run on each side: then nothing is known of how runs scatter. */
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null
}

const wanted = 0.95

/**
 * Hodges–Lehmann's estimate with the interval of Mann–Whitney's test, on ratios: the median of all pairs after ÷ before, and
 * the pairs that stand so far from both ends that the true ratio lies between them with the confidence stated. It assumes
 * nothing of the distribution but that both have the same shape, is exact for few runs, and needs no random numbers. At
 * least 95 % where the runs suffice (4 on each side), else what they give: 90 % with 3, 67 % with 2. All values above zero.
 */
export function ratioInterval(before: readonly number[], after: readonly number[]): RatioInterval {
  const pairs = after.flatMap((b) => before.map((a) => b / a)).sort((a, b) => a - b)
  const ratio = median(pairs)
  const tail = tailProbabilities(before.length, after.length)
  // The largest rank k with P(U < k) small enough on both sides; the first one if none is.
  let rank = 1
  while (1 - 2 * (tail[rank] ?? 1) >= wanted && rank + 1 <= pairs.length / 2) rank += 1
  const confidence = 1 - 2 * (tail[rank - 1] ?? 1)
  const low = pairs[rank - 1]
  const high = pairs[pairs.length - rank]
  if (confidence <= 0 || low === undefined || high === undefined) return { ratio, interval: null }
  return { ratio, interval: { low, high, confidence } }
}

/** Of an unsorted or sorted list that is not empty. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** P(U ≤ u) of Mann–Whitney's U for samples of `m` and `n` from one distribution, for u = 0 … m·n. */
export function tailProbabilities(m: number, n: number): readonly number[] {
  // counts[i][j][u]: orderings of i and j values with statistic u, by the recurrence over the largest value.
  const memory = new Map<string, readonly number[]>()
  const counts = (i: number, j: number): readonly number[] => {
    if (i === 0 || j === 0) return [1]
    const key = `${i} ${j}`
    const known = memory.get(key)
    if (known !== undefined) return known
    const fromFirst = counts(i - 1, j)
    const fromSecond = counts(i, j - 1)
    const all = Array.from({ length: i * j + 1 }, (_, u) => (fromFirst[u - j] ?? 0) + (fromSecond[u] ?? 0))
    memory.set(key, all)
    return all
  }
  const all = counts(m, n)
  const total = all.reduce((sum, count) => sum + count, 0)
  let seen = 0
  return all.map((count) => {
    seen += count
    return seen / total
  })
}
