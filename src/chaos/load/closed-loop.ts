import type { Meter } from './meter.ts'
import type { Visitors } from './visitors.ts'

/** Closed mode: exactly one message in flight for each visitor, from `start` to `stop`; the next one follows the ack, or the error. */
export class ClosedLoop {
  readonly #visitors: Visitors
  readonly #now: () => number
  readonly #meter: Meter

  constructor(visitors: Visitors, now: () => number, meter: Meter) {
    this.#visitors = visitors
    this.#now = now
    this.#meter = meter
  }

  start(): void {
    const visitors = this.#visitors
    visitors.watcher = {
      settled: (visitor, _index, now) => {
        if (now < this.#meter.window.measureTo) this.#next(visitor.number, now)
      },
      answered: () => {},
    }
    for (const { number } of visitors.crowd.all) this.#next(number, this.#now())
  }

  stop(): void {
    this.#visitors.watcher = undefined
  }

  #next(visitor: number, now: number): void {
    this.#visitors.send(visitor, now, now, this.#visitors.nextText())
  }
}
