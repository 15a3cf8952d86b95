import type { Page } from '../../protocol/frames.ts'
import { textFrame } from '../user/masked.ts'
import type { MessageIds } from './message-id.ts'
import { DeliveryLog, deliveriesFrom } from './message-log.ts'
import type { Visitor } from './visitors.ts'

/** Reads conversations from their beginning after a run, and notes under which seq the store has each message. */
export class Reader {
  /** Visitors' messages, all of this generator. */
  readonly stored = new DeliveryLog()
  /** Agents' answers, by the generator they came from. */
  readonly answers = new Map<number, DeliveryLog>()
  /** 1 for each visitor whose conversation was read to its end. */
  readonly read: Uint8Array
  /** Holes, and pages that do not follow each other. */
  disorder = 0
  readonly #ids: MessageIds
  readonly #under = new Map<Visitor, Reading>()

  constructor(ids: MessageIds, visitors: number) {
    this.#ids = ids
    this.read = new Uint8Array(visitors)
  }

  /** Reads all of `visitor`'s conversation; `done` is called at its end, or when the connection is lost. */
  begin(visitor: Visitor, done: (complete: boolean) => void): void {
    this.#under.set(visitor, { after: 0, askAgainAt: Number.POSITIVE_INFINITY, done })
    ask(visitor, 0)
  }

  page(visitor: Visitor, page: Page): void {
    const reading = this.#under.get(visitor)
    if (reading === undefined) return
    for (const message of page.messages) {
      if (message.seq !== reading.after + 1) this.disorder += 1
      reading.after = message.seq
      if (message.from.role === 'system' || !this.#ids.read(Buffer.from(message.id), 0)) continue
      const { agent, generator, index } = this.#ids.last
      const log = agent ? deliveriesFrom(this.answers, generator) : this.stored
      log.add(index, message.seq)
    }
    if (page.messages.length > 0 && reading.after < page.head) {
      ask(visitor, reading.after)
      return
    }
    if (reading.after < page.head) this.disorder += 1
    this.read[visitor.number] = 1
    this.#end(visitor, true)
  }

  /** The server refused something of `visitor` that had no id: a page, if one was asked for. It is asked for again a little later. */
  refused(visitor: Visitor, now: number): void {
    const reading = this.#under.get(visitor)
    if (reading !== undefined) reading.askAgainAt = now + askAgainMs
  }

  /** Asks again what was refused; call it every few tens of milliseconds. */
  tend(now: number): void {
    for (const [visitor, reading] of this.#under) {
      if (now < reading.askAgainAt) continue
      reading.askAgainAt = Number.POSITIVE_INFINITY
      ask(visitor, reading.after)
    }
  }

  lost(visitor: Visitor): void {
    this.#end(visitor, false)
  }

  #end(visitor: Visitor, complete: boolean): void {
    const reading = this.#under.get(visitor)
    this.#under.delete(visitor)
    reading?.done(complete)
  }
}

type Reading = { after: number; askAgainAt: number; readonly done: (complete: boolean) => void }

const pageSize = 200
const askAgainMs = 250

function ask(visitor: Visitor, after: number): void {
  const { conversation } = visitor
  visitor.socket?.send(textFrame(JSON.stringify({ type: 'history', conversation, after, limit: pageSize })))
}
