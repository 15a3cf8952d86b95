import type { Meter } from './meter.ts'
import type { Visitors } from './visitors.ts'

/** Closed mode: exactly one message in flight for each visitor that began; the next one follows the ack, or the error. */
export class ClosedLoop {
  readonly #visitors: Visitors
  readonly #meter: Meter

  constructor(visitors: Visitors, meter: Meter) {
    this.#visitors = visitors
    this.#meter = meter
  }

  begin(visitor: number, now: number): void {
    this.#visitors.watcher ??= {
      settled: ({ number }, _index, at) => {
        if (at < this.#meter.window.measureTo) this.#next(number, at)
      },
      answered: () => {},
    }
    this.#next(visitor, now)
  }

  stop(): void {
    this.#visitors.watcher = undefined
  }

  #next(visitor: number, now: number): void {
    this.#visitors.send(visitor, now, now, this.#visitors.nextText())
  }
}
