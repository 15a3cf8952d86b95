import type { Clock } from '../../core/clock.ts'
import type { ConfirmBy } from '../storage/revisions.ts'
import {
  countOf,
  type HistogramReport,
  mergeHistograms,
  quantileOf,
  secondsBounds,
} from '../telemetry/histogram.ts'
import { createGuard, type Health } from './guard.ts'
import type { HealthAnswer, HealthSpan } from './wire.ts'

/** `Health` with how long messages waited for the store, over all workers, since each started. */
export type Vitals = Health & { readonly waits: HistogramReport }

/** How far back *before* reaches. */
const beforeMs = 10_000
/** Processes report each second: then each has told of the time after. */
const settledMs = 1_500

type Sample = { readonly at: number; readonly vitals: Vitals }

export type HealthPorts = { readonly clock: Clock; readonly health: () => Vitals }

/** How the node did before the revision that is live, and does since: from the pipeline's own counters. */
export class HealthWatch {
  readonly #ports: HealthPorts
  #samples: Sample[] = []
  #change:
    | { readonly revision: number; readonly before: HealthSpan | null; readonly from: Sample }
    | undefined
  #guard: ((now: Health) => string | undefined) | undefined

  constructor(ports: HealthPorts) {
    this.#ports = ports
  }

  /** Another revision is live, to be guarded until its confirm. */
  guard(confirm: ConfirmBy | undefined): void {
    const { clock, health } = this.#ports
    this.#guard = confirm === undefined ? undefined : createGuard(confirm, health(), clock)
  }

  /** Why the live revision must go, if it must. To be asked every half second or so, which is also how `before` comes to be. */
  look(): string | undefined {
    const sample = this.#now()
    const recent = this.#samples.filter(({ at }) => sample.at - at <= beforeMs)
    this.#samples = [...recent, sample]
    return this.#guard?.(sample.vitals)
  }

  /** A revision is in effect everywhere as of now, and every process has reported since. */
  changed(revision: number, confirm: ConfirmBy | undefined): void {
    const from = this.#now()
    const [oldest] = this.#samples.filter(({ at }) => from.at - at <= beforeMs)
    this.#change = { revision, before: oldest === undefined ? null : spanOf(oldest, from), from }
    // What is before the next revision is after this one; and what was refused until now is not this one's doing.
    this.#samples = [from]
    this.guard(confirm)
  }

  /** Of the revision that is live. */
  answer(revision: number): HealthAnswer {
    const now = this.#now()
    const { notReady } = now.vitals
    const change = this.#change?.revision === revision ? this.#change : undefined
    const after = change === undefined ? null : spanOf(change.from, now)
    return {
      revision,
      ready: notReady.length === 0,
      reasons: notReady,
      before: change?.before ?? null,
      after,
      settled: after === null || after.ms >= settledMs,
    }
  }

  #now(): Sample {
    const { clock, health } = this.#ports
    return { at: clock.monotonic(), vitals: health() }
  }
}

function spanOf(from: Sample, to: Sample): HealthSpan {
  const waits = less(to.vitals.waits, from.vitals.waits)
  const p99 = quantileOf(waits, 0.99)
  return {
    ms: Math.round(to.at - from.at),
    messages: countOf(waits),
    refused: Math.max(0, to.vitals.refused - from.vitals.refused),
    p99_ms: p99 === undefined ? null : Math.round(p99 * 100_000) / 100,
  }
}

// Counters of a process that ended began anew: what is left of them counts from nothing.
function less(later: HistogramReport, earlier: HistogramReport): HistogramReport {
  const counts = later.counts.map((count, bucket) => Math.max(0, count - (earlier.counts[bucket] ?? 0)))
  return { bounds: later.bounds, counts, sum: Math.max(0, later.sum - earlier.sum) }
}

/** Over all workers; of the same bounds even where there is none. */
export function allWaits(reports: readonly HistogramReport[]): HistogramReport {
  const none = { bounds: secondsBounds, counts: secondsBounds.map(() => 0).concat(0), sum: 0 }
  return mergeHistograms([none, ...reports])
}
