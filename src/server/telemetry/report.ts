import { Histogram, type HistogramReport, secondsBounds, sizeBounds } from './histogram.ts'
import type { LimitsReport } from './limits.ts'
import type { LoopReport } from './loop.ts'
import type { StageReports } from './stages.ts'

/** What a process tells the supervisor beside its flat numbers, each second. */
export type ProcessReport = {
  readonly stages: StageReports
  readonly loop?: LoopReport
  /** A worker's. */
  readonly limits?: LimitsReport
  /** The writer's. */
  readonly store?: StoreReport
}

export type StoreReport = {
  /** Operations in one transaction. */
  readonly batch: HistogramReport
  /** Seconds of the COMMIT alone: the sync, and the pages written with it. */
  readonly sync: HistogramReport
}

/** What the writer measures of its store. */
export type StoreMetrics = { readonly batch: Histogram; readonly sync: Histogram }

export function createStoreMetrics(): StoreMetrics & { readonly report: () => StoreReport } {
  const batch = new Histogram(sizeBounds)
  const sync = new Histogram(secondsBounds)
  return { batch, sync, report: () => ({ batch: batch.report(), sync: sync.report() }) }
}
