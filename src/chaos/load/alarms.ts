/**
 * One alarm for each of many users: an indexed heap, so that setting one again or clearing it costs no garbage and leaves
 * nothing behind. Pure in time.
 */
export class Alarms {
  readonly #at: Float64Array
  /** Users, soonest first as in any binary heap; and where each stands in it, or -1. */
  readonly #heap: Int32Array
  readonly #place: Int32Array
  #size = 0

  /** `users` numbered from 0; none has an alarm. */
  constructor(users: number) {
    this.#at = new Float64Array(users)
    this.#heap = new Int32Array(users)
    this.#place = new Int32Array(users).fill(-1)
  }

  /** When the soonest alarm rings; infinity without any. */
  get due(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#at[this.#heap[0] ?? 0] ?? 0)
  }

  /** Sets the alarm of `user`, in place of the one it had. */
  set(user: number, at: number): void {
    let place = this.#place[user] ?? -1
    if (place < 0) {
      place = this.#size
      this.#size += 1
    }
    this.#at[user] = at
    this.#sift(user, place)
  }

  clear(user: number): void {
    const place = this.#place[user] ?? -1
    if (place < 0) return
    this.#place[user] = -1
    this.#size -= 1
    const last = this.#heap[this.#size] ?? 0
    if (last !== user) this.#sift(last, place)
  }

  /** Rings what is due by `now`, soonest first; what is set meanwhile for an instant up to `now` rings, too. */
  ring(now: number, rung: (user: number, at: number) => void): void {
    while (this.#size > 0) {
      const user = this.#heap[0] ?? 0
      const at = this.#at[user] ?? 0
      if (at > now) return
      this.clear(user)
      rung(user, at)
    }
  }

  // Puts `user` at `place`, or as far above or below as its instant demands.
  #sift(user: number, place: number): void {
    const at = this.#at[user] ?? 0
    let hole = place
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = this.#heap[parent] ?? 0
      if ((this.#at[above] ?? 0) <= at) break
      this.#put(above, hole)
      hole = parent
    }
    for (let child = 2 * hole + 1; child < this.#size; child = 2 * hole + 1) {
      if (child + 1 < this.#size && this.#atPlace(child + 1) < this.#atPlace(child)) child += 1
      if (this.#atPlace(child) >= at) break
      this.#put(this.#heap[child] ?? 0, hole)
      hole = child
    }
    this.#put(user, hole)
  }

  #put(user: number, place: number): void {
    this.#heap[place] = user
    this.#place[user] = place
  }

  #atPlace(place: number): number {
    return this.#at[this.#heap[place] ?? 0] ?? 0
  }
}
