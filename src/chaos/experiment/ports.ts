import type { Clock } from '../../core/clock.ts'
import type { HistoryEntry } from '../check/history.ts'
import type { CheckOptions, Verdict } from '../check/verdict.ts'
import type { FaultKind, UndoHandle, UndoStep } from '../fault/fault.ts'
import type { Topology } from '../topology/topology.ts'
import type { TopologyPlan, Workload } from './experiment.ts'

/** Everything outside that a run needs; `live.ts` has the real ones. */
export type ExperimentPorts = {
  /** Its timers keep the process alive. */
  readonly clock: Clock
  readonly kinds: ReadonlyMap<string, FaultKind>
  /** Agents of one capacity are logged in, and every link leads through its proxy. */
  readonly startTopology: (plan: TopologyPlan, workload: Workload) => Promise<Topology>
  /** Synced before it resolves. */
  readonly undo: (step: UndoStep) => Promise<UndoHandle>
  readonly history: HistorySink
  readonly createChecker: (options: CheckOptions) => Checker
  /** Asks for a clean end: everything is healed, the result says `aborted`. */
  readonly signal: AbortSignal
  readonly machine: string
  /** What repeats the run. */
  readonly command: string
}

/** Where entries go, in order, one a line. */
export type HistorySink = {
  readonly write: (entry: HistoryEntry) => void
  /** Resolves once everything is in the file. */
  readonly close: () => Promise<void>
}

export type Checker = {
  /** `line`: of the history, from 1. */
  readonly add: (entry: HistoryEntry, line: number) => void
  readonly end: () => readonly Verdict[]
  /** Seen so far; absent: told only at the end. */
  readonly violations?: () => number
}
