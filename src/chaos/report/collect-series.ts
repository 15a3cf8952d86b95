import type { Progress, Window } from '../load/ipc.ts'
import { LatencyHistogram } from './histogram.ts'
import type { Series, SeriesSecond } from './series.ts'

/** Makes a row's series from what its generators tell twice a second. */
export class SeriesCollector {
  readonly #seconds = new Map<number, Second>()
  readonly #memory = new Map<number, number>()
  #window: Window | undefined

  /** From now on progress counts, when it covers what happened since `window.startAt`. */
  start(window: Window): void {
    this.#window = window
  }

  add(generator: number, progress: Progress): void {
    if (this.#window === undefined) return
    // What ends on the second belongs to the second before it.
    const number = Math.ceil((progress.at - this.#window.startAt) / 1000) - 1
    if (number < 0) return
    const second = this.#seconds.get(number) ?? newSecond()
    this.#seconds.set(number, second)
    second.sent += progress.sent
    second.acked += progress.acked
    second.errors += progress.errors
    second.reconnects += progress.reconnects
    second.resumes += progress.resumes
    second.latency.add(new LatencyHistogram(progress.latency.counts, progress.latency.sumMs))
    second.delivered.add(new LatencyHistogram(progress.delivered.counts, progress.delivered.sumMs))
    second.connected.set(generator, progress.visitors)
    second.lag = worst(second.lag, progress.lagP99Ms)
    second.slip = worst(second.slip, progress.slipP99Ms)
  }

  /** The server's resident memory at `now`, on the row's clock. */
  memory(now: number, bytes: number | null): void {
    if (this.#window === undefined || bytes === null) return
    this.#memory.set(Math.max(0, Math.floor((now - this.#window.startAt) / 1000)), bytes)
  }

  /** Undefined when the row never got so far as to send. */
  get series(): Series | undefined {
    const window = this.#window
    if (window === undefined) return undefined
    const last = Math.max(-1, ...this.#seconds.keys())
    let connected = 0
    return {
      measured_from_s: rounded((window.measureFrom - window.startAt) / 1000) ?? 0,
      measured_to_s: rounded((window.measureTo - window.startAt) / 1000) ?? 0,
      seconds: Array.from({ length: last + 1 }, (_, number) => {
        const second = this.#seconds.get(number) ?? newSecond()
        if (second.connected.size > 0)
          connected = [...second.connected.values()].reduce((sum, visitors) => sum + visitors, 0)
        const bytes = this.#memory.get(number)
        return {
          ...secondOf(number, second, connected),
          ...(bytes === undefined ? {} : { server_rss_bytes: bytes }),
        }
      }),
    }
  }
}

type Second = {
  sent: number
  acked: number
  errors: number
  reconnects: number
  resumes: number
  readonly latency: LatencyHistogram
  readonly delivered: LatencyHistogram
  /** By generator, as it told last. */
  readonly connected: Map<number, number>
  lag: number | null
  slip: number | null
}

function newSecond(): Second {
  return {
    sent: 0,
    acked: 0,
    errors: 0,
    reconnects: 0,
    resumes: 0,
    latency: new LatencyHistogram(),
    delivered: new LatencyHistogram(),
    connected: new Map(),
    lag: null,
    slip: null,
  }
}

function secondOf(number: number, second: Second, connected: number): SeriesSecond {
  const { latency } = second
  return {
    second: number,
    sent: second.sent,
    acked: second.acked,
    errors: second.errors,
    avg_ms: rounded(latency.meanMs),
    p50_ms: rounded(latency.quantileMs(0.5)),
    p95_ms: rounded(latency.quantileMs(0.95)),
    p99_ms: rounded(latency.quantileMs(0.99)),
    max_ms: rounded(latency.quantileMs(1)),
    delivered_p99_ms: rounded(second.delivered.quantileMs(0.99)),
    connected,
    reconnects: second.reconnects,
    resumes: second.resumes,
    lag_p99_ms: rounded(second.lag),
    slip_p99_ms: rounded(second.slip),
  }
}

function worst(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000
}
