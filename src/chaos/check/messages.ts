import { readUuid, writeUuid } from '../../core/uuid.ts'

/** What else is known of a message, as bits of `flags`. */
export const flag = { internal: 1, command: 2, readBack: 4, reported: 8, moved: 16 } as const

/**
 * All messages of a history by number, in growing columns: some 70 bytes each, so that ten million fit, and no object each.
 * Whatever bears an id is here, events of the desk and what nobody sent included.
 */
export class Messages {
  count = 0
  /** Number of the client that sent it; -1: nobody did, as far as is known. */
  client = new Int32Array(initial)
  invokeLine = new Uint32Array(initial)
  /** The client's connection that it was first sent on; 0: none yet. */
  connection = new Uint32Array(initial)
  /** Of the first attempt; of the first sighting where there was none. */
  hash = new Float64Array(initial)
  /** -1: none was named. */
  epoch = new Int32Array(initial)
  /** Number of the conversation named by the sender; -1: none was. */
  conversation = new Int32Array(initial)
  /** The first place it was found at, or acked at. */
  stream = new Int32Array(initial)
  seq = new Float64Array(initial)
  /** Line of the first ack; 0: none. */
  ackLine = new Uint32Array(initial)
  flags = new Uint8Array(initial)
  readonly #ids = new IdTable()

  /** -1: not known. */
  find(id: string): number {
    return this.#ids.find(id)
  }

  /** The number of `id`, given now if it is new. */
  intern(id: string): number {
    const message = this.#ids.intern(id)
    if (message < this.count) return message
    if (message === this.client.length) this.#grow()
    this.count = message + 1
    this.client[message] = -1
    this.epoch[message] = -1
    this.conversation[message] = -1
    this.stream[message] = -1
    return message
  }

  /** Whether that is its id: cheaper than to find it. */
  is(message: number, id: string): boolean {
    return this.#ids.is(message, id)
  }

  id(message: number): string {
    return this.#ids.id(message)
  }

  has(message: number, bit: number): boolean {
    return ((this.flags[message] ?? 0) & bit) !== 0
  }

  mark(message: number, bit: number): void {
    this.flags[message] = (this.flags[message] ?? 0) | bit
  }

  #grow(): void {
    const size = this.client.length * 2
    this.client = copied(new Int32Array(size), this.client)
    this.invokeLine = copied(new Uint32Array(size), this.invokeLine)
    this.connection = copied(new Uint32Array(size), this.connection)
    this.hash = copied(new Float64Array(size), this.hash)
    this.epoch = copied(new Int32Array(size), this.epoch)
    this.conversation = copied(new Int32Array(size), this.conversation)
    this.stream = copied(new Int32Array(size), this.stream)
    this.seq = copied(new Float64Array(size), this.seq)
    this.ackLine = copied(new Uint32Array(size), this.ackLine)
    this.flags = copied(new Uint8Array(size), this.flags)
  }
}

const initial = 1 << 10

export function copied<T extends { set: (from: T) => void }>(to: T, from: T): T {
  to.set(from)
  return to
}

/** Ids to numbers from 0 and back. UUIDs, which is nearly all of them, take 24 bytes; any other text is kept as it is. */
class IdTable {
  #count = 0
  /** Four words each. */
  #words = new Uint32Array(4 * initial)
  /** Open addressing: number + 1 of who stands there, 0 where nobody does. Never more than half full. */
  #slots = new Uint32Array(4 * initial)
  readonly #texts = new Map<string, number>()
  readonly #byNumber = new Map<number, string>()
  readonly #bytes = new Uint8Array(16)
  readonly #key = new Uint32Array(this.#bytes.buffer)

  find(id: string): number {
    if (!writeUuid(id, this.#bytes, 0)) return this.#texts.get(id) ?? -1
    return (this.#slots[this.#slotOf(this.#key, 0)] ?? 0) - 1
  }

  intern(id: string): number {
    if (!writeUuid(id, this.#bytes, 0)) return this.#internText(id)
    const slot = this.#slotOf(this.#key, 0)
    const known = this.#slots[slot] ?? 0
    if (known > 0) return known - 1
    const number = this.#next()
    this.#words.set(this.#key, 4 * number)
    this.#slots[slot] = number + 1
    if (2 * this.#count > this.#slots.length) this.#spread()
    return number
  }

  is(number: number, id: string): boolean {
    if (!writeUuid(id, this.#bytes, 0)) return this.#byNumber.get(number) === id
    const at = 4 * number
    return (
      this.#words[at + 3] === this.#key[3] &&
      this.#words[at + 2] === this.#key[2] &&
      this.#words[at + 1] === this.#key[1] &&
      this.#words[at] === this.#key[0]
    )
  }

  id(number: number): string {
    const text = this.#byNumber.get(number)
    if (text !== undefined) return text
    this.#key.set(this.#words.subarray(4 * number, 4 * number + 4))
    return readUuid(this.#bytes, 0)
  }

  #internText(id: string): number {
    const known = this.#texts.get(id)
    if (known !== undefined) return known
    const number = this.#next()
    this.#texts.set(id, number)
    this.#byNumber.set(number, id)
    return number
  }

  #next(): number {
    const number = this.#count++
    if (4 * number === this.#words.length) this.#words = copied(new Uint32Array(8 * number), this.#words)
    return number
  }

  /** Where the id at `at` of `words` stands, or would. */
  #slotOf(words: Uint32Array, at: number): number {
    const [a, b, c, d] = [words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0]
    const mask = this.#slots.length - 1
    let slot = mixed(a, b, c, d) & mask
    for (;;) {
      const number = (this.#slots[slot] ?? 0) - 1
      if (number < 0) return slot
      const base = 4 * number
      if (
        this.#words[base] === a &&
        this.#words[base + 1] === b &&
        this.#words[base + 2] === c &&
        this.#words[base + 3] === d
      )
        return slot
      slot = (slot + 1) & mask
    }
  }

  #spread(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length)
    for (let number = 0; number < this.#count; number++) {
      // Texts have no words.
      if (this.#byNumber.size > 0 && this.#byNumber.has(number)) continue
      this.#slots[this.#slotOf(this.#words, 4 * number)] = number + 1
    }
  }
}

function mixed(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 15) ^ c, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ d, 0x27d4eb2f)
  return (hash ^ (hash >>> 16)) >>> 0
}
