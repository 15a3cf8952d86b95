import type { Clock } from '../../core/clock.ts'
import type { KfError } from '../../core/errors.ts'
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
  /** What goes wrong beside the run (the guard died, Toxiproxy was started anew) is told to `listen`. */
  readonly onTrouble: (listen: (trouble: KfError) => void) => void
  /** Asks for a clean end: everything is healed, the result says `aborted`. */
  readonly signal: AbortSignal
  readonly machine: string
  /** What repeats the run. */
  readonly command: string
}

/** Where entries go, in order, one a line. */
export type HistorySink = {
  readonly write: (entry: HistoryEntry) => void
  /** Everything is in the file then; throws where a line could not be written. */
  readonly close: () => void
}

export type Checker = {
  /** `line`: of the history, from 1. */
  readonly add: (entry: HistoryEntry, line: number) => void
  readonly end: () => readonly Verdict[]
}
