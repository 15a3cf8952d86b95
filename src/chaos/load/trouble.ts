import { Alarms } from './alarms.ts'
import type { Trouble } from './ipc.ts'
import { exponential, type Random } from './random.ts'

/** What trouble does to visitor `n`. */
export type TroublePorts = {
  readonly isReady: (n: number) => boolean
  readonly cut: (n: number) => void
  readonly pause: (n: number) => void
  readonly resume: (n: number) => void
}

/** A slow reader reads for so long, then not for so long, each on average. */
export const readsForMs = 5_000
export const pausesForMs = 20_000

/** What visitors of one generator suffer: some are cut off, some stop reading. Whom it hits, and when, is drawn from the seed. */
export class Troubles {
  /** By visitor: 1 for a slow reader. */
  readonly slow: Uint8Array
  readonly #cutsPerMs: number
  readonly #random: Random
  readonly #ports: TroublePorts
  readonly #alarms: Alarms
  readonly #paused = new Set<number>()
  #lastTurn = 0
  #owed = 0
  #on = false

  constructor(trouble: Trouble, visitors: number, random: Random, ports: TroublePorts) {
    this.#ports = ports
    this.#random = random
    this.#cutsPerMs = (visitors * trouble.reconnectPerMinute) / 60_000
    this.#alarms = new Alarms(visitors)
    this.slow = Uint8Array.from({ length: visitors }, () => (random() < trouble.slowReaders ? 1 : 0))
  }

  begin(now: number): void {
    this.#on = true
    this.#lastTurn = now
    for (const [visitor, slow] of this.slow.entries())
      if (slow === 1) this.#alarms.set(visitor, now + exponential(this.#random, readsForMs))
  }

  /** All read again, and nobody is cut off any more. */
  end(): void {
    this.#on = false
    for (const visitor of this.#paused) this.#ports.resume(visitor)
    this.#paused.clear()
  }

  /** Call it every few tens of milliseconds. */
  turn(now: number): void {
    if (!this.#on) return
    this.#alarms.ring(now, (visitor) => {
      this.#turnSlow(visitor, now)
    })
    this.#owed += (now - this.#lastTurn) * this.#cutsPerMs
    this.#lastTurn = now
    for (; this.#owed >= 1; this.#owed -= 1) {
      const visitor = Math.floor(this.#random() * this.slow.length)
      if (this.#ports.isReady(visitor)) this.#ports.cut(visitor)
    }
  }

  // A connection that was lost meanwhile takes the pause along: the next one reads until the next turn.
  #turnSlow(visitor: number, now: number): void {
    const pauses = !this.#paused.delete(visitor) && this.#ports.isReady(visitor)
    if (pauses) {
      this.#paused.add(visitor)
      this.#ports.pause(visitor)
    } else this.#ports.resume(visitor)
    this.#alarms.set(visitor, now + exponential(this.#random, pauses ? pausesForMs : readsForMs))
  }
}
