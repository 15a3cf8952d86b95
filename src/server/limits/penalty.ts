import type { LimitsConfig } from './config.ts'
import type { Bucket } from './keyed.ts'

/** `wait` in ns; `disconnect`: it was told to wait too often and its connection is to be closed. */
export type Verdict = { readonly wait: number; readonly disconnect: boolean }

const nsPerMs = 1e6

/**
 * A sender was refused, with `wait` ns until its next token. Who waits as told is never punished: only a message that comes before
 * that is a strike. From `after` strikes on, each further one doubles what is left to wait, up to `max_wait`, and nothing is
 * granted before; at `disconnect_after` the connection is closed, and the sender begins again at `after`.
 */
export function refuse(bucket: Bucket, wait: number, now: number, penalty: LimitsConfig['penalty']): Verdict {
  const early = bucket.waitsUntil > now
  const disconnect = early && strike(bucket, now, penalty)
  let told = Math.max(wait, bucket.blockedUntil - now)
  if (early && bucket.strikes > penalty.after) {
    told = Math.max(told, Math.min(told * 2, penalty.max_wait * nsPerMs))
    bucket.blockedUntil = now + told
  }
  bucket.waitsUntil = now + told
  return { wait: told, disconnect }
}

/** One message more of a sender that was told to wait; true when that was one too many. */
export function strike(bucket: Bucket, now: number, penalty: LimitsConfig['penalty']): boolean {
  bucket.strikes = bucket.strikesUntil > now ? bucket.strikes + 1 : 1
  bucket.strikesUntil = now + penalty.forget * nsPerMs
  if (bucket.strikes < penalty.disconnect_after) return false
  bucket.strikes = penalty.after
  return true
}
