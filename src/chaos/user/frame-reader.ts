import { opcodes } from './masked.ts'

/** What a reader hands on. Byte ranges are valid only during the call: the buffer is shared and will be overwritten. */
export type FrameSink = {
  readonly text: (bytes: Buffer, start: number, end: number) => void
  readonly ping: (payload: Buffer) => void
  /** The peer's close frame; 1005 when it carried no code. */
  readonly closing: (code: number, reason: string) => void
  /** The bytes break RFC 6455; nothing more is read. */
  readonly broken: (message: string) => void
}

const largestMessage = 16 * 1024 * 1024

/**
 * Reads a server's frames (RFC 6455, 5.2) from chunks cut anywhere. Whole frames are handed on from the chunk itself,
 * uncopied; only what is cut off at its end is kept.
 */
export class FrameReader {
  readonly #sink: FrameSink
  #kept: Buffer | undefined
  #fragments: Buffer[] | undefined
  #fragmentBytes = 0
  #dead = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Bytes `start..end` of `chunk` arrived. */
  push(chunk: Buffer, start: number, end: number): void {
    if (this.#kept === undefined) {
      const rest = this.#read(chunk, start, end)
      if (rest < end && !this.#dead) this.#kept = Buffer.from(chunk.subarray(rest, end))
      return
    }
    const joined = Buffer.concat([this.#kept, chunk.subarray(start, end)])
    this.#kept = undefined
    const rest = this.#read(joined, 0, joined.length)
    if (rest < joined.length && !this.#dead) this.#kept = joined.subarray(rest)
  }

  // Returns where the first incomplete frame begins.
  #read(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (end - at >= 2 && !this.#dead) {
      const first = bytes[at] ?? 0
      const second = bytes[at + 1] ?? 0
      if ((first & 0x70) !== 0) return this.#fail('a reserved bit is set', end)
      if ((second & 0x80) !== 0) return this.#fail("a server's frame is masked", end)
      let length = second & 0x7f
      let head = 2
      if (length === 126) {
        if (end - at < 4) return at
        length = bytes.readUInt16BE(at + 2)
        head = 4
      } else if (length === 127) {
        if (end - at < 10) return at
        length = Number(bytes.readBigUInt64BE(at + 2))
        head = 10
      }
      if (length > largestMessage)
        return this.#fail(`a frame of ${length} bytes (bound ${largestMessage})`, end)
      const from = at + head
      const to = from + length
      if (to > end) return at
      if (first === (0x80 | opcodes.text) && this.#fragments === undefined) this.#sink.text(bytes, from, to)
      else this.#uncommon(first, bytes, from, to)
      at = to
    }
    return at
  }

  #uncommon(first: number, bytes: Buffer, from: number, to: number): void {
    const final = (first & 0x80) !== 0
    const opcode = first & 0x0f
    if (opcode >= opcodes.close) {
      if (!final || to - from > 125) this.#fail('a control frame is fragmented or too long', to)
      else this.#control(opcode, bytes, from, to)
      return
    }
    if (opcode === opcodes.continuation) {
      if (this.#fragments === undefined) {
        this.#fail('a continuation without a beginning', to)
        return
      }
      this.#fragmentBytes += to - from
      if (this.#fragmentBytes > largestMessage) {
        this.#fail(`a message over ${largestMessage} bytes`, to)
        return
      }
      this.#fragments.push(Buffer.from(bytes.subarray(from, to)))
      if (!final) return
      const whole = Buffer.concat(this.#fragments)
      this.#fragments = undefined
      this.#sink.text(whole, 0, whole.length)
      return
    }
    if (opcode === opcodes.text && this.#fragments === undefined) {
      this.#fragments = [Buffer.from(bytes.subarray(from, to))]
      this.#fragmentBytes = to - from
      return
    }
    this.#fail(
      opcode === opcodes.text
        ? 'a new message inside a fragmented one'
        : `opcode ${opcode}; text was expected`,
      to,
    )
  }

  #control(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (opcode === opcodes.ping) this.#sink.ping(Buffer.from(bytes.subarray(from, to)))
    else if (opcode === opcodes.close) {
      const code = to - from >= 2 ? bytes.readUInt16BE(from) : 1005
      this.#sink.closing(code, to - from > 2 ? bytes.toString('utf8', from + 2, to) : '')
    } else if (opcode !== opcodes.pong) this.#fail(`opcode ${opcode} is reserved`, to)
  }

  #fail(message: string, end: number): number {
    this.#dead = true
    this.#sink.broken(message)
    return end
  }
}
