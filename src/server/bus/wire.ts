import type { AgentStatus, Presence, QueuePosition, Sender } from '../../protocol/frames.ts'
import type { Published } from '../../protocol/publish.ts'
import type { Append, ConversationRecord, Handles, Operation, Outcome } from '../storage/store.ts'

/**
 * The link between a worker and the writer: length-prefixed JSON over a Unix socket in the data folder, and bytes for what is
 * common: messages (packed-appends.ts) and what a commit brings (packed-batch.ts).
 *
 * The writer hosts store, desk and bus. A worker sends batches of requests and resends what was not answered after the writer
 * came back; dedupe makes that safe. Batches carry positions in the store's log, so that a worker that was cut off gets
 * replayed what it missed.
 */

/** Someone with at least one live session on a worker: a visitor's id or an agent's. */
export type Identity = { readonly id: string; readonly role: 'visitor' | 'agent'; readonly site: string }

/** What a worker asks to be carried out. Commands go through the desk, the rest straight to the store. */
export type Request =
  | AppendRequest
  | DeskCommand
  | Exclude<Operation, { readonly kind: 'append' | 'packed_append' | 'reserve' | 'fence' }>

/** `handles`, from the answer to an earlier message, let it travel as bytes. */
export type AppendRequest = Append & { readonly handles?: Handles }

/** An agent's command; `by` comes from the credential. */
export type DeskCommand = {
  readonly kind: 'command'
  readonly command: 'accept' | 'transfer' | 'release' | 'close'
  readonly id: string
  readonly conversation: string
  readonly epoch: number
  readonly by: Sender
  /** Transfer only: an agent's id. */
  readonly to?: string
}

export type Failed = {
  readonly status: 'failed'
  readonly code: 'unavailable' | 'busy' | 'rate_limited' | 'internal'
  readonly message: string
  /** When to send the same id again. */
  readonly retryAfterMs?: number
}
export type Answer = Outcome | Failed

export type FromWorker =
  | {
      readonly t: 'hello'
      readonly worker: number
      readonly run: string
      readonly incarnation: string | null
      readonly position: number
      readonly present: readonly Identity[]
    }
  | {
      readonly t: 'requests'
      readonly requests: readonly { readonly n: number; readonly request: Request }[]
    }
  | { readonly t: 'presence'; readonly up: readonly Identity[]; readonly down: readonly string[] }
  | { readonly t: 'query'; readonly q: number; readonly query: Query }
  /** A frame (JSON) to the others of a conversation, best effort, never stored: typing, read receipts. The writer checks that `by` takes part;
   *  `echo` includes the other sessions of `by`. */
  | {
      readonly t: 'relay'
      readonly conversation: string
      readonly by: Identity
      readonly frame: string
      readonly echo: boolean
    }

export type FromWriter =
  /** `reset`: the worker's position is of another history or too far behind; its sessions must come back and resume. */
  | { readonly t: 'hello'; readonly incarnation: string; readonly position: number; readonly reset: boolean }
  | { readonly t: 'answer'; readonly q: number; readonly result: QueryResult }
  | { readonly t: 'relay'; readonly to: readonly string[]; readonly frame: string }
  /** Repeated every second while idle. */
  | { readonly t: 'position'; readonly position: number }
  /** A session, account or password ended: look at this agent's sessions again. */
  | { readonly t: 'revoke'; readonly agent: string }

export type Delivered = Published

export type Query =
  | { readonly kind: 'visitor'; readonly visitor: string; readonly before?: number }
  /** Own open conversations, and those of `also` that the agent may read. */
  | {
      readonly kind: 'agent'
      readonly agent: string
      readonly site: string
      readonly also: readonly string[]
    }
  | { readonly kind: 'conversation'; readonly conversation: string }
  | { readonly kind: 'queue'; readonly site: string }
  | { readonly kind: 'floor'; readonly site: string }

export type QueryResult = {
  readonly conversations: readonly ConversationView[]
  /** A visitor's conversations go on before this `opened`. */
  readonly more?: number
  /** How many wait in the site's queue; with `queue` and `agent` queries. */
  readonly waiting?: number
  /** The head of the site's queue; with `agent` queries. */
  readonly queue?: readonly ConversationView[]
  readonly agents?: readonly AgentView[]
  /** Where a visitor's queued conversation stands. */
  readonly place?: QueuePosition
  /** The query could not be answered. */
  readonly failed?: string
}

export type ConversationView = ConversationRecord & {
  readonly ownerName?: string
  readonly visitorPresence: Presence
  readonly pageUrl?: string
  readonly locale?: string
}

export type AgentView = {
  readonly id: string
  readonly name: string
  readonly status: AgentStatus
  readonly presence: Presence
  readonly load: number
  readonly capacity: number
}
