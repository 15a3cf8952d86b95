import type { Change, ConfigFileName, Effect, Problem, Scope } from '../config/snapshot.ts'
import type { AuditAction } from '../storage/revisions.ts'

/**
 * The configuration part of the administrative API, as JSON: what `kf config` and the supervisor say to each other.
 *
 * | request | answer |
 * |---|---|
 * | `GET /admin/config` | 200 `ConfigAnswer`; `ETag: "REVISION-HASH"` |
 * | `PUT /admin/config`, `If-Match: "…"` or `*`, body `PutConfigBody` | 200 `ApplyAnswer`, new `ETag` |
 * | `PUT /admin/config?dry_run=1`, `If-Match` optional | 200 `DryRunAnswer`; nothing is recorded |
 * | `GET /admin/config/effective` | 200 `EffectiveAnswer`: what the running node has, and where each value comes from |
 * | `GET /admin/config/health` | 200 `HealthAnswer`: how it did before the live revision, and does since |
 * | `GET /admin/config/history?limit=N&before=REVISION` | 200 `HistoryAnswer`, newest first |
 * | `GET /admin/config/revisions/N` | 200 `RevisionAnswer` |
 * | `POST /admin/config/confirm/N` | 200 `ConfirmAnswer` |
 * | `POST /admin/config/rollback/N`, `If-Match` optional, body `RollbackBody` or none | 200 `ApplyAnswer`, new `ETag` |
 *
 * An error is `ConfigErrorAnswer`: 400 `bad_request` · 404 `not_found` · 409 `unconfirmed` (a revision waits for its confirm) ·
 * 409 `revision_conflict` (another apply was faster) · 412 `revision_conflict` (`If-Match` names another revision) ·
 * 413 `too_large` · 422 `bad_config` with `problems` · 428 `precondition_required` (no `If-Match`) ·
 * 503 `not_prepared` (a process refused, died or was late before the commit: nobody changed) · 503 `unavailable`.
 * Times are ms since the epoch.
 */

/** All files of the configuration: a file that is not named is absent from the new revision. Names without a folder. */
export type ConfigTexts = Readonly<Record<string, string>>

export type PutConfigBody = {
  readonly files: ConfigTexts
  /** Why: lands in history and audit log. At most 1,000 characters. */
  readonly message?: string
  /** Who, beside the token: the operator's login name. At most 100 characters; `admin` when absent. `kf` is taken. */
  readonly who?: string
  /** Reverts unless confirmed within so many ms: 1,000 … 86,400,000. */
  readonly confirm_within_ms?: number
}

export type RollbackBody = Pick<PutConfigBody, 'message' | 'who' | 'confirm_within_ms'>

export type RevisionState = 'accepted' | 'refused' | 'attempted'

export type RevisionSummary = {
  readonly revision: number
  /** Live when this one was written; 0 for the first. */
  readonly parent: number
  /** Of the snapshot that the files give, lower-case hex. */
  readonly hash: string
  readonly who: string
  readonly at: number
  readonly message: string
  readonly state: RevisionState
  /** Why it was refused. */
  readonly reason?: string
  /** The one in effect. */
  readonly live: boolean
}

export type Unconfirmed = {
  readonly revision: number
  readonly revert_to: number
  readonly deadline: number
}

/** Files on this node's disk and the live revision were both changed: the live one is in effect. */
export type ConfigDrift = {
  readonly files: readonly string[]
  /** Shows the difference. */
  readonly command: string
}

export type ConfigAnswer = {
  readonly live: RevisionSummary
  /** Secrets are references in these texts; a secret's value never leaves the node. */
  readonly files: ConfigTexts
  readonly unconfirmed: Unconfirmed | null
  readonly drift: ConfigDrift | null
  /** Keys whose value in effect is the one of the last start. */
  readonly pending_restart: readonly string[]
}

export type Plan = {
  /** `from` and `to` are absent where a key has no value. */
  readonly changes: readonly Change[]
  readonly hot: number
  readonly new_connections: number
  readonly restart: number
  /** Always 0: no change ends a socket. */
  readonly disconnects: 0
  /** Sockets open now, which keep what is labelled new-connections. */
  readonly sockets: number
}

export type DryRunAnswer = {
  /** What is live now, as `If-Match` of the push. */
  readonly etag: string
  readonly live: number
  readonly hash: string
  readonly plan: Plan
}

export type ApplyAnswer = {
  readonly revision: RevisionSummary
  readonly etag: string
  readonly plan: Plan
  /** Processes that prepared, and those that said they have it in effect. */
  readonly prepared: number
  readonly committed: number
  readonly processes: number
  /** Processes that have not said so yet: each leaves readiness until it has. Not empty: `partly_applied`, exit 4. */
  readonly behind: readonly string[]
  /** From the request to the last process that has it in effect. */
  readonly took_ms: number
  readonly unconfirmed: Unconfirmed | null
  /** False where the files give the same configuration as before: no revision was written, `revision` is the live one. */
  readonly changed: boolean
}

export type AuditEntry = {
  readonly at: number
  readonly who: string
  readonly action: AuditAction
  /** The revision it made, tried to make or was about; 0 where it did not come to a number. */
  readonly revision: number
  readonly ok: boolean
  /** The message, or why it was refused. */
  readonly detail: string
}

export type HistoryAnswer = {
  readonly live: number
  readonly revisions: readonly RevisionSummary[]
  /** The newest, at most `limit`; also attempts that no revision came of. */
  readonly audit: readonly AuditEntry[]
}

export type RevisionAnswer = { readonly revision: RevisionSummary; readonly files: ConfigTexts }

export type ConfirmAnswer = { readonly revision: RevisionSummary; readonly etag: string }

export type EffectiveAnswer = {
  readonly revision: number
  /** Of the cluster's values, as the supervisor has them. */
  readonly hash: string
  readonly values: readonly EffectiveValue[]
  /** Writer and workers: each with the hash of what it holds. */
  readonly processes: readonly ProcessInEffect[]
}

export type EffectiveValue = {
  /** `server.toml:heartbeat.every` */
  readonly id: string
  readonly file: ConfigFileName
  readonly key: string
  readonly effect: Effect
  readonly scope: Scope
  /** As TOML writes it; null where there is none. Secrets are masked. */
  readonly value: string | null
  readonly source: EffectiveSource
}

/** `variable`: of the environment, which a secret's reference names. */
export type EffectiveSource = { readonly variable?: string } & (
  | { readonly from: 'default' }
  /** As many as its cores suggest. */
  | { readonly from: 'machine' }
  /** Made at the first start. */
  | { readonly from: 'data-folder' }
  | { readonly from: 'flag'; readonly flag: string }
  /** The node's own file, as its start read it. */
  | { readonly from: 'disk'; readonly file: string; readonly line: number; readonly column: number }
  | {
      readonly from: 'revision'
      readonly revision: number
      readonly file: string
      readonly line: number
      readonly column: number
    }
)

export type ProcessInEffect = { readonly name: string } & (
  | { readonly revision: number; readonly hash: string }
  | { readonly failed: string }
)

export type HealthAnswer = {
  readonly revision: number
  readonly ready: boolean
  readonly reasons: readonly string[]
  /** Up to ten seconds before it went live; null where nobody looked. */
  readonly before: HealthSpan | null
  /** Since it went live; null when that was before this start. */
  readonly after: HealthSpan | null
  /** Every process has reported of the time after. */
  readonly settled: boolean
}

export type HealthSpan = {
  readonly ms: number
  /** That were stored and answered, and refused. */
  readonly messages: number
  readonly refused: number
  /** From the request to the store to its answer; null where no message came. */
  readonly p99_ms: number | null
}

export type ConfigErrorAnswer = {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly hint?: string
    /** The values in message and hint, and by `says` and `fix` which sentences they are: for a translation. */
    readonly params?: Readonly<Record<string, string | number>>
    readonly problems?: readonly Problem[]
    /** With `revision_conflict`: what is live now. */
    readonly live?: number
    readonly etag?: string
  }
}

/** Content of an ETag, quotes included. */
export function etagOf(revision: number, hash: string): string {
  return `"${revision}-${hash}"`
}
