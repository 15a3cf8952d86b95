import type { Second } from './result.ts'

type Look = Pick<Second, 't' | 'errors' | 'p99Ms' | 'unknown'>

/**
 * The steady state, as the baseline shows it: a second belongs to it when it has no more errors and waiting sends than the
 * baseline's worst, and its p99 stays below twice the baseline's worst and 50 ms more, since a second's p99 is one message.
 */
export type Steady = { readonly errors: number; readonly unknown: number; readonly p99Ms: number }

/** Seconds in a row that must be steady before a run counts as recovered. */
export const holdSeconds = 5

export function steadyOf(baseline: readonly Look[]): Steady {
  const worst = (of: (second: Look) => number): number => Math.max(0, ...baseline.map(of))
  return {
    errors: worst(({ errors }) => errors),
    unknown: worst(({ unknown }) => unknown),
    p99Ms: 2 * worst(({ p99Ms }) => p99Ms ?? 0) + 50,
  }
}

export function isSteady({ errors, unknown, p99Ms }: Look, steady: Steady): boolean {
  return errors <= steady.errors && unknown <= steady.unknown && (p99Ms ?? 0) <= steady.p99Ms
}

/**
 * Milliseconds from the first injection to the end of the first second that leaves the steady state, until `end` at most;
 * undefined: nobody noticed. `t` of a second is its end.
 */
export function detectMs(
  seconds: readonly Look[],
  steady: Steady,
  injectedAt: number,
  end: number,
): number | undefined {
  const first = seconds.find(
    ({ t, ...look }) => t > injectedAt && t <= end && !isSteady({ t, ...look }, steady),
  )
  return first === undefined ? undefined : first.t - injectedAt
}

/**
 * Milliseconds from the last healing to the beginning of the first second from which the steady state holds for
 * `holdSeconds`; 0: it was never left. Undefined: it did not come back.
 */
export function recoverMs(seconds: readonly Look[], steady: Steady, healedAt: number): number | undefined {
  let from: number | undefined
  let held = 0
  for (const second of seconds) {
    if (second.t <= healedAt) continue
    if (!isSteady(second, steady)) {
      from = undefined
      held = 0
      continue
    }
    from ??= second.t - 1_000
    held += 1
    if (held === holdSeconds) return Math.max(0, from - healedAt)
  }
  return undefined
}
