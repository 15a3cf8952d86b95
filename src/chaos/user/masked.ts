/**
 * Client frames of RFC 6455, built once and reused.
 *
 * NOTE: the mask is real. A zero key is legal, but `ws` skips unmasking for it, and the server under test would be measured
 * without work that every browser's frame costs it.
 */

const mask = [0x5a, 0xc3, 0x17, 0x9e] as const

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A whole, final, masked frame with `payload`. */
export function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const head = payload.length < 126 ? 6 : payload.length < 65_536 ? 8 : 14
  const frame = Buffer.allocUnsafe(head + payload.length)
  frame[0] = 0x80 | opcode
  if (head === 6) {
    frame[1] = 0x80 | payload.length
  } else if (head === 8) {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(payload.length, 2)
  } else {
    frame[1] = 0x80 | 127
    frame.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  for (let i = 0; i < 4; i++) frame[head - 4 + i] = maskByte(i)
  for (let i = 0; i < payload.length; i++) frame[head + i] = (payload[i] ?? 0) ^ maskByte(i)
  return frame
}

/** A masked text frame of `text`. */
export function textFrame(text: string): Buffer {
  return maskedFrame(opcodes.text, Buffer.from(text, 'utf8'))
}

/**
 * A text frame whose 36 bytes at one place change from send to send. `bytes` may be given to `socket.write` at once after
 * `put`; when the socket did not take it synchronously, call `renew` before the next `put`, since the socket still holds it.
 */
export class FrameTemplate {
  bytes: Buffer
  readonly #at: number
  readonly #phase: number

  /** `text` is the whole payload; `slot` occurs in it once and has 36 ASCII characters. */
  constructor(text: string, slot: string) {
    const place = Buffer.from(text.slice(0, text.indexOf(slot)), 'utf8').length
    this.bytes = textFrame(text)
    this.#at = this.bytes.length - Buffer.byteLength(text) + place
    this.#phase = place & 3
  }

  /** Writes 36 ASCII bytes of `id` into the slot, masked. */
  put(id: Uint8Array): void {
    const bytes = this.bytes
    const at = this.#at
    const phase = this.#phase
    for (let i = 0; i < 36; i++) bytes[at + i] = (id[i] ?? 0) ^ maskByte(phase + i)
  }

  renew(): void {
    this.bytes = Buffer.from(this.bytes)
  }
}

function maskByte(i: number): number {
  return mask[(i & 3) as 0 | 1 | 2 | 3]
}
