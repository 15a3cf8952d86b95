import type { Socket } from 'node:net'
import { textFrame } from './frame.ts'

/** One write per socket per turn: outboxes with something in them, written together. */
export class Flusher {
  readonly #monotonic: () => number
  #dirty: Outbox[] = []
  #since = 0
  #scheduled = false

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  add(outbox: Outbox): void {
    if (this.#dirty.length === 0) this.#since = this.#monotonic()
    this.#dirty.push(outbox)
    // NOTE: with thousands of sockets ready, libuv may serve them for a second before setImmediate: hence size and age.
    if (this.#dirty.length >= flushAtOutboxes || this.#monotonic() - this.#since >= flushAfterMs) this.flush()
    else if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.flush()
      })
    }
  }

  flush(): void {
    const dirty = this.#dirty
    if (dirty.length === 0) return
    this.#dirty = []
    for (const outbox of dirty) outbox.flush()
  }
}

const flushAtOutboxes = 512
const flushAfterMs = 2

/**
 * What waits to be written to one socket, bounded: a client that does not read is cut off by `onOverflow`, with a code
 * that lets it come back and resume.
 */
export class Outbox {
  readonly #socket: Socket
  readonly #flusher: Flusher
  readonly #maxBytes: number
  readonly #onOverflow: () => void
  #held = ''
  #closed = false

  constructor(socket: Socket, flusher: Flusher, maxBytes: number, onOverflow: () => void) {
    this.#socket = socket
    this.#flusher = flusher
    this.#maxBytes = maxBytes
    this.#onOverflow = onOverflow
  }

  /** A frame's JSON. */
  write(json: string): void {
    this.writeFrame(textFrame(json))
  }

  /** A whole frame as a binary string. */
  writeFrame(frame: string): void {
    if (this.#closed) return
    const first = this.#held.length === 0
    this.#held += frame
    if (first) this.#flusher.add(this)
  }

  flush(): void {
    if (this.#held.length === 0) return
    const bytes = this.#held
    this.#held = ''
    if (this.#closed || !this.#socket.writable) return
    this.#socket.write(bytes, 'latin1')
    if (this.#socket.writableLength > this.#maxBytes) {
      this.#closed = true
      this.#onOverflow()
    }
  }

  /** Writes nothing more, not even what is held: something else has ended the stream. */
  abandon(): void {
    this.#held = ''
    this.#closed = true
  }

  /** Writes what is held, and nothing after it. */
  close(): void {
    this.flush()
    this.#closed = true
  }
}
