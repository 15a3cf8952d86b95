import type { LimitsConfig } from './config.ts'
import type { Bucket } from './keyed.ts'

/** `wait` in ns; `disconnect`: it was told to wait too often and its connection is to be closed. */
export type Verdict = { readonly wait: number; readonly disconnect: boolean }

const nsPerMs = 1e6

/**
 * Messages behind each refusal that are no strikes: they may have been on their way. Protocol.md allows a conversation 16; an agent
 * has many conversations.
 */
export const underWay = { visitor: 16, agent: 128 } as const

/**
 * A sender was refused, with `wait` ns until its next token. Who waits as told is never punished: only a message that comes before
 * that, and was not under way, is a strike. From `after` strikes on, each further one doubles what is left to wait, up to `max_wait`,
 * and nothing is granted before; at `disconnect_after` the connection is closed, and the sender begins again at `after`.
 */
export function refuse(
  bucket: Bucket,
  wait: number,
  now: number,
  free: number,
  penalty: LimitsConfig['penalty'],
): Verdict {
  if (bucket.waitsUntil <= now) bucket.early = 0
  else bucket.early++
  const struck = bucket.early > free
  const disconnect = struck && strike(bucket, now, penalty)
  let told = Math.max(wait, bucket.blockedUntil - now)
  if (struck && bucket.strikes > penalty.after) {
    told = Math.max(told, Math.min(told * 2, penalty.max_wait * nsPerMs))
    bucket.blockedUntil = now + told
  }
  bucket.waitsUntil = now + told
  return { wait: told, disconnect }
}

/** A message came behind a refused one that has not come again; true when its sender is to be disconnected. */
export function passOver(
  bucket: Bucket,
  now: number,
  free: number,
  penalty: LimitsConfig['penalty'],
): boolean {
  // Zero: no limit refused it last, so its conversation waits for something else.
  if (bucket.waitsUntil === 0) return false
  bucket.early++
  return bucket.early > free && strike(bucket, now, penalty)
}

function strike(bucket: Bucket, now: number, penalty: LimitsConfig['penalty']): boolean {
  bucket.strikes = bucket.strikesUntil > now ? bucket.strikes + 1 : 1
  bucket.strikesUntil = now + penalty.forget * nsPerMs
  if (bucket.strikes < penalty.disconnect_after) return false
  bucket.strikes = penalty.after
  return true
}
