/**
 * Every frame of `kf.v1`, as TypeScript. docs/protocol.md explains them; `decode.ts` and `decode-server.ts` check them.
 * Times are milliseconds since the epoch; durations end in `_ms`; ids are opaque to clients.
 */

export const subprotocol = 'kf.v1'

export type StreamName = 'public' | 'internal'
export type Role = 'visitor' | 'agent' | 'system'
export type Presence = 'online' | 'offline' | 'unknown'
export type AgentStatus = 'online' | 'away' | 'offline'
export type ConversationState = 'queued' | 'assigned' | 'closed'

// ── bodies ──────────────────────────────────────────────────────────────────

export type TextBody = { readonly kind: 'text'; readonly text: string }
export type FileBody = {
  readonly kind: 'file'
  readonly file: { readonly id: string; readonly name: string; readonly type: string; readonly size: number }
}
export type CardBody = {
  readonly kind: 'card'
  readonly title: string
  readonly text?: string
  readonly url?: string
  readonly image?: string
}
/** What a client may send. */
export type SentBody = TextBody | FileBody | CardBody

/** Sequenced by the server like any message. `epoch` is the conversation's epoch after the event. */
export type EventBody =
  | {
      readonly kind: 'event'
      readonly event: 'assigned' | 'transferred'
      readonly epoch: number
      readonly owner: string
      readonly owner_name: string
      readonly previous?: string
      /** The version of the agent's record whose capacity was checked, that capacity, and the load after this event. */
      readonly agent_version: number
      readonly capacity: number
      readonly load: number
    }
  | {
      readonly kind: 'event'
      readonly event: 'released'
      readonly epoch: number
      readonly previous: string
      readonly reason: 'agent' | 'gone' | 'disabled'
    }
  | {
      readonly kind: 'event'
      readonly event: 'closed'
      readonly epoch: number
      readonly previous?: string
      readonly reason: 'agent' | 'idle'
    }
  | { readonly kind: 'event'; readonly event: 'retracted'; readonly epoch: number; readonly seq: number }

/** What a retracted message reads as from then on: its place and id stay, its content is gone. */
export type RetractedBody = { readonly kind: 'retracted' }
export type Body = SentBody | EventBody | RetractedBody

export type Sender = { readonly role: Role; readonly id: string; readonly name?: string }

// ── client → server ─────────────────────────────────────────────────────────

export type Hello = {
  readonly type: 'hello'
  /** A visitor's token from an earlier welcome, or an agent's session token. */
  readonly token?: string
  /** The site's public key; visitors only. */
  readonly site?: string
  readonly resume?: {
    readonly incarnation: string
    readonly streams: readonly {
      readonly conversation: string
      readonly stream: StreamName
      readonly after: number
    }[]
  }
  readonly page_url?: string
  readonly locale?: string
}
export type Send = {
  readonly type: 'send'
  readonly id: string
  readonly conversation?: string
  /** Agents only; `public` when absent. */
  readonly stream?: StreamName
  readonly body: SentBody
  /** Required of agents on the public stream: the epoch they own the conversation under. */
  readonly epoch?: number
}
export type Typing = { readonly type: 'typing'; readonly conversation?: string; readonly preview?: string }
export type Read = { readonly type: 'read'; readonly conversation: string; readonly seq: number }
/** Exactly one of `before` and `after`; both exclusive. Answered by one `page`. */
export type History = {
  readonly type: 'history'
  readonly conversation: string
  readonly stream?: StreamName
  readonly before?: number
  readonly after?: number
  readonly limit: number
}
/** The page of the caller's conversations that `welcome.next` or `conversations.next` announced. */
export type MoreConversations = { readonly type: 'conversations'; readonly next: string }
export type Accept = {
  readonly type: 'accept'
  readonly id: string
  readonly conversation: string
  readonly epoch: number
}
export type Transfer = {
  readonly type: 'transfer'
  readonly id: string
  readonly conversation: string
  readonly epoch: number
  readonly to: string
}
export type Release = {
  readonly type: 'release'
  readonly id: string
  readonly conversation: string
  readonly epoch: number
}
export type Close = {
  readonly type: 'close'
  readonly id: string
  readonly conversation: string
  readonly epoch: number
}
export type Retract = {
  readonly type: 'retract'
  readonly id: string
  readonly conversation: string
  readonly epoch: number
  readonly seq: number
}
export type SetStatus = { readonly type: 'status'; readonly status: AgentStatus }
/** Answered by `pong`; browsers cannot send WebSocket pings. */
export type Ping = { readonly type: 'ping' }

export type AgentCommand = Accept | Transfer | Release | Close | Retract
export type ClientFrame =
  | Hello
  | Send
  | Typing
  | Read
  | History
  | MoreConversations
  | AgentCommand
  | SetStatus
  | Ping

// ── server → client ─────────────────────────────────────────────────────────

export type ConversationSummary = {
  readonly id: string
  /** Last seq of the public stream; live frames on it begin at the next one. */
  readonly head: number
  /** Agents only. */
  readonly internal_head?: number
  readonly state: ConversationState
  readonly epoch: number
  readonly owner: string | null
  readonly owner_name?: string
  /** Read cursors: the highest public seq each side has said it read. */
  readonly read: { readonly visitor: number; readonly agent: number }
  readonly waiting_since?: number
  /** Agents only. */
  readonly visitor?: {
    readonly id: string
    readonly presence: Presence
    readonly page_url?: string
    readonly locale?: string
  }
}

export type Welcome = {
  readonly type: 'welcome'
  readonly incarnation: string
  readonly you: { readonly role: 'visitor' | 'agent'; readonly id: string; readonly name?: string }
  readonly site: { readonly id: string; readonly name: string }
  /** Keep it: it is the only key to this visitor's conversations. Sent when it was minted now. */
  readonly token?: string
  readonly limits: WireLimits
  readonly conversations: readonly ConversationSummary[]
  readonly next?: string
  /** Agents only: the site's agents, for transfers, and one's own status. */
  readonly agents?: readonly AgentSummary[]
  readonly status?: AgentStatus
}
export type WireLimits = {
  readonly frame_bytes: number
  readonly text_chars: number
  readonly preview_chars: number
  readonly page_messages: number
  readonly retract_within_ms: number
}
export type AgentSummary = {
  readonly id: string
  readonly name: string
  readonly status: AgentStatus
  readonly presence: Presence
  readonly load: number
  readonly capacity: number
}
export type Ack = {
  readonly type: 'ack'
  readonly id: string
  readonly conversation: string
  readonly stream: StreamName
  readonly seq: number
  readonly at: number
  readonly epoch?: number
}
export type ErrorFrame = {
  readonly type: 'error'
  readonly id?: string
  readonly code: string
  readonly message: string
  readonly retry_after_ms?: number
}
export type Message = {
  readonly type: 'message'
  readonly conversation: string
  readonly stream: StreamName
  readonly seq: number
  readonly id: string
  readonly from: Sender
  readonly body: Body
  readonly at: number
}
export type MessageInPage = Omit<Message, 'type' | 'conversation' | 'stream'>
export type Page = {
  readonly type: 'page'
  readonly conversation: string
  readonly stream: StreamName
  /** The request's own bound, echoed. */
  readonly before?: number
  readonly after?: number
  /** Ascending by seq, without holes. */
  readonly messages: readonly MessageInPage[]
  /** The stream's head when the page was read. */
  readonly head: number
}
export type Conversations = {
  readonly type: 'conversations'
  readonly conversations: readonly ConversationSummary[]
  readonly next?: string
}
/** One conversation entered the caller's view or changed outside the stream (assigned to this agent, opened by this visitor). */
export type ConversationFrame = { readonly type: 'conversation'; readonly conversation: ConversationSummary }
export type TypingFrame = {
  readonly type: 'typing'
  readonly conversation: string
  readonly from: Sender
  readonly preview?: string
}
export type ReadFrame = {
  readonly type: 'read'
  readonly conversation: string
  readonly role: 'visitor' | 'agent'
  readonly seq: number
}
export type PresenceFrame = {
  readonly type: 'presence'
  readonly conversation?: string
  readonly who: { readonly role: 'visitor' | 'agent'; readonly id: string }
  readonly presence: Presence
  readonly status?: AgentStatus
}
/** To a visitor: the place in the queue. */
export type QueuePosition = {
  readonly type: 'queue'
  readonly conversation: string
  readonly position: number
  readonly eta_s: number | null
  readonly waiting_since: number
}
/** To an agent: who waits, longest first, at most 100 of `waiting`; a snapshot that replaces the last one. */
export type QueueSnapshot = {
  readonly type: 'queue'
  readonly waiting: number
  readonly conversations: readonly ConversationSummary[]
}
/** Forget what you hold of this conversation and read it again. */
export type Reset = { readonly type: 'reset'; readonly conversation: string }
export type Drain = { readonly type: 'drain'; readonly reconnect_after_ms: number }
export type Pong = { readonly type: 'pong' }
export type StatusFrame = { readonly type: 'status'; readonly status: AgentStatus }

export type ServerFrame =
  | Welcome
  | Ack
  | ErrorFrame
  | Message
  | Page
  | Conversations
  | ConversationFrame
  | TypingFrame
  | ReadFrame
  | PresenceFrame
  | QueuePosition
  | QueueSnapshot
  | Reset
  | Drain
  | Pong
  | StatusFrame
