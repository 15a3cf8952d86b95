import type { HistoryEntry } from '../check/history.ts'

/** A send without its ack by then counts as an error. */
export const patienceMs = 5_000
/** A send that waits longer is told as one of which nothing is known. */
const unsureAfterMs = 1_000

/**
 * What the fence answers to what came too late: a right answer, not an error of the server.
 * An agent's own message may well cross a transfer on the wire.
 */
const rightAnswers = new Set(['stale_epoch', 'conversation_closed'])

/** Of a stretch of the run. Undefined: nothing to measure. */
export type Stretch = {
  readonly avgMs: number | undefined
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  /** Of the sends begun in it. */
  readonly errorRate: number | undefined
  readonly acks: number
}
export type Flow = Pick<Stretch, 'p50Ms' | 'p99Ms' | 'acks'> & {
  /** Sends whose patience ended, or that definitely failed. */
  readonly errors: number
  /** Sends that wait for more than a second. */
  readonly unknown: number
}

/**
 * Measures messages from the history: an ack's time is from the first attempt, so that what a fault held up counts with all
 * of its wait, in the stretch in which its ack came. Commands of agents are not messages. Times are the history's.
 */
export class Meter {
  /** Of sends in order: when it began, and when it was answered or ran out of patience. */
  readonly #begun: number[] = []
  readonly #ended: number[] = []
  readonly #outcome: ('open' | 'acked' | 'late' | 'failed' | 'right')[] = []
  readonly #index = new Map<string, number>()
  /** Acks in order: when, and after how long. */
  readonly #ackAt: number[] = []
  readonly #ackMs: number[] = []
  /** All sends before it have ended or run out of patience. */
  #patient = 0
  #now = 0
  #errorsAt: number[] = []

  add(entry: HistoryEntry): void {
    this.#now = Math.max(this.#now, entry.t)
    if (entry.e === 'invoke' && entry.command === undefined) {
      this.#index.set(entry.id, this.#begun.length)
      this.#begun.push(entry.t)
      this.#ended.push(Number.POSITIVE_INFINITY)
      this.#outcome.push('open')
    } else if (entry.e === 'ok') this.#acked(entry.id, entry.t)
    else if (entry.e === 'fail') this.#failed(entry.id, entry.code, entry.t)
  }

  /** Sends not answered yet. */
  get open(): number {
    return this.#index.size
  }

  /** `[from, to)`. Sends that still have time before their patience ends are left out of the error rate. */
  stretch(from: number, to: number): Stretch {
    this.#runOut(this.#now)
    let sends = 0
    let errors = 0
    for (let i = lowerBound(this.#begun, from); i < this.#begun.length; i++) {
      if ((this.#begun[i] ?? 0) >= to) break
      const outcome = this.#outcome[i]
      if (outcome === 'open' || outcome === 'right') continue
      sends += 1
      if (outcome === 'failed' || this.#isLate(i)) errors += 1
    }
    const first = lowerBound(this.#ackAt, from)
    const times = this.#ackMs.slice(first, lowerBound(this.#ackAt, to)).sort((a, b) => a - b)
    return {
      avgMs: times.length === 0 ? undefined : times.reduce((sum, ms) => sum + ms, 0) / times.length,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      errorRate: sends === 0 ? undefined : errors / sends,
      acks: times.length,
    }
  }

  /** The same for one second of the series; `to` is now. */
  flow(from: number, to: number): Flow {
    this.#now = Math.max(this.#now, to)
    this.#runOut(to)
    const { p50Ms, p99Ms, acks } = this.stretch(from, to)
    let unknown = 0
    for (const index of this.#index.values())
      if ((this.#begun[index] ?? 0) <= to - unsureAfterMs) unknown += 1
    const errors = this.#errorsAt.filter((at) => at >= from && at < to).length
    this.#errorsAt = this.#errorsAt.filter((at) => at >= to)
    return { p50Ms, p99Ms, acks, errors, unknown }
  }

  #acked(id: string, t: number): void {
    const index = this.#take(id)
    if (index === undefined) return
    const ms = t - (this.#begun[index] ?? t)
    if (this.#outcome[index] === 'open') this.#outcome[index] = 'acked'
    this.#ended[index] = t
    this.#ackAt.push(t)
    this.#ackMs.push(ms)
  }

  #failed(id: string, code: string, t: number): void {
    const index = this.#take(id)
    if (index === undefined) return
    this.#ended[index] = t
    if (rightAnswers.has(code)) this.#outcome[index] = 'right'
    else {
      if (this.#outcome[index] === 'open') this.#errorsAt.push(t)
      this.#outcome[index] = 'failed'
    }
  }

  #take(id: string): number | undefined {
    const index = this.#index.get(id)
    this.#index.delete(id)
    return index
  }

  #runOut(now: number): void {
    for (; this.#patient < this.#begun.length; this.#patient++) {
      const until = (this.#begun[this.#patient] ?? 0) + patienceMs
      if (until > now) return
      if (this.#outcome[this.#patient] === 'open' || this.#isLate(this.#patient)) {
        this.#outcome[this.#patient] = 'late'
        this.#errorsAt.push(until)
      }
    }
  }

  #isLate(index: number): boolean {
    const outcome = this.#outcome[index]
    const ms = (this.#ended[index] ?? 0) - (this.#begun[index] ?? 0)
    return outcome === 'late' || (outcome === 'acked' && ms > patienceMs)
  }
}

/** The first place whose value is not below `value`. */
function lowerBound(ascending: readonly number[], value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Nearest rank. */
function quantile(ascending: readonly number[], share: number): number | undefined {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)]
}
