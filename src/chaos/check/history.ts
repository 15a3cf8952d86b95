/**
 * What black-box clients recorded of a run, in the order it was recorded: one JSON object a line (`history.jsonl`).
 * `t`: ms since the run began, of one monotonic clock. `p`: which client (`v17`, `a3`, `reader`, `harness`).
 *
 * An operation is `invoke`, then at most one `ok` or `fail`; any number of `info` between them say that nothing is known of it
 * for the moment (timeout, busy, a lost connection) and that the client sends the same id again. One that never gets an `ok` or
 * `fail` is unknown for good.
 */
export type HistoryEntry =
  | Invoke
  | Ok
  | Fail
  | Info
  | Seen
  | Reset
  | Link
  | Desk
  | Read
  | ReadEnd
  | FaultEntry
  | PhaseEntry
  | Sample

type Base = { readonly t: number; readonly p: string }
export type Stream = 'public' | 'internal'

/** The first attempt of a message. `conn` numbers the client's connections from 1, 0 while it has none. */
export type Invoke = Base & {
  readonly e: 'invoke'
  readonly id: string
  readonly conn: number
  /** Hash of stream and body. */
  readonly hash: number
  /** Absent: a visitor's open conversation, whichever it is. */
  readonly conversation?: string
  readonly stream: Stream
  readonly epoch?: number
  /** An agent's command instead of a message: its event carries this id, and a body that only the server knows. */
  readonly command?: 'accept' | 'transfer' | 'release' | 'close' | 'retract'
}
/** The ack. */
export type Ok = Base & {
  readonly e: 'ok'
  readonly id: string
  readonly conversation: string
  readonly stream: Stream
  readonly seq: number
}
/** Persist's own verdict: a definite rejection. */
export type Fail = Base & { readonly e: 'fail'; readonly id: string; readonly code: string }
/** Unknown for the moment. `retry`: it was sent again, on connection `conn`. */
export type Info = Base & {
  readonly e: 'info'
  readonly id: string
  readonly why: 'timeout' | 'refused' | 'lost' | 'retry'
  readonly code?: string
  readonly conn?: number
}
/** A message that was delivered to a live reader, live or by a page of a resume; `event` holds what a sequenced event says. */
export type Seen = Base & { readonly e: 'seen' } & Placed
export type Placed = {
  readonly conversation: string
  readonly stream: Stream
  readonly seq: number
  readonly id: string
  readonly from: string
  readonly role: 'visitor' | 'agent' | 'system'
  readonly hash: number
  readonly event?: OwnerEvent
  /** It reads as retracted: place and id stay, the content is gone. `hash` is then not looked at. */
  readonly retracted?: true
}
export type OwnerEvent = {
  readonly kind: 'assigned' | 'transferred' | 'released' | 'closed' | 'retracted'
  readonly epoch?: number
  readonly owner?: string
  /** What the assignment says of the agent then. */
  readonly load?: number
  readonly capacity?: number
  readonly agentVersion?: number
  /** With `retracted`: which message of this stream. */
  readonly seq?: number
}
/** The server told the client to forget what it holds of a conversation. */
export type Reset = Base & { readonly e: 'reset'; readonly conversation: string }
/** A connection came up or went down. `resumed`: with cursors. `after`: stream key -> the seq that the client resumed from. */
export type Link = Base & {
  readonly e: 'up' | 'down'
  readonly conn: number
  readonly code?: number
  readonly resumed?: boolean
  readonly incarnation?: string
  /** Who the server says this client is: `from` and `owner` name people so. Absent: by the client's own name, `p`. */
  readonly you?: { readonly role: 'visitor' | 'agent'; readonly id: string }
  readonly after?: Readonly<Record<string, number>>
}
/** What an administrator changed of an agent, or read of the desk: the bound of `capacity`. */
export type Desk = Base & {
  readonly e: 'desk'
  readonly agent: string
  readonly capacity: number
  readonly version: number
}
/** Read back after healing, by a fresh reader or from the store over the API. */
export type Read = Base & { readonly e: 'read' } & Placed
/** A stream was read back to its end. */
export type ReadEnd = Base & {
  readonly e: 'read-end'
  readonly conversation: string
  readonly stream: Stream
  readonly head: number
  readonly owner?: string | null
  readonly state?: 'queued' | 'assigned' | 'closed'
}
/** `n` numbers the faults of the run. `store`: while it is verified, no send that was first sent then may be acked. */
export type FaultEntry = Base & {
  readonly e: 'inject' | 'verified' | 'unverified' | 'healing' | 'healed' | 'heal-failed'
  readonly n: number
  readonly fault: string
  readonly on: string
  readonly why?: string
  readonly storeCannotCommit?: boolean
}
export type PhaseEntry = Base & {
  readonly e: 'phase'
  readonly phase: 'warmup' | 'baseline' | 'fault' | 'calm' | 'recovery' | 'drain' | 'read-back' | 'end'
}
/** Of the node's processes and the harness's slow readers, each second. */
export type Sample = Base & {
  readonly e: 'sample'
  readonly rssBytes: number
  readonly connections: number
  readonly outboxBytes?: number
  readonly queued?: number
}
