import { LatencyHistogram } from '../report/histogram.ts'
import type { HistogramData, Reason, Window } from './ipc.ts'

/** What one generator counts: over the measured window, and beside it since the last progress. */
export class Meter {
  window: Window = {
    startAt: Number.POSITIVE_INFINITY,
    rampMs: 0,
    measureFrom: Number.POSITIVE_INFINITY,
    measureTo: Number.POSITIVE_INFINITY,
  }
  sent = 0
  acked = 0
  errors = 0
  ackedInWindow = 0
  /** Over the whole run: visitors' connections lost or cut, and those of them that were ready again later. */
  reconnects = 0
  resumes = 0
  readonly latency = new LatencyHistogram()
  readonly delivered = new LatencyHistogram()
  readonly slip = new LatencyHistogram()
  readonly loopLag = new LatencyHistogram()
  readonly receiveLag = new LatencyHistogram()
  readonly recent = {
    sent: 0,
    acked: 0,
    errors: 0,
    reconnects: 0,
    resumes: 0,
    latency: new LatencyHistogram(),
    delivered: new LatencyHistogram(),
    lag: new LatencyHistogram(),
    slip: new LatencyHistogram(),
  }
  readonly #reasons = new Map<string, number>()

  /** True when a message meant for `intended` counts. */
  counts(intended: number): boolean {
    return intended >= this.window.measureFrom && intended < this.window.measureTo
  }

  /** Meant for `intended`; `due`, which is no earlier, is when the generator could send it first. */
  noteSend(intended: number, due: number, now: number): void {
    this.recent.sent += 1
    this.recent.slip.record(now - due)
    if (!this.counts(intended)) return
    this.sent += 1
    this.slip.record(now - due)
  }

  /** `late`: it was counted as an error already, so only its latency is kept. */
  noteAck(intended: number, now: number, late: boolean): void {
    this.recent.acked += 1
    this.recent.latency.record(now - intended)
    if (now >= this.window.measureFrom && now < this.window.measureTo) this.ackedInWindow += 1
    if (!this.counts(intended)) return
    if (!late) this.acked += 1
    this.latency.record(now - intended)
  }

  noteDelivery(intended: number, now: number): void {
    this.recent.delivered.record(now - intended)
    if (this.counts(intended)) this.delivered.record(now - intended)
  }

  noteFailure(intended: number, reason: string): void {
    this.recent.errors += 1
    this.noteReason(reason)
    if (this.counts(intended)) this.errors += 1
  }

  noteReconnect(): void {
    this.recent.reconnects += 1
    this.reconnects += 1
  }

  noteResume(): void {
    this.recent.resumes += 1
    this.resumes += 1
  }

  noteReason(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
  }

  noteLag(lag: number, now: number, where: 'loop' | 'receive'): void {
    this.recent.lag.record(lag)
    if (this.counts(now)) (where === 'loop' ? this.loopLag : this.receiveLag).record(lag)
  }

  reasons(): readonly Reason[] {
    return [...this.#reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count)
  }

  clearRecent(): void {
    const recent = this.recent
    recent.sent = 0
    recent.acked = 0
    recent.errors = 0
    recent.reconnects = 0
    recent.resumes = 0
    for (const histogram of [recent.latency, recent.delivered, recent.lag, recent.slip]) histogram.clear()
  }
}

export function dataOf(histogram: LatencyHistogram): HistogramData {
  return { counts: histogram.counts, sumMs: histogram.sumMs }
}
