import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'
import type {
  Ack,
  AgentCommand,
  AgentStatus,
  AgentSummary,
  ConversationSummary,
  MessageInPage,
  Presence,
  Send,
  Sender,
  SentBody,
  StreamName,
  Welcome,
  WireLimits,
} from '../protocol/frames.ts'

/**
 * One kf.v1 session as pages and virtual users see it: no DOM, no node. Everything outside comes in by the ports below.
 */

// ── ports ───────────────────────────────────────────────────────────────────

/** A text WebSocket. A browser's `WebSocket` and `ws` both fit in a few lines; see `webSocketPort`. */
export type SocketPort = {
  readonly send: (text: string) => void
  readonly close: (code: number) => void
}
export type SocketEvents = {
  readonly onopen: () => void
  readonly onmessage: (text: string) => void
  /** Exactly once, also when the connection never opened. 1006 when there was no close frame. */
  readonly onclose: (code: number) => void
}
export type OpenSocket = (url: string, protocol: string, events: SocketEvents) => SocketPort

/** Where unanswered sends survive a reload: one text for all tabs of an identity. May throw (a full or forbidden store): then memory only. */
export type OutboxStorage = {
  readonly load: () => string | undefined
  readonly save: (text: string) => void
}
/**
 * Between the tabs of one identity: calls `held` once this tab may take over what other tabs left in the storage, at once or
 * when the holder is gone. The returned function gives it up. `navigator.locks` fits; without a lock it is taken over at once.
 */
export type OutboxLock = (held: () => void) => () => void

export type SessionOptions = {
  /** The socket's address, `wss://host/path/ws`. */
  readonly url: string
  /**
   * Asked at every connect, so that a token another tab got meanwhile is used. A visitor gives `site`, and its `token` once it
   * has one; an agent its `token`, or nothing on the server's own pages (the login's cookie).
   */
  readonly credentials: () => { readonly token?: string; readonly site?: string }
  readonly openSocket: OpenSocket
  readonly clock: Clock
  readonly random: RandomBytes
  /** A visitor's new token: keep it before anything else. */
  readonly onToken?: (token: string) => void
  readonly storage?: OutboxStorage
  readonly lock?: OutboxLock
  readonly pageUrl?: () => string
  readonly locale?: () => string
  /** Messages of one page of history; 50 when absent. */
  readonly pageSize?: number
  /** Messages kept in memory for each stream of a conversation; 5,000 when absent. The oldest go first. */
  readonly keepMessages?: number
  /** Which conversations get their last page without being asked; `view` when absent: a visitor's newest, an agent's open ones. */
  readonly preload?: 'view' | 'none'
  /** Sends waiting for an answer, all conversations together; 500 when absent. */
  readonly outboxLimit?: number
  readonly taps?: SessionTaps
}

/** What a virtual user records. Called synchronously; must not throw. */
export type SessionTaps = {
  /** A connection is ready. `resumed`: where the hello said that each thread stands, by `threadKey`. */
  readonly onWelcome?: (welcome: Welcome, resumed: ReadonlyMap<string, number>) => void
  /** A send or command was made, and goes out at once or later. */
  readonly onMade?: (frame: Send | AgentCommand) => void
  /** Each message once per thread, in order of seq, own ones too; pages of older history excepted. */
  readonly onMessage?: (message: ThreadMessage, conversation: string, stream: StreamName) => void
  /** A send or command was put on the wire (again). */
  readonly onSent?: (id: string, attempt: number) => void
  readonly onOutcome?: (outcome: Outcome) => void
  /** An answer that leaves the outcome open; the session retries by itself. */
  readonly onUnknown?: (id: string, code: string) => void
  readonly onReset?: (conversation: string) => void
}

// ── state ───────────────────────────────────────────────────────────────────

/** What a page draws. Immutable; a part that did not change keeps its identity from one state to the next. */
export type SessionState = {
  readonly connection: Connection
  readonly you: Welcome['you'] | undefined
  readonly site: Welcome['site'] | undefined
  readonly limits: WireLimits
  /** The caller's conversations, in the order the server listed them; new ones come first. */
  readonly conversations: readonly ConversationSummary[]
  /** Keyed by `threadKey`. */
  readonly threads: ReadonlyMap<string, Thread>
  /** Unanswered and failed sends in the order they were made; those of one thread are in `Thread.pending` as well. */
  readonly pending: readonly PendingMessage[]
  /** Visitors: the place in the queue, or undefined when not waiting. */
  readonly position: QueuePlace | undefined
  /** Agents: who waits. */
  readonly queue: { readonly waiting: number; readonly conversations: readonly ConversationSummary[] }
  readonly agents: readonly AgentSummary[]
  /** Agents: one's own status. */
  readonly status: AgentStatus | undefined
  /** Who types where, by conversation; an entry goes after 6 s without news, or with the typist's message. */
  readonly typing: ReadonlyMap<string, Typing>
  /** Visitors: their owner's presence; agents see it in the summaries. By conversation. */
  readonly presence: ReadonlyMap<string, Presence>
  /** False until the whole list of conversations has come once. */
  readonly listed: boolean
}

export type Connection =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting' | 'greeting'; readonly attempt: number }
  | { readonly phase: 'ready' }
  /** Between two attempts; `until` is on the clock's `monotonic` scale. */
  | { readonly phase: 'waiting'; readonly attempt: number; readonly until: number; readonly code: number }
  /** Comes back only by `start()`. `login`: the credentials are no good any more. `refused`: close code says not to return. */
  | {
      readonly phase: 'ended'
      readonly reason: 'stopped' | 'login' | 'refused'
      readonly code: number
      readonly message?: string
    }

export type Thread = {
  readonly conversation: string
  readonly stream: StreamName
  /** Ascending by seq, without holes. */
  readonly messages: readonly ThreadMessage[]
  /** Sends of one's own that have no seq yet; they belong below `messages`. */
  readonly pending: readonly PendingMessage[]
  /** Nothing older exists, or nothing older is kept by the server. */
  readonly complete: boolean
  readonly loadingOlder: boolean
  /** The server has newer messages than `messages` and they are on their way. */
  readonly behind: boolean
}
export type ThreadMessage = MessageInPage & { readonly mine: boolean }

export type PendingMessage = {
  readonly id: string
  /** Undefined: the server decides (a visitor's first send). */
  readonly conversation: string | undefined
  readonly stream: StreamName
  readonly body: SentBody
  /** When it was made, by this machine's clock; the server's `at` replaces it. */
  readonly made: number
  readonly status: 'waiting' | 'sending' | 'failed'
  /** Set when `failed`: nothing was stored, and the same id is not sent again. */
  readonly error?: { readonly code: string; readonly message: string }
}
export type Typing = { readonly from: Sender; readonly preview?: string }
export type QueuePlace = {
  readonly conversation: string
  readonly position: number
  readonly etaS: number | null
  readonly waitingSince: number
}

// ── the session ─────────────────────────────────────────────────────────────

export type Outcome =
  | {
      readonly status: 'acked'
      readonly id: string
      readonly conversation: string
      readonly stream: StreamName
      readonly seq: number
      readonly at: number
      readonly epoch?: number
    }
  /** Definite: nothing was stored under this id. Also `outbox_full` and `abandoned` (stopped), which never left. */
  | { readonly status: 'rejected'; readonly id: string; readonly code: string; readonly message: string }

type WithoutId<Command> = Command extends unknown ? Omit<Command, 'id'> : never
/** An agent's command without its id: `{type: 'accept', conversation, epoch}` … */
export type Command = WithoutId<AgentCommand>

export type Session = {
  readonly state: SessionState
  /** Called after each change, at most once per frame or call; returns the way out. */
  readonly subscribe: (listener: () => void) => () => void
  readonly start: () => void
  /** Closes with 1000. Unanswered sends stay in the storage. */
  readonly stop: () => void
  /**
   * Queues a message and returns its id; sent at once or as soon as the session is ready, once, in order.
   * `conversation` undefined: visitors only, the server decides. Agents give the `epoch` they see on the public stream.
   * Throws `KfError` `outbox_full`.
   */
  readonly send: (
    conversation: string | undefined,
    body: SentBody,
    options?: { readonly stream?: StreamName; readonly epoch?: number },
  ) => string
  /** Forgets a failed send. */
  readonly discard: (id: string) => void
  /** Sends a failed one again under a new id, which is returned; `epoch` replaces the old one. */
  readonly resend: (id: string, options?: { readonly epoch?: number }) => string | undefined
  /** Never rejects; retried under the same id until the server's word is definite. */
  readonly command: (command: Command) => Promise<Outcome>
  /** At most one frame a second; not kept for later. */
  readonly typing: (conversation: string | undefined, preview?: string) => void
  /** Grows only; kept and said again after a reconnect. */
  readonly markRead: (conversation: string, seq: number) => void
  /** One page of history above the oldest message held; nothing happens while one is under way or when `complete`. */
  readonly loadOlder: (conversation: string, stream?: StreamName) => void
  readonly setStatus: (status: AgentStatus) => void
  /** The page came back (visibilitychange, pageshow, online): a sign of life within 3 s, else a new connection without backoff. */
  readonly probe: () => void
  /** Ends a wait between attempts. */
  readonly kick: () => void
}

export function threadKey(conversation: string, stream: StreamName): string {
  return `${conversation}/${stream}`
}

/** The parts of an `ack` an outcome repeats. */
export function acked(ack: Omit<Ack, 'type'>): Outcome {
  return {
    status: 'acked',
    id: ack.id,
    conversation: ack.conversation,
    stream: ack.stream,
    seq: ack.seq,
    at: ack.at,
    ...(ack.epoch === undefined ? {} : { epoch: ack.epoch }),
  }
}
