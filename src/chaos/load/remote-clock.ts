/** One exchange: asked and answered on the asker's clock, and what the other's clock said in between; all in nanoseconds. */
export type Exchange = { readonly asked: bigint; readonly there: bigint; readonly answered: bigint }

/** The other's clock less one's own, and how far from it that may be: the truth lies within ± `uncertaintyNs`. */
export type ClockOffset = { readonly offsetNs: bigint; readonly uncertaintyNs: bigint }

/**
 * The offset by the exchange with the shortest way: whatever the shares of the two directions in it, the other clock was read
 * in between, so half of its round trip bounds the error (D. Mills, RFC 5905, 8). Undefined without an exchange.
 */
export function offsetOf(exchanges: readonly Exchange[]): ClockOffset | undefined {
  let best: Exchange | undefined
  for (const exchange of exchanges) {
    if (best === undefined || exchange.answered - exchange.asked < best.answered - best.asked) best = exchange
  }
  if (best === undefined) return undefined
  const round = best.answered - best.asked
  return { offsetNs: best.there - (best.asked + round / 2n), uncertaintyNs: round / 2n + 1n }
}

/**
 * How far apart two clocks may be read over a run that `first` was taken before and `last` after: what each leaves open, and
 * what the clocks drifted apart in between.
 */
export function uncertaintyMs(first: ClockOffset, last: ClockOffset): number {
  const drift = last.offsetNs - first.offsetNs
  const open = first.uncertaintyNs > last.uncertaintyNs ? first.uncertaintyNs : last.uncertaintyNs
  return Number(open + (drift < 0n ? -drift : drift)) / 1e6
}
