import type { RandomBytes } from '../core/ids.ts'

const firstMs = 300
const lastMs = 15_000

/**
 * Full jitter (Exponential Backoff and Jitter, AWS Architecture Blog, 2015): anything between 0 and a bound that doubles from
 * 0.3 s to 15 s. `attempt` counts from 0. Thousands of clients cut off together come back spread, not in step.
 */
export function backoffMs(attempt: number, random: RandomBytes): number {
  const bound = Math.min(lastMs, firstMs * 2 ** Math.min(attempt, 16))
  return Math.floor(fraction(random) * bound)
}

/** Uniform in [0, 1) from 32 random bits. */
export function fraction(random: RandomBytes): number {
  const bytes = random(4)
  const bits = ((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)
  return (bits >>> 0) / 2 ** 32
}
