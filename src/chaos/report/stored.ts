import type { MeasuredRow } from '../load/bench.ts'
import type { Reason } from '../load/ipc.ts'
import type { HostReport } from '../load/remote-usage.ts'
import type { RowOutcome } from '../load/row-outcome.ts'
import type { Usage } from '../load/sampling.ts'
import type { Visits } from '../load/visits.ts'
import type { ScenarioBrief } from '../scenario/scenario.ts'
import type { Integrity } from './account.ts'
import type { Complaint, Trust } from './judge.ts'
import { judgedRest, type RestReport, type RestRow } from './rest.ts'
import type { Row } from './row.ts'
import type { StagesReading } from './stages.ts'
import { type Threshold, type Verdict, verdictOf } from './verdict.ts'
import type { ReportLanguage } from './words.ts'

/** What `kf bench --json` prints, and `result.json` holds. */
export type BenchResult = {
  readonly command: string
  readonly seed: number
  readonly mode: 'open' | 'closed'
  /** Messages per second of each visitor; null in closed mode. */
  readonly rate: number | null
  /** Of a run of a scenario. `rate` counts its flows then. */
  readonly scenario?: ScenarioBrief
  /** What made the load, where that was not kf: `autocannon`, `k6 1.7.1`. */
  readonly engine?: string
  readonly machine: Readonly<Record<string, unknown>>
  readonly versions: Readonly<Record<string, string>>
  /** ISO 8601, UTC. */
  readonly started_at: string
  readonly duration_s: number
  readonly rows: readonly Row[]
  /** Steps of a scenario's `rest`; `concurrency` is that of the row they ran beside, null where there was none. */
  readonly rest?: readonly (RestRow & { readonly concurrency: number | null })[]
}

/** `details.json`: with `result.json` and `raw/` all that tables and pages are made from. */
export type Details = {
  /** Of the table that was written with it. */
  readonly language: ReportLanguage
  readonly interrupted: boolean
  /** The folder as it was named at the run. */
  readonly report: string
  readonly rows: readonly StoredRow[]
  readonly rest?: readonly RestReport[]
}

export type StoredRow = {
  readonly concurrency: number
  readonly agents: number
  readonly workers: number
  readonly generators: number
  readonly thresholds: readonly Threshold[]
  readonly target: StoredSide
  /** Bare targets under the same load in the same run. */
  readonly references: readonly StoredReference[]
}

/** What was found out about one target in one row. */
export type StoredSide = {
  readonly row: Row
  readonly complaint: Complaint | null
  readonly integrity: Integrity | null
  readonly trust: Trust | null
  readonly usage: Usage | null
  readonly connected_agents: number
  readonly reasons: readonly Reason[]
  /** Connections lost and regained, flows walked; absent in reports of other engines. */
  readonly visits?: Visits
  /** What the target's own stages did in the measured window, where it says so. */
  readonly stages?: StagesReading
  /** Hosts that lent the generators; absent where they ran beside the coordinator. */
  readonly hosts?: readonly HostReport[]
  readonly target_ended: string | null
  readonly target_log: readonly string[]
}

export type StoredReference = StoredSide & { readonly name: string }

/** The facts of a report's folder but for its histograms and series. */
export type Report = { readonly result: BenchResult; readonly details: Details }

export function storedRow(row: MeasuredRow, thresholds: readonly Threshold[]): StoredRow {
  return {
    concurrency: row.concurrency,
    agents: row.agents,
    workers: row.sizing.workers,
    generators: row.sizing.generators,
    thresholds,
    target: sideOf(row.outcome),
    references: row.references.map(({ name, outcome }) => ({ name, ...sideOf(outcome) })),
  }
}

/** The verdict on what is stored: never stored itself, so that it cannot differ from its grounds. */
export function verdictOfReport({ details }: Report): Verdict {
  return verdictOf(
    [
      ...details.rows.map(({ target, thresholds }) => ({ row: target.row, thresholds })),
      ...(details.rest ?? []).flatMap(judgedRest),
    ],
    details.interrupted,
  )
}

function sideOf(outcome: RowOutcome): StoredSide {
  return {
    row: outcome.row,
    complaint: outcome.complaint,
    integrity: outcome.integrity,
    trust: outcome.trust,
    usage: outcome.usage,
    connected_agents: outcome.connectedAgents,
    reasons: outcome.reasons,
    ...(outcome.visits === undefined ? {} : { visits: outcome.visits }),
    ...(outcome.stages === undefined ? {} : { stages: outcome.stages }),
    ...(outcome.hosts === undefined ? {} : { hosts: outcome.hosts }),
    target_ended: outcome.targetEnded,
    target_log: outcome.targetLog.split('\n').filter((line) => line !== ''),
  }
}
