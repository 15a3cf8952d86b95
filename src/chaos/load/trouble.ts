import { Alarms } from './alarms.ts'
import type { Crowd } from './crowd.ts'
import type { Trouble } from './ipc.ts'
import { exponential, type Random } from './random.ts'
import type { Visitor } from './visitor.ts'

/** A slow reader reads for so long, then not for so long, each on average. */
const readsForMs = 5_000
const pausesForMs = 20_000

/** What visitors of one generator suffer: some are cut off, some stop reading. Whom it hits is drawn from the seed. */
export class Troubles {
  /** By visitor: 1 for a slow reader. */
  readonly slow: Uint8Array
  readonly #cutsPerMs: number
  readonly #random: Random
  readonly #crowd: Crowd<Visitor>
  readonly #alarms: Alarms
  readonly #paused = new Set<Visitor>()
  #lastTurn = 0
  #owed = 0
  #on = false

  constructor(trouble: Trouble, visitors: number, crowd: Crowd<Visitor>, random: Random) {
    this.#crowd = crowd
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
    for (const visitor of this.#paused) visitor.socket?.resume()
    this.#paused.clear()
  }

  /** Call it every few tens of milliseconds. */
  turn(now: number): void {
    if (!this.#on) return
    this.#alarms.ring(now, (number) => {
      this.#turnSlow(number, now)
    })
    this.#owed += (now - this.#lastTurn) * this.#cutsPerMs
    this.#lastTurn = now
    for (; this.#owed >= 1; this.#owed -= 1) this.#cutOne()
  }

  #turnSlow(number: number, now: number): void {
    const visitor = this.#crowd.all[number]
    if (visitor === undefined) return
    const pauses = !this.#paused.delete(visitor) && visitor.stage === 'ready'
    if (pauses) this.#paused.add(visitor)
    if (pauses) visitor.socket?.pause()
    else visitor.socket?.resume()
    this.#alarms.set(number, now + exponential(this.#random, pauses ? pausesForMs : readsForMs))
  }

  #cutOne(): void {
    const visitor = this.#crowd.all[Math.floor(this.#random() * this.#crowd.all.length)]
    if (visitor?.stage === 'ready') this.#crowd.cut(visitor)
  }
}
