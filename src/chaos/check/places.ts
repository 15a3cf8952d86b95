import type { Stream as StreamKind } from './history.ts'
import { copied } from './messages.ts'

/** One stream of one conversation, within one incarnation of the store. */
export class Stream {
  readonly index: number
  /** Number of the conversation; both of its streams have it. */
  readonly conversation: number
  readonly name: string
  readonly kind: StreamKind
  readonly incarnation: number
  /** The largest seq that was acked, and the line of that ack. */
  maxAcked = 0
  maxAckedLine = 0
  /** The largest seq acked before the mark, and which mark that is. */
  ackedBefore = 0
  mark = 0
  /** How far it was read back, by whoever. */
  readUpTo = 0
  /** Numbers of its pages of places, by seq. */
  readonly pages: number[] = []

  constructor(index: number, conversation: number, name: string, kind: StreamKind, incarnation: number) {
    this.index = index
    this.conversation = conversation
    this.name = name
    this.kind = kind
    this.incarnation = incarnation
  }

  toString(): string {
    return `${this.name}/${this.kind}`
  }
}

/** Which message stands at each seq of each stream, and the first line that says so: 8 bytes a place. */
export class Places {
  #messages = new Uint32Array(pageSize * 64)
  #lines = new Uint32Array(pageSize * 64)
  #pages = 0

  /** The place's number; `message` takes it if nobody has it yet. */
  occupy(stream: Stream, seq: number, message: number, line: number): number {
    const index = Math.floor((seq - 1) / pageSize)
    const place = this.#page(stream, index) * pageSize + (seq - 1 - index * pageSize)
    if (this.#messages[place] === 0) {
      this.#messages[place] = message + 1
      this.#lines[place] = line
    }
    return place
  }

  /** The place's number, or -1 where nobody stands. */
  find(stream: Stream, seq: number): number {
    const index = Math.floor((seq - 1) / pageSize)
    const page = stream.pages[index]
    if (page === undefined) return -1
    const place = page * pageSize + (seq - 1 - index * pageSize)
    return this.#messages[place] === 0 ? -1 : place
  }

  messageAt(place: number): number {
    return (this.#messages[place] ?? 0) - 1
  }

  lineAt(place: number): number {
    return this.#lines[place] ?? 0
  }

  /** Every place that is taken, from the highest seq down. */
  descending(stream: Stream, visit: (seq: number, message: number) => void): void {
    // By keys: a forged seq may leave a hole as wide as the numbers are.
    for (const key of Object.keys(stream.pages).reverse()) {
      const first = (stream.pages[Number(key)] ?? 0) * pageSize
      for (let offset = pageSize - 1; offset >= 0; offset--) {
        const message = this.messageAt(first + offset)
        if (message >= 0) visit(Number(key) * pageSize + offset + 1, message)
      }
    }
  }

  #page(stream: Stream, index: number): number {
    const known = stream.pages[index]
    if (known !== undefined) return known
    const page = this.#pages++
    stream.pages[index] = page
    if (this.#pages * pageSize > this.#messages.length) {
      const size = 2 * this.#messages.length
      this.#messages = copied(new Uint32Array(size), this.#messages)
      this.#lines = copied(new Uint32Array(size), this.#lines)
    }
    return page
  }
}

const pageSize = 16
