import type { Clock } from '../core/clock.ts'
import { errorCodes, isErrorCode } from '../protocol/codes.ts'
import type {
  Ack,
  AgentStatus,
  ClientFrame,
  ConversationSummary,
  ErrorFrame,
  Hello,
  Message,
  MessageInPage,
  Page,
  ServerFrame,
  Welcome,
  WireLimits,
} from '../protocol/frames.ts'
import { serverLimits, wireLimits } from '../protocol/limits.ts'
import { acked, type Outcome, type SessionOptions, type ThreadMessage, threadKey } from './contract.ts'
import { Outbox } from './outbox.ts'
import type { Entry } from './outbox-entry.ts'
import { People } from './people.ts'
import { messageOf, type ThreadModel } from './thread.ts'
import { Threads } from './threads.ts'

export type ModelOptions = Omit<SessionOptions, 'openSocket' | 'url'> & {
  readonly clock: Clock
  /** False when there is no socket that is ready. */
  readonly transmit: (text: string) => boolean
  /** An answer is overdue: is anyone there? */
  readonly onSilence: () => void
  readonly onOutcome: (outcome: Outcome) => void
  readonly onChange: () => void
}

/** What a session knows, and what each of the server's frames does to it. */
export class Model {
  readonly people: People
  readonly threads: Threads
  readonly outbox: Outbox
  limits: WireLimits = wireLimits
  readonly #options: ModelOptions
  #incarnation: string | undefined
  /** Where the hello said each thread stands. */
  #resumed = new Map<string, number>()
  /** A status the server has not confirmed. */
  #wantedStatus: AgentStatus | undefined

  constructor(options: ModelOptions) {
    this.#options = options
    const { clock, random, onChange, onSilence, taps, storage, lock } = options
    this.people = new People(clock, onChange)
    this.threads = new Threads({
      clock,
      keep: options.keepMessages ?? 5_000,
      pageSize: () => options.pageSize ?? 50,
      pageLimit: () => this.limits.page_messages,
      request: (frame) => this.transmit(frame),
      onTimeout: onSilence,
      isMine: (message) => this.#isMine(message),
      onApplied: (thread, messages) => this.#applied(thread, messages),
      onChange,
    })
    this.outbox = new Outbox({
      clock,
      random,
      limit: options.outboxLimit ?? 500,
      // The server decides a visitor's conversation, so all of a visitor's sends are one lane.
      laneOf: (frame) => (this.isVisitor() ? '' : (frame.conversation ?? '')),
      transmit: (entry) => this.#transmitEntry(entry),
      onTimeout: (id) => {
        taps?.onUnknown?.(id, 'timeout')
        onSilence()
      },
      onChange,
      storage,
      lock,
    })
  }

  transmit(frame: ClientFrame): boolean {
    return this.#options.transmit(JSON.stringify(frame))
  }

  isVisitor(): boolean {
    const role = this.people.you?.role
    return role === undefined ? this.#options.credentials().site !== undefined : role === 'visitor'
  }

  hello(): Hello {
    const { credentials, pageUrl, locale } = this.#options
    const page = pageUrl?.().slice(0, serverLimits.url_chars) ?? ''
    const language = locale?.().slice(0, serverLimits.locale_chars) ?? ''
    const listed = (conversation: string): boolean => this.people.get(conversation) !== undefined
    const streams = this.threads.resume(serverLimits.resume_streams, listed)
    const incarnation = this.#incarnation
    this.#resumed = new Map(
      streams.map(({ conversation, stream, after }) => [threadKey(conversation, stream), after]),
    )
    return {
      type: 'hello',
      ...credentials(),
      ...(incarnation === undefined || streams.length === 0 ? {} : { resume: { incarnation, streams } }),
      ...(page === '' ? {} : { page_url: page }),
      ...(language === '' ? {} : { locale: language }),
    }
  }

  welcome(frame: Welcome): void {
    if (frame.token !== undefined) this.#options.onToken?.(frame.token)
    this.#options.taps?.onWelcome?.(frame, this.#resumed)
    const stranger = this.people.you !== undefined && this.people.you.id !== frame.you.id
    if (stranger || (this.#incarnation !== undefined && this.#incarnation !== frame.incarnation)) {
      for (const { conversation } of this.threads.all().values()) this.#forget(conversation)
      this.people.forgetConversations()
    }
    this.#incarnation = frame.incarnation
    this.limits = frame.limits
    this.people.welcome(frame)
    this.#listing(frame.conversations, frame.next, true)
    const wanted = this.#wantedStatus
    if (wanted !== undefined) this.setStatus(wanted)
    this.outbox.pump()
    this.#options.onChange()
  }

  received(frame: Exclude<ServerFrame, Welcome>): void {
    if (frame.type !== 'pong') this.#options.onChange()
    switch (frame.type) {
      case 'message':
        this.#message(frame)
        break
      case 'ack':
        this.#ack(frame)
        break
      case 'error':
        this.#error(frame)
        break
      case 'page':
        this.#page(frame)
        break
      case 'conversations':
        this.#listing(frame.conversations, frame.next, false)
        break
      case 'conversation':
        this.people.upsert(frame.conversation)
        this.#adopt(frame.conversation, true, false)
        break
      case 'typing':
        this.people.types(frame)
        break
      case 'read':
        this.people.read(frame)
        break
      case 'presence':
        this.people.presenceOf(frame)
        break
      case 'queue':
        this.people.queued(frame)
        this.#dropPreviews()
        break
      case 'reset':
        this.#reset(frame.conversation)
        break
      case 'status':
        this.people.status = frame.status
        this.#wantedStatus = undefined
        break
      case 'pong':
      case 'drain':
        break
    }
  }

  down(): void {
    this.threads.down()
    this.outbox.down()
    this.people.down()
  }

  setStatus(status: AgentStatus): void {
    this.#wantedStatus = status
    this.people.status = status
    this.transmit({ type: 'status', status })
    this.#options.onChange()
  }

  markRead(conversation: string, seq: number): void {
    const role = this.isVisitor() ? 'visitor' : 'agent'
    if (!this.people.read({ conversation, role, seq })) return
    this.transmit({ type: 'read', conversation, seq })
    this.#options.onChange()
  }

  #transmitEntry(entry: Entry): boolean {
    const sent = this.transmit(entry.frame)
    if (sent) this.#options.taps?.onSent?.(entry.id, entry.attempt)
    return sent
  }

  #listing(conversations: readonly ConversationSummary[], next: string | undefined, first: boolean): void {
    const role = this.isVisitor() ? 'visitor' : 'agent'
    for (const [index, summary] of conversations.entries()) {
      this.people.listing(summary)
      const seq = this.people.get(summary.id)?.read[role] ?? 0
      // A mark the last connection lost.
      if (seq > summary.read[role]) this.transmit({ type: 'read', conversation: summary.id, seq })
      this.#adopt(summary, first && index === 0, true)
    }
    if (next !== undefined) {
      this.transmit({ type: 'conversations', next })
      return
    }
    for (const gone of this.people.listingEnds()) this.threads.drop(gone)
    this.threads.up()
  }

  /** Live frames of a new thread begin after the summary's head; of a held one, wherever it says the cursor is. */
  #adopt(summary: ConversationSummary, newest: boolean, listed: boolean): void {
    const wanted =
      this.#options.preload !== 'none' && (this.isVisitor() ? newest : summary.state !== 'closed')
    const heads = [['public', summary.head] as const, ['internal', summary.internal_head] as const]
    for (const [stream, head] of heads) {
      if (head === undefined) continue
      const thread = this.threads.open(summary.id, stream)
      if (thread.cursor === undefined) {
        thread.place(head)
        if (wanted && head > 0) this.threads.loadOlder(thread)
      } else {
        thread.hear(head)
        // On a list only: the summary is where the server's own cursor begins.
        if (listed)
          thread.catchingUp = thread.cursor < head && this.#resumed.has(threadKey(summary.id, stream))
      }
      this.threads.settleSoon(thread)
    }
  }

  #message(frame: Message): void {
    const mine = this.#isMine(frame)
    const thread = this.#threadOf(frame)
    this.threads.add(thread, messageOf(frame, mine), false)
    if (mine) this.#settled(frame, false)
    else this.people.stopsTyping(frame.conversation, frame.from.id)
  }

  #ack(frame: Ack): void {
    const sent = this.outbox.get(frame.id)?.frame
    const thread = this.#threadOf(frame)
    const { you } = this.people
    if (sent?.type === 'send' && you !== undefined) {
      const { seq, id, at } = frame
      this.threads.add(thread, { seq, id, from: you, body: sent.body, at, mine: true }, true)
    } else {
      // A command's event has a body that only the server knows: it comes by itself or by a page.
      thread.hear(frame.seq)
      this.threads.settleSoon(thread)
    }
    this.#settled(frame, true)
  }

  #page(page: Page): void {
    const { conversation, stream } = page
    for (const message of page.messages) {
      if (this.#isMine(message))
        this.#settled({ id: message.id, conversation, stream, seq: message.seq, at: message.at }, false)
    }
    this.threads.page(page)
  }

  #error({ id, code, message, retry_after_ms: retryAfterMs }: ErrorFrame): void {
    const open = !isErrorCode(code) || errorCodes[code].outcome === 'unknown'
    if (id === undefined) {
      if (open) this.threads.refused(retryAfterMs)
    } else if (open) {
      if (this.outbox.unknown(id, retryAfterMs, true)) this.#options.taps?.onUnknown?.(id, code)
    } else if (this.outbox.reject(id, { code, message }) !== undefined) {
      this.#options.onOutcome({ status: 'rejected', id, code, message })
    }
  }

  #settled(ack: Omit<Ack, 'type'>, byAck: boolean): void {
    if (this.outbox.settle(ack.id, byAck) !== undefined) this.#options.onOutcome(acked(ack))
  }

  #applied(thread: ThreadModel, messages: readonly ThreadMessage[]): void {
    for (const message of messages) {
      this.#options.taps?.onMessage?.(message, thread.conversation, thread.stream)
      if (thread.stream !== 'public') continue
      const event = message.body.kind === 'event' ? message.body : undefined
      this.people.advance(thread.conversation, message.seq, event)
      if (event?.event === 'retracted') thread.retract(event.seq)
    }
  }

  #reset(conversation: string): void {
    const internal = this.threads.get(conversation, 'internal') !== undefined
    this.#forget(conversation)
    // What is not the caller's any more does not come back.
    if (this.people.get(conversation) === undefined) return
    this.threads.settle(this.threads.open(conversation, 'public'))
    if (internal) this.threads.settle(this.threads.open(conversation, 'internal'))
  }

  #forget(conversation: string): void {
    this.threads.drop(conversation)
    this.#options.taps?.onReset?.(conversation)
  }

  /** The thread a frame speaks of, also when the conversation is news: nothing stands before a first message. */
  #threadOf({ conversation, stream, seq }: Pick<Message, 'conversation' | 'stream' | 'seq'>): ThreadModel {
    if (this.people.get(conversation) === undefined) this.people.upsert(unknownConversation(conversation))
    const thread = this.threads.open(conversation, stream)
    if (thread.cursor === undefined && seq === 1) thread.place(0)
    return thread
  }

  /** Threads an agent read while they waited go when they neither wait nor are the agent's. */
  #dropPreviews(): void {
    if (this.isVisitor()) return
    const waiting = new Set(this.people.queue.conversations.map(({ id }) => id))
    for (const { conversation } of this.threads.all().values()) {
      if (!waiting.has(conversation) && this.people.get(conversation) === undefined)
        this.threads.drop(conversation)
    }
  }

  #isMine({ from }: Pick<MessageInPage, 'from'>): boolean {
    const { you } = this.people
    return you !== undefined && from.id === you.id && from.role === you.role
  }
}

function unknownConversation(id: string): ConversationSummary {
  return { id, head: 0, state: 'queued', epoch: 0, owner: null, read: { visitor: 0, agent: 0 } }
}
