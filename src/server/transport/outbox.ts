import type { Socket } from 'node:net'
import { SocketWriter } from '../../core/socket-writer.ts'
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

/** What all outboxes share. */
export type OutboxPorts = {
  readonly flusher: Flusher
  /** So much may wait for a client before it counts as not reading; read at each flush: it may change. */
  readonly outboxBytes: number
}

/** Told once, when more waits than may. It may still close the outbox with a last frame; nothing else is written any more. */
export type OutboxOwner = { readonly overflowed: () => void }

/** What waits to be written to one socket, bounded: its owner cuts off a client that does not read. */
export class Outbox {
  readonly #writer: SocketWriter
  readonly #ports: OutboxPorts
  readonly #owner: OutboxOwner
  #held = ''
  #closed = false

  constructor(socket: Socket, ports: OutboxPorts, owner: OutboxOwner) {
    this.#writer = new SocketWriter(socket)
    this.#ports = ports
    this.#owner = owner
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
    if (first) this.#ports.flusher.add(this)
  }

  flush(): void {
    if (this.#held.length === 0) return
    this.#put()
    if (this.#closed || this.#writer.unsent <= this.#ports.outboxBytes) return
    this.#owner.overflowed()
    this.#closed = true
  }

  /** Writes what is held, then this last frame, and nothing after it. */
  close(last = ''): void {
    if (this.#closed) return
    this.#closed = true
    this.#held += last
    this.#put()
  }

  /** Writes nothing more, not even what is held. */
  abandon(): void {
    this.#held = ''
    this.#closed = true
  }

  #put(): void {
    const bytes = this.#held
    this.#held = ''
    if (bytes.length > 0) this.#writer.write(bytes)
  }
}
