/**
 * The part of the store contract that keeps the configuration: revisions are appended, one of them is live, and which one is
 * changed by compare-and-set only. Part of `store.ts`; every implementation passes `conformance/revisions.ts`.
 */

export type RevisionRecord = {
  /** 1, 2, 3 … as they were written. */
  readonly revision: number
  /** The live one when it was written; 0 before the first. */
  readonly parent: number
  /** Of the snapshot. */
  readonly hash: string
  readonly who: string
  /** ms. */
  readonly at: number
  readonly message: string
  readonly files: Readonly<Record<string, string>>
  /** `attempted` until it became live or was refused; an accepted one stays that when another follows it. */
  readonly state: 'attempted' | 'accepted' | 'refused'
  /** Of a refusal. */
  readonly reason?: string
}

/** `revertTo` becomes live again (as a new revision) at `by` (ms) unless somebody confirms. */
export type ConfirmBy = { readonly by: number; readonly revertTo: number }

export type LiveRevision = { readonly revision: number; readonly confirm?: ConfirmBy }

export const auditActions = ['apply', 'confirm', 'rollback', 'revert', 'start'] as const
export type AuditAction = (typeof auditActions)[number]

export type AuditRecord = {
  readonly at: number
  readonly who: string
  readonly action: AuditAction
  /** 0 where no revision came of it. */
  readonly revision: number
  readonly ok: boolean
  readonly detail: string
}

/** What a node's disk held when it and the live revision last agreed. */
export type ConfigBase = { readonly filesHash: string; readonly revision: number }

export type Revisions = {
  /** Undefined before the first. */
  readonly live: () => LiveRevision | undefined
  readonly revision: (revision: number) => RevisionRecord | undefined
  /** Newest first; those below `before`. */
  readonly list: (limit: number, before?: number) => readonly RevisionRecord[]
  /** Those that were neither accepted nor refused: the node died between. */
  readonly attempted: () => readonly number[]
  readonly base: (node: string) => ConfigBase | undefined
  /** Newest first. */
  readonly audit: (limit: number) => readonly AuditRecord[]
}

export type RevisionOperation =
  /** Appends it as `attempted`, under the next number: answered `revision`. */
  | {
      readonly kind: 'put_revision'
      readonly revision: Pick<RevisionRecord, 'parent' | 'hash' | 'who' | 'message' | 'files'>
    }
  /**
   * The compare-and-set: makes an attempted revision accepted and live where `expected` is live (0: none). Else, and for one that was
   * refused, `id_conflict`; again for the live one: `done`, nothing changes.
   */
  | {
      readonly kind: 'set_live_revision'
      readonly revision: number
      readonly expected: number
      readonly confirm?: ConfirmBy
      /** Carried out with it, and only if it is. */
      readonly along?: readonly RevisionNote[]
    }
  /** An attempt is over; anything else is `id_conflict`. */
  | { readonly kind: 'refuse_revision'; readonly revision: number; readonly reason: string }
  /** Nothing is taken back any more. `not_found` when this one is not the live one or waits for no confirm. */
  | { readonly kind: 'confirm_revision'; readonly revision: number }
  | RevisionNote

export type RevisionNote =
  | { readonly kind: 'put_config_base'; readonly node: string; readonly base: ConfigBase }
  /** The store sets `at`. */
  | { readonly kind: 'put_audit'; readonly entry: Omit<AuditRecord, 'at'> }
