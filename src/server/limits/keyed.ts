import { full, giveBack, type Pace, paceOf, rescale, take, waitFor } from './bucket.ts'
import type { LimitOrOff } from './config.ts'

/** What is known of one key. Instants in ns. */
export type Bucket = {
  readonly key: string
  fullAt: number
  /** Told to nobody yet; see `Keyed.collect`. */
  untold: number
  /** It was refused and has not been granted anything since; then until when it was told to wait. */
  waitsUntil: number
  /** Messages that came before it waited as told, since it was told. */
  early: number
  /** A penalty: nothing is granted before. */
  blockedUntil: number
  strikes: number
  /** Then they are forgotten. */
  strikesUntil: number
  /** False once it was forgotten: then its key has another bucket, or none. */
  kept: boolean
}

/** Tokens that other workers took: keys and counts in turn. */
export type Taken = readonly (string | number)[]

export type KeyedOptions = {
  readonly limit: LimitOrOff
  /** Keys remembered at most. */
  readonly maxKeys: number
  /** Other workers count the same keys. */
  readonly shared: boolean
}

/** How many keys an insertion at the bound looks at. */
const looks = 16

/**
 * Buckets by key, made at their first use. Memory is bounded: a bucket that is full again is as good as none and leaves when
 * `sweep` reaches it; at the bound, of the 16 looked at longest ago, the one nearest to full leaves. So a flood of new
 * keys pushes out its own, which owe little, and not those that owe much.
 */
export class Keyed {
  readonly #buckets = new Map<string, Bucket>()
  readonly #maxKeys: number
  readonly #shared: boolean
  #pace: Pace | undefined
  #tellAt: number
  #toTell: Bucket[] = []

  constructor({ limit, maxKeys, shared }: KeyedOptions) {
    this.#maxKeys = maxKeys
    this.#shared = shared
    this.#pace = paceIfOn(limit)
    this.#tellAt = tellAt(this.#pace)
  }

  get size(): number {
    return this.#buckets.size
  }

  /** False while the limit is off: then nothing is to be counted. */
  get on(): boolean {
    return this.#pace !== undefined
  }

  of(key: string, now: number): Bucket {
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      this.#makeRoom(now)
      bucket = {
        key,
        fullAt: full,
        untold: 0,
        waitsUntil: 0,
        early: 0,
        blockedUntil: 0,
        strikes: 0,
        strikesUntil: 0,
        kept: true,
      }
      this.#buckets.set(key, bucket)
    }
    return bucket
  }

  /** As `of`, with no look-up where `before`, an earlier answer for any key, is still the one. */
  again(before: Bucket | undefined, key: string, now: number): Bucket {
    return before?.kept === true && before.key === key ? before : this.of(key, now)
  }

  /** ns until there is a token. */
  wait({ fullAt }: Bucket, now: number): number {
    return this.#pace === undefined ? 0 : waitFor(fullAt, now, this.#pace)
  }

  take(bucket: Bucket, now: number): void {
    if (this.#pace === undefined) return
    bucket.fullAt = take(bucket.fullAt, now, this.#pace)
    if (this.#shared && ++bucket.untold === this.#tellAt) this.#toTell.push(bucket)
  }

  giveBack(bucket: Bucket): void {
    if (this.#pace === undefined) return
    bucket.fullAt = giveBack(bucket.fullAt, this.#pace)
    if (this.#shared && --bucket.untold === -this.#tellAt) this.#toTell.push(bucket)
  }

  /**
   * What was taken here and other workers do not know: keys of which a quarter of a burst or more was, or which were forgotten.
   * Smaller amounts stay until they have grown; none is lost.
   */
  collect(): Taken {
    if (this.#toTell.length === 0) return []
    const taken: (string | number)[] = []
    for (const bucket of this.#toTell) {
      if (bucket.untold === 0) continue
      taken.push(bucket.key, bucket.untold)
      bucket.untold = 0
    }
    this.#toTell = []
    return taken
  }

  /** Other workers took these: what they took too much is refilled before anything is granted. */
  owe(taken: Taken, now: number): void {
    const pace = this.#pace
    if (pace === undefined) return
    for (let at = 0; at + 1 < taken.length; at += 2) {
      const bucket = this.of(String(taken[at]), now)
      bucket.fullAt = take(bucket.fullAt, now, pace, Number(taken[at + 1]))
    }
  }

  /** Takes another limit on; debts stay, as `rescale` says. */
  set(limit: LimitOrOff, now: number): void {
    const from = this.#pace
    const to = paceIfOn(limit)
    this.#pace = to
    this.#tellAt = tellAt(to)
    if (from === undefined || to === undefined || (from.step === to.step && from.depth === to.depth)) return
    this.#toTell = []
    for (const bucket of this.#buckets.values()) {
      bucket.fullAt = rescale(bucket.fullAt, now, from, to)
      if (Math.abs(bucket.untold) >= this.#tellAt) this.#toTell.push(bucket)
    }
  }

  forEach(change: (bucket: Bucket) => void): void {
    this.#buckets.forEach(change)
  }

  /** Looks at `count` of the oldest and forgets those that are full again. */
  sweep(count: number, now: number): void {
    this.#look(Math.min(count, this.#buckets.size), now)
  }

  #makeRoom(now: number): void {
    if (this.#buckets.size < this.#maxKeys) return
    const nearest = this.#look(looks, now)
    if (nearest !== undefined && this.#buckets.size >= this.#maxKeys) this.#forget(nearest)
  }

  // Those that stay go to the end, so the next look finds others. Returns the one of them that is nearest to full.
  #look(count: number, now: number): Bucket | undefined {
    let nearest: Bucket | undefined
    let left = count
    for (const bucket of this.#buckets.values()) {
      if (left-- <= 0) break
      this.#buckets.delete(bucket.key)
      if (freeAt(bucket) <= now) {
        bucket.kept = false
        this.#told(bucket)
        continue
      }
      this.#buckets.set(bucket.key, bucket)
      if (nearest === undefined || freeAt(bucket) < freeAt(nearest)) nearest = bucket
    }
    return nearest
  }

  #forget(bucket: Bucket): void {
    this.#buckets.delete(bucket.key)
    bucket.kept = false
    this.#told(bucket)
  }

  #told(bucket: Bucket): void {
    if (bucket.untold !== 0 && Math.abs(bucket.untold) < this.#tellAt) this.#toTell.push(bucket)
  }
}

function paceIfOn({ burst, rate }: LimitOrOff): Pace | undefined {
  return rate === 'off' ? undefined : paceOf({ rate, burst })
}

function tellAt(pace: Pace | undefined): number {
  return pace === undefined ? 1 : Math.max(1, Math.ceil(pace.burst / 4))
}

/** From then on there is nothing to remember of it. */
function freeAt({ fullAt, blockedUntil, waitsUntil, strikesUntil }: Bucket): number {
  return Math.max(fullAt, blockedUntil, waitsUntil, strikesUntil)
}
