import { exponential, type Random } from './random.ts'

/**
 * When each of many users intends its next message: one wheel for all of them, no timer per user.
 *
 * Pure in time: `advance(now)` hands out every instant that has come due since the last call, in slots of a millisecond.
 * NOTE: with a thousand sockets ready, libuv may serve reads for a second before it runs a timer. So the generator advances
 * the wheel from its reads too, and `due` is the cheap question whether it needs to.
 */
export class Pacer {
  readonly #intended: Float64Array
  readonly #next: Int32Array
  readonly #slots: Int32Array
  readonly #mean: number
  readonly #random: Random
  #cursor = 0
  #due = Number.POSITIVE_INFINITY

  /** `users` numbered from 0, each with intervals of `meanMs` on average, exponentially distributed. */
  constructor(users: number, meanMs: number, random: Random) {
    this.#intended = new Float64Array(users)
    this.#next = new Int32Array(users).fill(-1)
    this.#slots = new Int32Array(wheelSlots).fill(-1)
    this.#mean = meanMs
    this.#random = random
  }

  /** The earliest time at which `advance` may have something to hand out. */
  get due(): number {
    return this.#due
  }

  /** Users begin one after the other, evenly over `rampMs` from `at` on; each one's first instant lies an interval after that. */
  start(at: number, rampMs = 0): void {
    this.#cursor = Math.floor(at)
    this.#due = at
    const users = this.#intended.length
    for (let user = 0; user < users; user++) {
      this.#intended[user] = at + (rampMs * user) / users + exponential(this.#random, this.#mean)
      this.#enter(user)
    }
  }

  stop(): void {
    this.#due = Number.POSITIVE_INFINITY
    this.#slots.fill(-1)
  }

  /** Calls `send(user, intended)` for each instant up to `now`. A user far behind gets all its missed instants, none skipped. */
  advance(now: number, send: (user: number, intended: number) => void): void {
    while (this.#due <= now) {
      const slot = this.#cursor & (wheelSlots - 1)
      let user = this.#slots[slot] ?? -1
      let soonest = Number.POSITIVE_INFINITY
      this.#slots[slot] = -1
      while (user >= 0) {
        const following = this.#next[user] ?? -1
        let intended = this.#intended[user] ?? 0
        if (intended <= now && intended < this.#cursor + 1) {
          const sent = intended
          intended += exponential(this.#random, this.#mean)
          this.#intended[user] = intended
          send(user, sent)
        }
        if (intended < this.#cursor + 1) soonest = Math.min(soonest, intended)
        this.#enter(user)
        user = following
      }
      // What is left of this millisecond is due at its own instant: nothing is ever sent before it was meant.
      if (soonest === Number.POSITIVE_INFINITY) this.#cursor += 1
      this.#due = Math.max(this.#cursor, soonest === Number.POSITIVE_INFINITY ? 0 : soonest)
    }
  }

  // A user whose instant lies a whole turn ahead, or in a slot already passed, waits in the nearest slot and is looked at again.
  #enter(user: number): void {
    const at = Math.floor(this.#intended[user] ?? 0)
    const slot = Math.min(Math.max(at, this.#cursor), this.#cursor + wheelSlots - 1) & (wheelSlots - 1)
    this.#next[user] = this.#slots[slot] ?? -1
    this.#slots[slot] = user
  }
}

const wheelSlots = 16_384
