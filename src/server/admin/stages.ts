import { countOf, type HistogramReport, mergeHistograms, quantileOf } from '../telemetry/histogram.ts'
import type { LoopReport } from '../telemetry/loop.ts'
import { type Refusal, type StageName, type StageReport, stageNames } from '../telemetry/stages.ts'
import type { Source } from './metrics.ts'

/**
 * What `GET /admin/stages` answers. Counters run since each process started; whoever wants a span subtracts two answers.
 * `processes` are as reported, `stages` the sum over them in the order of a message's way.
 */
export type StagesAnswer = {
  readonly stages: readonly StageSummary[]
  readonly processes: readonly ProcessSummary[]
}

export type StageSummary = {
  readonly stage: StageName
  readonly in: number
  readonly out: number
  readonly refused: { readonly [Reason in Refusal]: number }
  readonly batches: number
  /** Work, over all processes; `us_per_message` is its share for one that came in. */
  readonly seconds: number
  readonly us_per_message: number | null
  readonly wait_ms: { readonly p50: number; readonly p99: number } | null
  readonly queue: { readonly depth: number; readonly limit: number | null } | null
}

export type ProcessSummary = {
  readonly role: Source['role']
  readonly worker: number | null
  readonly cpu_seconds: number | null
  readonly rss_bytes: number | null
  readonly loop: LoopReport | null
  readonly stages: { readonly [Name in StageName]?: StageReport }
  readonly store: {
    readonly commits: number
    readonly operations: number
    readonly sync_ms: { readonly p50: number; readonly p99: number } | null
    readonly batch: HistogramReport
    readonly sync: HistogramReport
  } | null
}

export function stagesAnswer(sources: readonly Source[]): StagesAnswer {
  const stages = stageNames.flatMap((stage) => {
    const reports = sources.flatMap((source) => source.report?.stages[stage] ?? [])
    return reports.length === 0 ? [] : [summaryOf(stage, reports)]
  })
  return { stages, processes: sources.map(processOf) }
}

function summaryOf(stage: StageName, reports: readonly StageReport[]): StageSummary {
  const seconds = mergeHistograms(reports.map((report) => report.seconds))
  const waits = reports.flatMap((report) => report.wait ?? [])
  const queues = reports.flatMap((report) => report.queue ?? [])
  const taken = sum(reports, (report) => report.in)
  return {
    stage,
    in: taken,
    out: sum(reports, (report) => report.out),
    refused: refusedOf(reports),
    batches: countOf(seconds),
    seconds: seconds.sum,
    us_per_message: taken === 0 ? null : (seconds.sum * 1e6) / taken,
    wait_ms: quantilesOf(mergeHistograms(waits)),
    queue: queues.length === 0 ? null : addQueues(queues),
  }
}

function addQueues(queues: readonly NonNullable<StageReport['queue']>[]): NonNullable<StageReport['queue']> {
  const bounded = queues.every(({ limit }) => limit !== null)
  return {
    depth: sum(queues, ({ depth }) => depth),
    limit: bounded ? sum(queues, ({ limit }) => limit ?? 0) : null,
  }
}

function refusedOf(reports: readonly StageReport[]): StageReport['refused'] {
  const of = (reason: Refusal): number => sum(reports, ({ refused }) => refused[reason])
  return {
    invalid: of('invalid'),
    shed: of('shed'),
    lane: of('lane'),
    limited: of('limited'),
    full: of('full'),
    late: of('late'),
    failed: of('failed'),
  }
}

function processOf({ role, worker, stats, report }: Source): ProcessSummary {
  const store = report?.store
  return {
    role,
    worker: worker ?? null,
    cpu_seconds: stats['cpu_seconds_total'] ?? null,
    rss_bytes: stats['rss_bytes'] ?? null,
    loop: report?.loop ?? null,
    stages: report?.stages ?? {},
    store:
      store === undefined
        ? null
        : {
            commits: countOf(store.batch),
            operations: store.batch.sum,
            sync_ms: quantilesOf(store.sync),
            batch: store.batch,
            sync: store.sync,
          },
  }
}

function quantilesOf(seconds: HistogramReport): StageSummary['wait_ms'] {
  const p50 = quantileOf(seconds, 0.5)
  const p99 = quantileOf(seconds, 0.99)
  return p50 === undefined || p99 === undefined ? null : { p50: p50 * 1000, p99: p99 * 1000 }
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0)
}
