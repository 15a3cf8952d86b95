import type { MessageInPage } from '../../protocol/frames.ts'
import type { MessageIds } from './message-id.ts'
import { DeliveryLog, deliveriesFrom } from './message-log.ts'
import type { Pages } from './pages.ts'
import type { Visitor } from './visitor.ts'

/** Reads conversations from their beginning after a run, and notes under which seq the store has each message. */
export class Reader {
  /** Visitors' messages, all of this generator. */
  readonly stored = new DeliveryLog()
  /** Agents' answers, by the generator they came from. */
  readonly answers = new Map<number, DeliveryLog>()
  /** 1 for each visitor whose conversation was read to its end. */
  readonly read: Uint8Array
  asked = 0
  complete = 0
  readonly #ids: MessageIds
  readonly #pages: Pages

  constructor(ids: MessageIds, pages: Pages, visitors: number) {
    this.#ids = ids
    this.#pages = pages
    this.read = new Uint8Array(visitors)
  }

  /** Reads the conversations of all who have one and are connected, some at a time; `done` is called once, also when `expired`. */
  readAll(visitors: readonly Visitor[], expired: () => boolean, done: () => void): void {
    const readable = visitors.filter(({ stage, conversation }) => stage === 'ready' && conversation !== '')
    this.asked = readable.length
    let next = 0
    let underWay = 0
    const more = (): void => {
      while (next < readable.length && underWay < mostUnderWay && !expired()) {
        const visitor = readable[next]
        next += 1
        if (visitor === undefined) continue
        underWay += 1
        this.#begin(visitor, () => {
          underWay -= 1
          more()
        })
      }
      if (underWay === 0) done()
    }
    more()
  }

  #begin(visitor: Visitor, ended: () => void): void {
    this.#pages.pull(visitor, 0, this.#take, (complete) => {
      if (complete) {
        this.read[visitor.number] = 1
        this.complete += 1
      }
      ended()
    })
  }

  readonly #take = (message: MessageInPage): void => {
    if (message.from.role === 'system' || !this.#ids.read(Buffer.from(message.id), 0)) return
    const { agent, generator, index } = this.#ids.last
    const log = agent ? deliveriesFrom(this.answers, generator) : this.stored
    log.add(index, message.seq)
  }
}

const mostUnderWay = 64
