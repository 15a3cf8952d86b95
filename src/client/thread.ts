import type { Message, MessageInPage, Page, StreamName } from '../protocol/frames.ts'
import type { PendingMessage, Thread, ThreadMessage } from './contract.ts'

/** Frames that came before their turn are kept up to this many; the rest comes by a page. */
const aheadLimit = 512
/** Old messages are let go in strides, so that it costs nothing per message. */
const trimStride = 64

/**
 * One stream of one conversation as the client holds it: the messages of the contiguous interval [low..cursor].
 * A seq at or below the cursor is known, the next one is applied, a larger one waits for those between.
 * `heard` is the largest seq known to exist; a cursor below it means that a page has to be pulled.
 */
export class ThreadModel {
  readonly conversation: string
  readonly stream: StreamName
  /** Last seq held; undefined until a head or a page places the thread. */
  cursor: number | undefined
  /** First seq held; cursor + 1 while nothing is. */
  low = 1
  heard = 0
  wantOlder = false
  /**
   * Resumed behind the head: the server counts only what its pages bring, until one meets the head, and sends nothing live
   * before. So acks and stray frames wait too, or the two would disagree on where the next page begins.
   */
  catchingUp = false
  #messages: ThreadMessage[] = []
  readonly #ahead = new Map<number, ThreadMessage>()
  #exhausted = false
  readonly #keep: number
  #view: Thread | undefined
  #viewMessages: readonly ThreadMessage[] | undefined

  constructor(conversation: string, stream: StreamName, keep: number) {
    this.conversation = conversation
    this.stream = stream
    this.#keep = keep
  }

  get behind(): boolean {
    return this.cursor === undefined || this.cursor < this.heard
  }

  get complete(): boolean {
    return this.#exhausted || (this.cursor !== undefined && this.low <= 1)
  }

  /** Live frames begin after `head`; what is older is pulled with `before`. */
  place(head: number): void {
    this.cursor = head
    this.low = head + 1
    this.hear(head)
    this.changed()
  }

  hear(seq: number): void {
    if (seq <= this.heard) return
    this.heard = seq
    this.changed()
  }

  /** A live frame or one's own ack; returns what it brought into its place, in order. */
  add(message: ThreadMessage): readonly ThreadMessage[] {
    this.hear(message.seq)
    if (this.cursor !== undefined && message.seq <= this.cursor) return []
    if (this.#ahead.size < aheadLimit || message.seq === (this.cursor ?? Number.NaN) + 1) {
      this.#ahead.set(message.seq, message)
    }
    return this.#settle()
  }

  /** A page of any bound, late ones too: what does not join the interval is left out. Returns the newly applied newer ones. */
  addPage(page: Page, mine: (message: MessageInPage) => boolean): readonly ThreadMessage[] {
    const messages = page.messages.map((message) => ({ ...message, mine: mine(message) }))
    this.hear(page.head)
    if (page.before !== undefined) this.#prepend(messages, page.before, page.head)
    const newer = page.before === undefined && this.cursor !== undefined ? this.#append(messages) : []
    if (this.cursor !== undefined && this.cursor >= page.head) this.catchingUp = false
    return [...newer, ...this.#settle()]
  }

  /** The content of a message is gone, its place stays. */
  retract(seq: number): void {
    const index = seq - this.low
    const message = this.#messages[index]
    if (message === undefined || message.body.kind === 'retracted') return
    this.#messages[index] = { ...message, body: { kind: 'retracted' } }
    this.#viewMessages = undefined
    this.changed()
  }

  changed(): void {
    this.#view = undefined
  }

  /** Keeps its identity while nothing changed, `pending` included. */
  view(pending: readonly PendingMessage[]): Thread {
    if (this.#view !== undefined && sameItems(this.#view.pending, pending)) return this.#view
    this.#viewMessages ??= [...this.#messages]
    this.#view = {
      conversation: this.conversation,
      stream: this.stream,
      messages: this.#viewMessages,
      pending,
      complete: this.complete,
      loadingOlder: this.wantOlder,
      behind: this.behind,
    }
    return this.#view
  }

  /** What waits ahead and now follows. */
  #settle(): readonly ThreadMessage[] {
    if (this.cursor === undefined || this.catchingUp || this.#ahead.size === 0) return []
    const following: ThreadMessage[] = []
    for (let seq = this.cursor + 1; ; seq++) {
      const next = this.#ahead.get(seq)
      if (next === undefined) break
      following.push(next)
    }
    return this.#append(following)
  }

  /** Those of the ascending `messages` that follow the cursor without a hole. */
  #append(messages: readonly ThreadMessage[]): readonly ThreadMessage[] {
    let cursor = this.cursor ?? 0
    const applied: ThreadMessage[] = []
    for (const message of messages) {
      if (message.seq !== cursor + 1) continue
      cursor = message.seq
      applied.push(message)
      this.#messages.push(message)
    }
    if (applied.length === 0) return applied
    this.cursor = cursor
    for (const seq of this.#ahead.keys()) if (seq <= cursor) this.#ahead.delete(seq)
    this.#trim()
    this.#viewMessages = undefined
    this.changed()
    return applied
  }

  #prepend(messages: readonly ThreadMessage[], before: number, head: number): void {
    const first = messages[0]
    const last = messages.at(-1)
    if (this.cursor === undefined) {
      this.place(last?.seq ?? head)
    }
    if (first === undefined || last === undefined) {
      if (before >= this.low) this.#exhausted = true
    } else if (last.seq >= this.low - 1 && first.seq < this.low) {
      this.#messages = [...messages.filter((message) => message.seq < this.low), ...this.#messages]
      this.low = first.seq
      this.#viewMessages = undefined
    }
    this.changed()
  }

  #trim(): void {
    const over = this.#messages.length - this.#keep
    if (over <= trimStride) return
    this.#messages.splice(0, over)
    this.low += over
    this.#exhausted = false
  }
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

export function messageOf(frame: Message, mine: boolean): ThreadMessage {
  return { seq: frame.seq, id: frame.id, from: frame.from, body: frame.body, at: frame.at, mine }
}
