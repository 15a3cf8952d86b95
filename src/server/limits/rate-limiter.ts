import type { Clock } from '../../core/clock.ts'

/** One allowance per key: `burst` at once, then one more each `refillMs`. */
export type RateLimiterOptions = {
  readonly burst: number
  readonly refillMs: number
  /** Keys remembered; beyond it the one untouched for longest is forgotten. */
  readonly maxKeys: number
}

export type Take = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number }

export type RateLimiter = {
  /** Takes one, or says when the next is due. */
  readonly take: (key: string) => Take
  /** Gives one back: what was taken turned out not to count. */
  readonly giveBack: (key: string) => void
  readonly size: () => number
}

/**
 * Token buckets in constant memory. Each worker counts for itself, so a node with n workers allows up to n times as much to
 * someone who opens a new connection for each try.
 */
export function createRateLimiter(clock: Pick<Clock, 'monotonic'>, options: RateLimiterOptions): RateLimiter {
  const { burst, refillMs, maxKeys } = options
  // A Map iterates in the order of insertion: touched keys are put at its end, so the first one is the oldest.
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>()

  const current = (key: string, now: number): number => {
    const bucket = buckets.get(key)
    return bucket === undefined ? burst : Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs)
  }
  const put = (key: string, tokens: number, at: number): void => {
    buckets.delete(key)
    if (tokens >= burst) return
    if (buckets.size >= maxKeys) {
      const oldest = buckets.keys().next()
      if (oldest.done !== true) buckets.delete(oldest.value)
    }
    buckets.set(key, { tokens, at })
  }

  return {
    take: (key) => {
      const now = clock.monotonic()
      const tokens = current(key, now)
      if (tokens < 1) {
        put(key, tokens, now)
        return { ok: false, retryAfterMs: Math.ceil((1 - tokens) * refillMs) }
      }
      put(key, tokens - 1, now)
      return { ok: true }
    },
    giveBack: (key) => {
      const now = clock.monotonic()
      put(key, current(key, now) + 1, now)
    },
    size: () => buckets.size,
  }
}
