import type { Flow, Ramp, RestStep } from '../scenario/scenario.ts'
import type { Target } from '../targets/target.ts'
import type { LoadMode, Progress, Trouble } from './ipc.ts'
import type { HostsPlan } from './remote-hosts.ts'
import type { takeSample, Usage } from './sampling.ts'
import type { Queue } from './stage-watch.ts'

/** What one row of the table is to measure. */
export type RowPlan = {
  readonly target: Target
  readonly visitors: number
  readonly agents: number
  readonly workers: number
  readonly generators: number
  readonly mode: LoadMode
  readonly intervalMs: number
  readonly answers: boolean
  readonly seed: number
  readonly warmupMs: number
  readonly durationMs: number
  /** Connections, and how long sending takes to reach its rate. */
  readonly ramp: Ramp
  readonly flows: readonly Flow[]
  readonly trouble: Trouble
  /** Requests beside the sockets, over the measured window. */
  readonly rest?: readonly RestStep[] | undefined
  /** Hosts that lend the generators; undefined: they run here. */
  readonly hosts?: HostsPlan | undefined
}

export type RowPhase = 'start' | 'connect' | 'warm-up' | 'measure' | 'drain'

export type RowWatcher = {
  /** Both times on the run's clock. */
  readonly phase: (phase: RowPhase, untilMs: number, nowMs: number) => void
  readonly progress: (generator: number, progress: Progress) => void
  /** About every second: what was used since the last call, and the server's resident bytes. */
  readonly usage: (usage: Usage, rss: number | null, persistQueue: Queue | null) => void
}

export type RowContext = {
  /** Nanoseconds of the machine's monotonic clock, the same in all processes. */
  readonly hrtime: () => bigint
  readonly wall: () => number
  readonly pid: number
  readonly coreCount: number
  /** Reads what processes and the machine have used so far. */
  readonly sample: typeof takeSample
  readonly signal: AbortSignal
  readonly watcher: RowWatcher
}
