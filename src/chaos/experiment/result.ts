import type { Verdict } from '../check/verdict.ts'
import type { Experiment, PhaseName, Timeline } from './experiment.ts'

/** What a run leaves: `result.json` beside `history.jsonl`; every page and text is derived from these two. */
export type ExperimentResult = {
  readonly version: 1
  readonly experiment: Experiment
  readonly timeline: Timeline
  /** Wall clock, ISO. */
  readonly startedAt: string
  readonly tookMs: number
  readonly target: string
  readonly machine: string
  readonly command: string
  /** Unknown: a fault did not fire, too little happened, or an invariant could not be judged. Aborted: `abort_if`, a signal, the ttl. */
  readonly status: 'pass' | 'fail' | 'unknown' | 'aborted'
  /** Why it is unknown or aborted. */
  readonly reasons: readonly string[]
  /** A signal ended it. */
  readonly interrupted?: boolean
  readonly phases: readonly PhaseRow[]
  readonly probes: readonly ProbeResult[]
  readonly faults: readonly FaultRecord[]
  readonly verdicts: readonly Verdict[]
  readonly detectMs: number | undefined
  readonly recoverMs: number | undefined
  /** What is left unhealed, in words; empty: everything was healed and read back. */
  readonly leftFaults: readonly string[]
  readonly counts: {
    readonly sends: number
    readonly acks: number
    readonly retries: number
    readonly resumes: number
    readonly resets: number
    readonly unknown: number
    readonly readBack: number
  }
  /** One a second. */
  readonly series: readonly Second[]
}

export type PhaseRow = {
  readonly phase: PhaseName
  readonly concurrency: number
  readonly avgMs: number | undefined
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  /** Of the sends begun in the phase: those without ack within the workload's patience, or definitely failed. */
  readonly errorRate: number
  readonly acks: number
}
export type ProbeResult = {
  readonly name: string
  readonly phase: PhaseName
  readonly value: number | undefined
  readonly threshold: string
  readonly held: boolean
}
/** Times in ms from the start of the baseline, as they really were. */
export type FaultRecord = {
  readonly n: number
  readonly fault: string
  readonly on: string
  readonly injectedMs: number
  readonly verifiedMs: number | undefined
  readonly healedMs: number | undefined
  readonly proof: string | undefined
  readonly trouble: string | undefined
}
export type Second = {
  /** The second's end, ms from the start of the baseline; negative in the warm-up. */
  readonly t: number
  readonly acks: number
  readonly errors: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly visitors: number
  readonly agents: number
  readonly unknown: number
  readonly queued: number | undefined
  readonly rssBytes: number | undefined
}

/** What the live view and the plain lines are told. */
export type ExperimentEvents = {
  readonly step: (what: string) => void
  readonly second: (
    second: Second,
    state: {
      readonly active: readonly FaultRecord[]
      readonly violations: number
      readonly undoSynced: boolean
    },
  ) => void
  readonly fault: (
    record: FaultRecord,
    event: 'inject' | 'verified' | 'unverified' | 'healed' | 'heal-failed',
  ) => void
}
