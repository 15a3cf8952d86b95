/** When a target answers what it received at `at` (milliseconds on any one clock), the `n`-th message of all, from 0. */
export type DelayModel = (at: number, n: number) => number

export const delayModels = {
  /** Each after 20 ms. */
  fixed: (at) => at + 20,
  /** Four of five after 5 ms, the fifth after 100 ms. */
  bimodal: (at, n) => at + (n % 5 === 4 ? 100 : 5),
  /** After 5 ms, but from 1,000 to 2,000 ms the target stands still: what would be answered then is answered at its end. */
  stall: (at) => (at + 5 >= 1_000 && at + 5 < 2_000 ? 2_000 : at + 5),
} as const satisfies Readonly<Record<string, DelayModel>>

/** The value at or below which a share `quantile` of the values lies. */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(sorted.length * quantile)) - 1] ?? Number.NaN
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
