/**
 * The client ids of load: valid UUIDv7s that carry what a receiver in another process needs, so that delivery is timed and
 * matched without asking the sender.
 *
 *     tttttttt-tttt-7fff-Knnn-ggiiiiiiwwww
 *     t  the intended instant, milliseconds since the epoch; f its 4,096ths (RFC 9562, 6.2, method 3)
 *     K  8 a visitor's message, 9 an agent's answer     n  the run     g  the generator     i  the message     w  who sent it
 */
export type MessageId = {
  /** The intended instant in milliseconds on the run's clock. */
  readonly intended: number
  readonly kind: 'visitor' | 'agent'
  readonly generator: number
  readonly index: number
  readonly who: number
}

export const idLength = 36
/** Most messages one generator can number. */
export const maxMessages = 1 << 24
/** Most visitors of one generator. */
export const maxUsers = 1 << 16

const digits = Buffer.from('0123456789abcdef')
const values = new Uint8Array(256).fill(255)
for (let i = 0; i < 16; i++) values[digits[i] ?? 0] = i
const dash = 0x2d
const visitorDigit = 8
const agentDigit = 9

/** Writes and reads the ids of one run. `base` is what the run's clock calls zero, in milliseconds since the epoch. */
export class MessageIds {
  /** The last id written, as ASCII. */
  readonly bytes = Buffer.alloc(idLength, dash)
  /** The last id read. */
  readonly last = { intended: 0, agent: false, generator: 0, index: 0, who: 0 }
  readonly #base: number
  readonly #run: number

  constructor(base: number, run: number) {
    this.#base = base
    this.#run = run & 0xfff
  }

  write(agent: boolean, intended: number, generator: number, index: number, who: number): Buffer {
    const at = this.#base + intended
    const ms = Math.floor(at)
    const fraction = Math.floor((at - ms) * 4096)
    const high = Math.floor(ms / 65_536)
    this.#put(0, 8, high)
    this.#put(9, 4, ms - high * 65_536)
    this.bytes[14] = 0x37
    this.#put(15, 3, fraction)
    this.#put(19, 4, ((agent ? agentDigit : visitorDigit) << 12) | this.#run)
    this.#put(24, 2, generator)
    this.#put(26, 6, index)
    this.#put(32, 4, who)
    return this.bytes
  }

  /** Reads the id at `at` into `last`. False: not an id of this run. */
  read(bytes: Buffer, at: number): boolean {
    if (bytes[at + 14] !== 0x37 || bytes[at + 8] !== dash || bytes[at + 23] !== dash) return false
    const tail = get(bytes, at + 19, 4)
    const kind = tail >> 12
    if ((tail & 0xfff) !== this.#run || (kind !== visitorDigit && kind !== agentDigit)) return false
    const last = this.last
    last.agent = kind === agentDigit
    last.intended =
      get(bytes, at, 8) * 65_536 + get(bytes, at + 9, 4) - this.#base + get(bytes, at + 15, 3) / 4096
    last.generator = get(bytes, at + 24, 2)
    last.index = get(bytes, at + 26, 6)
    last.who = get(bytes, at + 32, 4)
    return true
  }

  #put(at: number, length: number, value: number): void {
    let rest = value
    for (let i = at + length - 1; i >= at; i--) {
      this.bytes[i] = digits[rest & 15] ?? 0
      rest = rest >>> 4
    }
  }
}

function get(bytes: Buffer, at: number, length: number): number {
  let value = 0
  for (let i = at; i < at + length; i++) value = value * 16 + (values[bytes[i] ?? 0] ?? 0)
  return value
}
