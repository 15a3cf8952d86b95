import type { Snapshot } from '../config/snapshot.ts'
import type {
  AuditRecord,
  ConfigBase,
  LiveRevision,
  RevisionOperation,
  RevisionRecord,
} from '../storage/revisions.ts'
import type { Outcome } from '../storage/store.ts'

/**
 * What the supervisor's configuration centre says to writer and workers over their channel, and what each answers. `prepare` and
 * `commit` go to all of them; what begins with `store` only to the writer.
 */
export type ConfigCall =
  /** Take this in beside what is in effect; say the hash of it. Nothing changes. */
  | { readonly step: 'prepare'; readonly revision: number; readonly snapshot: Snapshot }
  /** Decided: have it in effect from now on, prepared or not. */
  | { readonly step: 'commit'; readonly revision: number; readonly snapshot: Snapshot }
  /** Forget what was prepared. */
  | { readonly step: 'abort'; readonly revision: number }
  /** What do you have in effect? */
  | { readonly step: 'in_effect' }
  | { readonly step: 'store.commit'; readonly operations: readonly RevisionOperation[] }
  | { readonly step: 'store.state'; readonly node: string }
  | { readonly step: 'store.revision'; readonly revision: number }
  | { readonly step: 'store.history'; readonly limit: number; readonly before?: number }

export type ConfigAnswers = {
  readonly prepare: { readonly hash: string }
  readonly commit: { readonly hash: string }
  readonly abort: null
  readonly in_effect: { readonly revision: number; readonly hash: string }
  readonly 'store.commit': readonly Outcome[]
  readonly 'store.state': StoredState
  readonly 'store.revision': RevisionRecord | null
  readonly 'store.history': {
    readonly revisions: readonly RevisionRecord[]
    readonly audit: readonly AuditRecord[]
  }
}

/** What the store holds of the configuration now. */
export type StoredState = {
  readonly live: LiveRevision | null
  /** Of the live one. */
  readonly record: RevisionRecord | null
  readonly attempted: readonly number[]
  readonly base: ConfigBase | null
}

export type ConfigAnswer<Step extends ConfigCall['step']> = ConfigAnswers[Step]

/** Carries a call to a process; rejects with `unavailable` when it is not there, ends meanwhile or is late. */
export type AskProcess = <Call extends ConfigCall>(call: Call) => Promise<ConfigAnswer<Call['step']>>

/** Where a test build ends a process on purpose. */
export type BreakPoint =
  | 'prepare'
  | 'prepared'
  | 'commit'
  | 'committed'
  | 'attempt'
  | 'attempted'
  | 'decide'
  | 'decided'
  | 'told'
