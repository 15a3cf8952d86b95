/** Target and interval are read at each look: they may change. */
export type SheddingOptions = {
  /** Queueing delay that may stand, ms. */
  readonly targetMs: number
  /** How long the delay must stay above the target, or below it, before that means something, ms. */
  readonly intervalMs: number
  /** 0 … 1, for spreading retries. */
  readonly random: () => number
}

export type Shedder = {
  /**
   * Told once a batch how long the oldest unanswered request has waited, ms; true while new messages are to be refused.
   * `nowMs` is monotonic.
   */
  readonly observe: (nowMs: number, waitedMs: number) => boolean
  /** So many requests were answered. */
  readonly served: (count: number) => void
  /** When whoever is refused now may come again, ms from now. */
  readonly retryAfterMs: (nowMs: number) => number
  readonly shedding: () => boolean
}

const retryBounds = { leastMs: 250, mostMs: 5_000 } as const
/** Over how long the rate of answers is averaged, ms. */
const rateOverMs = 1_000
const rateEveryMs = 100

/**
 * Refuses early when the store does not keep up, after two ideas:
 *
 * - Nichols and Jacobson, "Controlling Queue Delay" (CoDel, ACM Queue 10(5), 2012): a queue that drains now and then is good and
 *   absorbs bursts; what tells a bad one is that the *smallest* delay of a whole interval stays above a target. So one look
 *   below the target starts the interval anew, and a burst or a slow sync refuses nobody.
 * - Maurer, "Fail at Scale" (ACM Queue 13(8), 2015): senders that do not slow down like TCP need more than CoDel's ever shorter
 *   pauses between drops. Once a queue stands, everything that finds the delay above the target is refused, so the delay stays
 *   near the target and the store never runs dry: its capacity goes into work that is still wanted.
 *
 * It ends as it began: when the delay was not above the target for an interval.
 *
 * Refusing alone would collapse under its own retries. So each refused sender gets a place in a virtual queue that moves at the
 * rate the store answers at: they come back about as fast as they can be served, however many they are.
 */
export function createShedder(options: SheddingOptions): Shedder {
  const { random } = options
  let shedding = false
  let lookedAt = Number.NEGATIVE_INFINITY
  // Since when each look found the delay on the side that would change the state; undefined after one that did not.
  let turningSince: number | undefined
  let answered = 0
  let countedAt = 0
  let ratePerMs = 0
  // The end of the virtual queue.
  let lastPlaceAt = 0

  const count = (now: number): void => {
    const elapsed = now - countedAt
    if (elapsed < rateEveryMs) return
    ratePerMs += (answered / elapsed - ratePerMs) * (1 - Math.exp(-elapsed / rateOverMs))
    answered = 0
    countedAt = now
  }

  return {
    observe: (now, waitedMs) => {
      count(now)
      const { targetMs, intervalMs } = options
      const above = waitedMs > targetMs
      // Nobody looked for so long that the last looks mean nothing any more.
      if (now - lookedAt > intervalMs) turningSince = undefined
      lookedAt = now
      if (above === shedding) turningSince = undefined
      else {
        // The oldest itself is proof of how long the delay has been above the target.
        turningSince ??= above ? now - (waitedMs - targetMs) : now
        if (now - turningSince >= intervalMs) {
          shedding = above
          turningSince = undefined
        }
      }
      return shedding && above
    },
    served: (requests) => {
      answered += requests
    },
    retryAfterMs: (now) => {
      const { leastMs, mostMs } = retryBounds
      const stepMs = ratePerMs > 0 ? 1 / ratePerMs : mostMs
      lastPlaceAt = Math.min(Math.max(lastPlaceAt, now) + stepMs, now + mostMs)
      const places = lastPlaceAt - now
      // At the bound all would come at the same time: there, chance spreads them over its second half.
      const delay = places >= mostMs ? mostMs * (0.5 + random() / 2) : places * (0.9 + random() / 5)
      return Math.round(leastMs * (0.75 + random() / 2) + delay)
    },
    shedding: () => shedding,
  }
}
