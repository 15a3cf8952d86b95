import type { Limit } from './config.ts'

/**
 * The arithmetic of token buckets, pure. A bucket is one number: the instant at which it will be full again. Taking a token puts
 * that off by one step, and time does the refilling, so nothing is added up in fractions and nothing drifts. (The same as
 * "virtual scheduling" of the generic cell rate algorithm, ITU-T I.371.)
 *
 * Instants and spans are whole nanoseconds. NOTE: beyond 2⁵³ of them, after 104 days, a sum rounds to 2 ns.
 */
export type Pace = {
  /** Between two tokens; rounded up, so a rate is never exceeded, and missed by at most 0.1 % (at 1,000,000/s). */
  readonly step: number
  /** From empty to full. */
  readonly depth: number
  readonly burst: number
}

/** A bucket that was never touched. */
export const full = 0

export function paceOf({ rate, burst }: Limit): Pace {
  const step = Math.ceil(1e9 / rate)
  return { step, depth: step * burst, burst }
}

/** How long until there is a token; 0 when there is one. */
export function waitFor(fullAt: number, now: number, { step, depth }: Pace): number {
  const wait = (fullAt > now ? fullAt - now : 0) + step - depth
  return wait > 0 ? wait : 0
}

/** Takes `count` tokens, there or not: what is not there has to be refilled first. */
export function take(fullAt: number, now: number, { step }: Pace, count = 1): number {
  return (fullAt > now ? fullAt : now) + step * count
}

/** Gives one back; a bucket is never more than full. */
export function giveBack(fullAt: number, { step }: Pace): number {
  return fullAt - step
}

/**
 * The same bucket under another pace: tokens that were taken stay taken, whatever they cost now. Of a bucket that becomes smaller
 * than its debt, the rest is forgiven: it is empty, and waits one step.
 */
export function rescale(fullAt: number, now: number, from: Pace, to: Pace): number {
  const taken = fullAt > now ? (fullAt - now) / from.step : 0
  return now + Math.ceil(Math.min(taken, to.burst) * to.step)
}
