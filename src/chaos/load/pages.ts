import type { MessageInPage, Page } from '../../protocol/frames.ts'
import { textFrame } from '../user/masked.ts'
import type { Visitor } from './visitor.ts'

/** Pulls pages of visitors' conversations, one after the other to the head. */
export class Pages {
  /** Holes, and pages that do not follow each other. */
  disorder = 0
  readonly #under = new Map<Visitor, Pull>()

  /** Pulls what follows `after`; `done` is called at the end, or when the connection is lost. */
  pull(
    visitor: Visitor,
    after: number,
    take: (message: MessageInPage) => void,
    done: (complete: boolean) => void,
  ): void {
    this.#under.set(visitor, { after, askAgainAt: Number.POSITIVE_INFINITY, take, done })
    ask(visitor, after)
  }

  page(visitor: Visitor, page: Page): void {
    const pull = this.#under.get(visitor)
    if (pull === undefined || page.after !== pull.after) return
    for (const message of page.messages) {
      if (message.seq !== pull.after + 1) this.disorder += 1
      pull.after = message.seq
      pull.take(message)
    }
    if (page.messages.length > 0 && pull.after < page.head) {
      ask(visitor, pull.after)
      return
    }
    if (pull.after < page.head) this.disorder += 1
    this.#end(visitor, true)
  }

  /** The server refused something of `visitor` that had no id: a page, if one was asked for. It is asked for again a little later. */
  refused(visitor: Visitor, now: number): void {
    const pull = this.#under.get(visitor)
    if (pull !== undefined) pull.askAgainAt = now + askAgainMs
  }

  /** Asks again what was refused; call it every few tens of milliseconds. */
  tend(now: number): void {
    for (const [visitor, pull] of this.#under) {
      if (now < pull.askAgainAt) continue
      pull.askAgainAt = Number.POSITIVE_INFINITY
      ask(visitor, pull.after)
    }
  }

  lost(visitor: Visitor): void {
    this.#end(visitor, false)
  }

  #end(visitor: Visitor, complete: boolean): void {
    const pull = this.#under.get(visitor)
    this.#under.delete(visitor)
    pull?.done(complete)
  }
}

type Pull = {
  after: number
  askAgainAt: number
  readonly take: (message: MessageInPage) => void
  readonly done: (complete: boolean) => void
}

const pageSize = 200
const askAgainMs = 250

function ask(visitor: Visitor, after: number): void {
  const { conversation } = visitor
  visitor.socket?.send(textFrame(JSON.stringify({ type: 'history', conversation, after, limit: pageSize })))
}
