import type { Addresses } from '../load/ipc.ts'
import type { StagesAnswer } from '../report/stages-answer.ts'

/** What load is run against: kf (own or attached), a bare echo, a bare relay, or a peer from an adapter's file. */
export type Target = {
  /** Names the report: lower-case letters, digits and dashes. */
  readonly name: string
  /** What a generator loads its dialect by: `kf`, `echo`, `relay`, or the file URL of an adapter. */
  readonly dialect: string
  /** A ceiling to compare others with: it is not compared with itself. */
  readonly bare: boolean
  /** As its dialect has them. */
  readonly delivers: boolean
  readonly stores: boolean
  /** Starts it, or attaches to it, ready for this many. Throws `KfError` with a hint; nothing is left running then. */
  readonly start: (demand: Demand) => Promise<RunningTarget>
}

export type Demand = {
  readonly visitors: number
  readonly agents: number
  /** Conversations an agent must be able to hold. */
  readonly capacity: number
  /** Socket processes; the descriptor limit may demand more than one. */
  readonly workers: number
}

export type RunningTarget = {
  readonly addresses: Addresses
  /** The site's public key; empty where the target has none. */
  readonly site: string
  readonly agentTokens: readonly string[]
  /** Processes whose CPU and memory are the server's; empty when they run elsewhere. */
  readonly pids: readonly number[]
  /** Folder whose file system the target syncs to; undefined when it stores nothing or runs elsewhere. */
  readonly dataFolder: string | undefined
  /** Why it ended by itself, once it has; undefined while it runs. */
  readonly ended: () => string | undefined
  /** The last that it wrote to its error output; empty where that is not known. */
  readonly log: () => string
  /** What its own stages have done so far, null when it does not say; undefined where it has none. Never rejects. */
  readonly stages?: (() => Promise<StagesAnswer | null>) | undefined
  /** Idempotent and bounded in time; removes what `start` made. */
  readonly stop: () => Promise<void>
}

/** What any kf is, as a target. */
export const kfTraits = { name: 'kf', dialect: 'kf', bare: false, delivers: true, stores: true } as const
