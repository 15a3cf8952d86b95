import type { ErrorCode } from '../../protocol/codes.ts'
import type { AgentStatus, ConversationState, Role, Sender, StreamName } from '../../protocol/frames.ts'
import type { RevisionOperation, Revisions } from './revisions.ts'

/**
 * The store contract: the durable truth and the sequencer. Every implementation passes `conformance.ts`.
 *
 * `commit` takes a batch and answers each operation by its place: one transaction, one sync; an outcome is returned only
 * after the sync. A refused operation does not abort its batch. There is no `transaction(function)`: so shards fit too.
 */
export type Store = {
  /** The identity of this store's history; new after a restore. */
  readonly incarnation: string
  /** Rejects only when nothing of the batch is known (`StoreFailure`); then every operation is unknown, none is refused. */
  readonly commit: (operations: readonly Operation[]) => Promise<readonly Outcome[]>
  /** The place of the last committed message in the log of the whole store; grows by one per message. 0 when empty. */
  readonly position: () => number
  /** Committed messages with a position above `after`, ascending, at most `limit`. */
  readonly replay: (after: number, limit: number) => readonly CommittedMessage[]
  readonly conversation: (id: string) => ConversationRecord | undefined
  /** A visitor's conversations, newest first; `before` is the `opened` of the last one of the page before. */
  readonly conversationsOfVisitor: (
    visitor: string,
    limit: number,
    before?: number,
  ) => readonly ConversationRecord[]
  /** Those an agent owns now, longest waiting first. */
  readonly conversationsOfAgent: (agent: string) => readonly ConversationRecord[]
  /** All queued conversations of a site, by `waitingSince`. */
  readonly queued: (site: string) => readonly ConversationRecord[]
  /** Reservations whose fence never came: the desk replays them at a start. */
  readonly reservations: () => readonly Reservation[]
  /** An agent's conversations assigned plus reserved. */
  readonly load: (agent: string) => number
  readonly directory: Directory
  readonly revisions: Revisions
  /** Writes what is lazy (heads, read cursors), checkpoints, closes. */
  readonly close: () => Promise<void>
}

/**
 * What a worker reads by itself, on a connection of its own, beside the writer.
 * A stream's head comes from the writer, since heads live in its memory: `StreamHead`.
 */
export type Reader = {
  readonly page: (query: PageQuery) => readonly StoredMessage[]
  readonly directory: Directory
  readonly close: () => void
}

export type Directory = {
  readonly sites: () => readonly SiteRecord[]
  readonly siteByKey: (key: string) => SiteRecord | undefined
  readonly site: (id: string) => SiteRecord | undefined
  readonly agents: (site?: string) => readonly AgentRecord[]
  readonly agent: (id: string) => AgentRecord | undefined
  readonly agentByLogin: (login: string) => AgentRecord | undefined
  readonly session: (tokenHash: string) => SessionRecord | undefined
  readonly visitor: (id: string) => VisitorRecord | undefined
}

// ── records ─────────────────────────────────────────────────────────────────

export type SiteRecord = {
  readonly id: string
  /** Public: stands in the embed snippet. */
  readonly key: string
  /** Signs visitors' tokens; base64url, 32 bytes; never leaves the server. */
  readonly secret: string
  readonly name: string
  /** Origins that may open a socket, `*` for all. */
  readonly origins: readonly string[]
  /** Sealed sites (load tests) stay out of webhooks, analytics and training. */
  readonly sealed: boolean
}

export type AgentRecord = {
  readonly id: string
  readonly site: string
  readonly login: string
  readonly name: string
  readonly role: 'owner' | 'supervisor' | 'agent'
  /** A PHC string of argon2id. */
  readonly passwordHash: string
  readonly mustChangePassword: boolean
  readonly capacity: number
  readonly status: AgentStatus
  readonly disabled: boolean
  /** Grows by one at each change of the record; assignments name it. */
  readonly version: number
}

/** Lives until `expiresAt` (ms); dies with its agent's password, account or logout. */
export type SessionRecord = {
  readonly tokenHash: string
  readonly agent: string
  readonly createdAt: number
  readonly expiresAt: number
}

export type VisitorRecord = {
  readonly id: string
  readonly site: string
  /** SHA-256 of the token's secret, hex. */
  readonly tokenHash: string
  readonly pageUrl?: string
  readonly locale?: string
}

export type StreamHead = { readonly head: number; readonly headPosition: number }

export type ConversationRecord = {
  readonly id: string
  readonly site: string
  readonly visitor: string
  readonly state: ConversationState
  readonly epoch: number
  readonly owner: string | null
  /** Since when it waits in the queue, ms; kept while assigned as the instant of the last queueing. */
  readonly waitingSince: number
  readonly opened: number
  readonly public: StreamHead
  readonly internal: StreamHead
  readonly read: { readonly visitor: number; readonly agent: number }
}

export type StoredMessage = {
  readonly seq: number
  readonly id: string
  readonly from: Sender
  /** JSON of a `Body`. */
  readonly body: string
  readonly at: number
}

export type CommittedMessage = StoredMessage & {
  readonly position: number
  readonly conversation: string
  readonly stream: StreamName
}

export type Reservation = {
  readonly id: string
  readonly conversation: string
  readonly agent: string
  readonly epoch: number
  readonly by: { readonly role: Role; readonly id: string }
}

/** Exactly one of `before` and `after`, exclusive; the result is ascending, the `limit` nearest to the bound. */
export type PageQuery = {
  readonly conversation: string
  readonly stream: StreamName
  readonly head: StreamHead
  readonly before?: number
  readonly after?: number
  readonly limit: number
}

// ── operations ──────────────────────────────────────────────────────────────
// Order inside each: dedupe by (sender, id), then verdict, then authorisation and fence (epoch), then insert.

export type Operation =
  | Append
  | PackedAppend
  | Reserve
  | Fence
  | Retract
  | MarkRead
  | { readonly kind: 'put_site'; readonly site: SiteRecord }
  /** Inserts, or replaces by `id`; the store sets `version` (1, or the stored one plus 1). A taken login is rejected with `id_conflict`. */
  | { readonly kind: 'put_agent'; readonly agent: Omit<AgentRecord, 'version'> }
  /** The agent's own word about itself; does not change the version. */
  | { readonly kind: 'set_status'; readonly agent: string; readonly status: AgentStatus }
  | { readonly kind: 'put_session'; readonly session: SessionRecord }
  | Erase
  | RevisionOperation
  /** Ends one session, or all of an agent. */
  | { readonly kind: 'end_sessions'; readonly tokenHash?: string; readonly agent?: string }

export type Append = {
  readonly kind: 'append'
  readonly id: string
  readonly site: string
  readonly sender: { readonly role: 'visitor' | 'agent'; readonly id: string; readonly name?: string }
  /** With a visitor's send: its record, stored with the first send and nothing before it. */
  readonly visitor?: VisitorRecord
  /** Absent or closed, from a visitor: the open conversation, else a new one. Required of agents. */
  readonly conversation?: string
  readonly stream: StreamName
  /** Required of agents on the public stream. */
  readonly epoch?: number
  /** JSON of the body as the filters left it. */
  readonly body: string
  /** Hash of the body as it was sent (`hashBody`), with the stream: tells `id_conflict` from a retry. */
  readonly bodyHash: number
  /** A filter's rejection; it counts only when the id is new. */
  readonly verdict?: { readonly code: ErrorCode; readonly message: string }
}

/**
 * A store's own names for a sender and a conversation, given with what it stored: cheaper to carry and to find than ids. They
 * hold for as long as the incarnation.
 */
export type Handles = { readonly sender: number; readonly conversation: number }

/** A message to the public stream, as bytes and by handles; means and is answered what its `Append` would be. */
export type PackedAppend = {
  readonly kind: 'packed_append'
  readonly handles: Handles
  readonly role: 'visitor' | 'agent'
  /** The 16 bytes of a UUID. */
  readonly id: Uint8Array
  readonly epoch: number | undefined
  /** UTF-8. */
  readonly body: Uint8Array
  readonly bodyHash: number
}

/** First half of an assignment: load within capacity, epoch unchanged, intent written. Idempotent by `id`. */
export type Reserve = {
  readonly kind: 'reserve'
  /** The command's or the desk's id; the event inserted by the fence carries it. */
  readonly id: string
  readonly conversation: string
  /** The epoch the decision was made under. */
  readonly epoch: number
  readonly agent: string
  readonly by: { readonly role: Role; readonly id: string }
}

/**
 * Second half, and every other change of owner: epoch compared, grown by one, owner set, event inserted, reservation deleted.
 * `assigned` needs the reservation of the same id. From an agent (`by.role` agent): only the owner may release, transfer or close;
 * only a queued conversation may be accepted.
 */
export type Fence = {
  readonly kind: 'fence'
  readonly id: string
  readonly conversation: string
  readonly epoch: number
  readonly by: Sender
  readonly change:
    | { readonly to: 'assigned'; readonly agent: string }
    | { readonly to: 'released'; readonly reason: 'agent' | 'gone' | 'disabled' }
    | { readonly to: 'closed'; readonly reason: 'agent' | 'idle' }
}

/** Replaces the content of the sender's own public message, younger than `withinMs`, and inserts the event. */
export type Retract = {
  readonly kind: 'retract'
  readonly id: string
  readonly sender: Sender
  readonly conversation: string
  readonly epoch: number
  readonly seq: number
  readonly withinMs: number
}

/** Grows only; written lazily, never synced for its own sake; its outcome is `done` at once. */
export type MarkRead = {
  readonly kind: 'mark_read'
  readonly conversation: string
  readonly role: 'visitor' | 'agent'
  readonly seq: number
}

/**
 * Removes a sealed site with all that belongs to it, about `limit` rows at a time: asked for again until `done`. From the first
 * time on nothing is stored for the site any more (`forbidden`), so that no seq of it is given twice; 0 does only that.
 * Positions are never given again. A site that is not sealed is `forbidden`.
 */
export type Erase = { readonly kind: 'erase'; readonly site: string; readonly limit: number }

export type Outcome =
  | Stored
  | Rejected
  | { readonly status: 'done' }
  | { readonly status: 'reserved'; readonly load: number }
  | { readonly status: 'revision'; readonly revision: number; readonly at: number }
  | { readonly status: 'erased'; readonly removed: number; readonly done: boolean }

/** `duplicate`: the id was there already; the rest is what the first one was answered. */
export type Stored = {
  readonly status: 'stored' | 'duplicate'
  readonly position: number
  readonly conversation: string
  readonly stream: StreamName
  readonly seq: number
  readonly at: number
  /** After this operation. */
  readonly epoch: number
  readonly visitor: string
  readonly owner: string | null
  /** The owner before, when this operation changed it. */
  readonly previous?: string
  /** This send opened the conversation. */
  readonly opened?: true
  /** With appends: for the sender's next one. */
  readonly handles?: Handles
  /** The event's body, JSON, for fence and retract: the store fills epoch, version, capacity, load. */
  readonly event?: string
}

export type Rejected = { readonly status: 'rejected'; readonly code: ErrorCode; readonly message: string }

/** 53 bits over stream and body text; only the sender itself could make two of its own bodies collide. */
export function hashBody(stream: StreamName, body: string): number {
  let a = stream === 'public' ? 0xdeadbeef : 0xbeefdead
  let b = 0x41c6ce57
  for (let i = 0; i < body.length; i++) {
    const unit = body.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x9e3779b1)
    b = Math.imul(b ^ unit, 0x5f356495)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b & 0x1fffff) * 2 ** 32 + (a >>> 0)
}
