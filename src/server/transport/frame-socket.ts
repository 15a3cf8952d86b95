import type { Socket } from 'node:net'
import { wireLimits } from '../../protocol/limits.ts'
import { adopt, feed, type Receiver } from './adopt.ts'
import { closeFrame, pingFrame, pongFrame } from './frame.ts'
import { type FrameFailure, type FrameHandler, FrameReader } from './frame-reader.ts'
import { Outbox, type OutboxOwner, type OutboxPorts } from './outbox.ts'
import type { Workspace } from './workspace.ts'

export type FrameSocketPorts = OutboxPorts & {
  readonly after: (delayMs: number, task: () => void) => () => void
  /** The largest message a client may send; read once for each socket. 64 KiB when absent. */
  readonly frameBytes?: number
}

export type FrameSocketOwner = {
  readonly text: (text: string) => void
  /** A ping or a pong came. */
  readonly sign: () => void
  /** More waits than may: the client does not read. */
  readonly overflowed: () => void
  /** Told once: no more text comes, and none goes. */
  readonly closed: () => void
  /** Told once, behind `closed`: the socket itself is gone. */
  readonly gone: () => void
}

/** From a close frame of ours to the end of the socket. A client that does not read has as long to take what waits for it. */
const closeWithinMs = 10_000
// Shared by all sockets of one bound: an object each would be 32 bytes a socket.
let bounds = { messageBytes: wireLimits.frame_bytes, fragments: 64 }

function boundsOf(messageBytes: number): typeof bounds {
  if (bounds.messageBytes !== messageBytes) bounds = { ...bounds, messageBytes }
  return bounds
}

/**
 * A server's side of a WebSocket (RFC 6455, 5 to 7) on an upgraded socket: text, pings answered, the closing handshake.
 *
 * | state   | close()             | a close frame    | a failure        | their end | then          |
 * |---------|---------------------|------------------|------------------|-----------|---------------|
 * | open    | close frame→closing | its echo→ending  | its code→ending  | →ending   |               |
 * | closing |                     | →ending          | →ending          | →ending   | 10 s → reset  |
 * | ending  |                     |                  |                  |           | 10 s → reset  |
 *
 * `ending` has sent our end and waits for theirs.
 */
export class FrameSocket implements Receiver, FrameHandler, OutboxOwner {
  readonly #socket: Socket
  readonly #owner: FrameSocketOwner
  readonly #after: FrameSocketPorts['after']
  readonly #outbox: Outbox
  readonly #reader: FrameReader
  #state: 'open' | 'closing' | 'ending' = 'open'
  #cancelDeadline: (() => void) | undefined = undefined

  constructor(socket: Socket, ports: FrameSocketPorts, owner: FrameSocketOwner) {
    this.#owner = owner
    this.#after = ports.after
    this.#reader = new FrameReader(this, boundsOf(ports.frameBytes ?? wireLimits.frame_bytes))
    this.#socket = adopt(socket, this)
    this.#outbox = new Outbox(this.#socket, ports, this)
  }

  /** `accept` is the answer to the handshake, `head` what came behind it. */
  open(accept: string, head: Buffer): void {
    this.#socket.setNoDelay(true)
    this.#socket.write(accept, 'latin1')
    feed(this.#socket, head)
  }

  /** What a message of this client's may have. */
  get frameBytes(): number {
    return this.#reader.messageBytes
  }

  get peer(): string | undefined {
    return this.#socket.remoteAddress
  }

  /** A text message. */
  write(text: string): void {
    this.#outbox.write(text)
  }

  sendPing(): void {
    this.#outbox.writeFrame(pingFrame)
  }

  /** Begins the closing handshake. */
  close(code: number, reason: string): void {
    if (this.#state === 'open') this.#finish('closing', closeFrame(code, reason))
  }

  /** Ends the socket at once; what waits in it is dropped. */
  destroy(): void {
    this.#socket.resetAndDestroy()
  }

  received(chunk: Workspace, length: number): void {
    this.#reader.read(chunk, length)
  }

  ended(): void {
    this.#finish('ending')
  }

  gone(): void {
    this.#finish('ending')
    this.#cancelDeadline?.()
    this.#owner.gone()
  }

  text(text: string): void {
    if (this.#state === 'open') this.#owner.text(text)
  }

  ping(payload: string): void {
    this.#owner.sign()
    this.#outbox.writeFrame(pongFrame(payload))
  }

  pong(): void {
    this.#owner.sign()
  }

  closing(code: number, reason: string): void {
    this.#finish('ending', closeFrame(code === 1005 ? undefined : code, reason))
  }

  failed({ code, reason }: FrameFailure): void {
    this.#finish('ending', closeFrame(code, reason))
  }

  overflowed(): void {
    this.#owner.overflowed()
  }

  #finish(state: 'closing' | 'ending', last?: string): void {
    const before = this.#state
    if (before === 'ending') return
    this.#state = state
    this.#outbox.close(last)
    if (state === 'ending') this.#socket.end()
    if (before !== 'open') return
    this.#cancelDeadline = this.#after(closeWithinMs, () => {
      this.destroy()
    })
    this.#owner.closed()
  }
}
