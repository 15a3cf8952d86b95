import type { CheckOptions, Invariant } from '../check/verdict.ts'
import type { Side } from '../fault/fault.ts'

/**
 * A chaos scenario after its schema (`scenarios/chaos/*.yml`): defaults filled in, times in ms from the start of the baseline.
 * The word on screens and in docs is "scenario"; the folder is called experiment because load scenarios have the other one.
 */
export type Experiment = {
  readonly version: 1
  readonly name: string
  /** The one question that it answers. */
  readonly title: string
  /** For `kf chaos run --all --tag TAG`, such as `ci`. */
  readonly tags: readonly string[]
  readonly seed: number
  readonly topology: TopologyPlan
  readonly workload: Workload
  readonly safety: Safety
  /** Looked at in each phase; each has its own tolerance for each. */
  readonly probes: readonly Probe[]
  readonly method: readonly Action[]
  /** Besides the method: faults that the seed draws. */
  readonly random?: RandomFaults
  /** All that is left of faults is healed, then so long is given to come back to the steady state. */
  readonly recoveryMs: number
  readonly checks: CheckOptions & { readonly invariants: readonly Invariant[] }
  /** Where reports go, unless the command line says so. */
  readonly report: { readonly folder?: string }
}

export type TopologyPlan =
  | { readonly kind: 'embedded'; readonly workers: number; readonly configs?: string }
  | {
      readonly kind: 'attached'
      readonly url: string
      readonly toxiproxy: string
      readonly links: Readonly<Record<string, string>>
    }

export type Workload = {
  readonly visitors: number
  readonly agents: number
  readonly capacity: number
  /** Messages per second and visitor on average. */
  readonly rate: number
  /** Share of the messages that agents answer. */
  readonly answers: number
  /** Transfers, releases and closes per second, over all agents: without them `one_owner` has nothing to look at. */
  readonly desk: number
  /** Share of the visitors that is cut and resumes each minute, besides faults. */
  readonly reconnectPerMinute: number
  readonly slowReaders: number
  readonly warmupMs: number
}

export type Safety = {
  /** Hosts that faults may touch. */
  readonly allowTargets: readonly string[]
  readonly maxNodesAffected: number
  /** The guard heals everything by then, ms after the first injection. */
  readonly ttlMs: number
  readonly abortIf: readonly Threshold[]
}

/**
 * `error_rate`: share of the sends; `connected`: share of the visitors and agents asked for; `ready`: share of the nodes; all
 * 0 … 1. Times in ms, `rss_bytes` of all nodes together.
 */
export type Measure = 'error_rate' | 'avg_ms' | 'p99_ms' | 'connected' | 'acks_per_s' | 'ready' | 'rss_bytes'
export type Threshold = {
  readonly measure: Measure
  readonly op: '<=' | '>=' | '<' | '>'
  readonly value: number
}
export type Probe = {
  readonly name: string
  readonly threshold: Partial<Readonly<Record<'baseline' | 'fault' | 'recovery', Threshold>>>
}

export type Action = {
  readonly at: { readonly ms: number } | Range
  readonly fault: string
  /** A link (`visitors->node`), node, side …: as the fault's kind says. */
  readonly on: string
  readonly forMs?: number
  readonly repeat?: { readonly everyMs: number; readonly times: number }
  /** As written, checked by the kind's schema; `inject` of faultKinds reads them. */
  readonly params: Readonly<Record<string, unknown>>
}

/** One of the choices every so often, from `fromMs` on for `forMs`; none that could not be seen for what holds already. */
export type RandomFaults = {
  readonly fromMs: number
  readonly forMs: number
  readonly everyMs: Range
  readonly choices: readonly RandomChoice[]
}
export type RandomChoice = Pick<Action, 'fault' | 'on' | 'params'> & {
  /** Absent for momentary faults. */
  readonly lasts?: Range
}
export type Range = { readonly fromMs: number; readonly toMs: number }

/** With the seed: every time is fixed. In order of `at`. */
export type Timeline = {
  /** The first fault: until then it is baseline. */
  readonly baselineMs: number
  /** The last fault is over: what is left is healed, and recovery begins. */
  readonly faultsEndMs: number
  /** `faultsEndMs` and `recoveryMs`. */
  readonly endsMs: number
  readonly steps: readonly TimelineStep[]
}
export type TimelineStep = {
  /** From 1, in order. */
  readonly n: number
  readonly at: number
  /** When it is healed; undefined for momentary ones. */
  readonly until: number | undefined
  readonly fault: string
  readonly on: string
  readonly params: Readonly<Record<string, unknown>>
  readonly momentary: boolean
}

export type PhaseName = 'baseline' | 'fault' | 'recovery'
export type { Side }
