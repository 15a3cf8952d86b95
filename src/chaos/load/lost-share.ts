import { LatencyHistogram } from '../report/histogram.ts'
import type { GeneratorPlan, GeneratorResult, Progress, SentLog, Window } from './ipc.ts'
import { dataOf } from './meter.ts'

const nothingSent: SentLog = {
  count: 0,
  who: new Uint16Array(0),
  state: new Uint8Array(0),
  seq: new Uint32Array(0),
  conflictingAcks: 0,
}

/**
 * What a generator's progress told, kept for the case that it ends without a result. Progress comes twice a second, so the
 * window is cut that roughly. What it should have sent after its last word has no ack that anybody knows of: errors, all of it.
 */
export class LostShare {
  readonly #window: Window | undefined
  readonly #latency = new LatencyHistogram()
  readonly #delivered = new LatencyHistogram()
  #sent = 0
  #acked = 0
  #lastAt: number | undefined
  #reconnects = 0
  #resumes = 0

  constructor(window?: Window) {
    this.#window = window
  }

  add(progress: Progress): void {
    const { at } = progress
    this.#lastAt = at
    this.#reconnects += progress.reconnects
    this.#resumes += progress.resumes
    if (this.#window === undefined || at <= this.#window.measureFrom || at > this.#window.measureTo) return
    this.#sent += progress.sent
    this.#acked += progress.acked
    this.#latency.add(new LatencyHistogram(progress.latency.counts, progress.latency.sumMs))
    this.#delivered.add(new LatencyHistogram(progress.delivered.counts, progress.delivered.sumMs))
  }

  /** `until`: the latest instant on the run's clock that the rest of the fleet told of. */
  result(plan: GeneratorPlan, until: number): GeneratorResult {
    const acked = Math.min(this.#acked, this.#sent)
    const sent = this.#sent + this.#unheard(plan, until)
    const empty = dataOf(new LatencyHistogram())
    return {
      generator: plan.generator,
      connectedVisitors: 0,
      connectedAgents: 0,
      sent,
      acked,
      errors: sent - acked,
      ackedInWindow: acked,
      reconnects: this.#reconnects,
      resumes: this.#resumes,
      flows: [],
      flowsNotBegun: 0,
      reasons: sent > acked ? [{ reason: 'its generator was lost', count: sent - acked }] : [],
      latency: dataOf(this.#latency),
      delivered: dataOf(this.#delivered),
      slip: empty,
      loopLag: empty,
      receiveLag: empty,
      messages: nothingSent,
      answers: nothingSent,
      messagesReceived: [],
      answersReceived: [],
      disorder: { agentsStreams: 0, visitorsStreams: 0 },
      readBack: {
        asked: 0,
        complete: 0,
        seq: new Uint32Array(0),
        read: new Uint8Array(0),
        answers: [],
        duplicates: 0,
        disorder: 0,
      },
    }
  }
  // In a closed loop what is in flight was told already.
  #unheard(plan: GeneratorPlan, until: number): number {
    if (plan.mode === 'closed' || this.#window === undefined) return 0
    const { startAt, measureFrom, measureTo } = this.#window
    const ms = Math.min(until, measureTo) - Math.max(this.#lastAt ?? startAt, measureFrom)
    return Math.max(0, Math.round((ms * plan.visitors) / plan.intervalMs))
  }
}
