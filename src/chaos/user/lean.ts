import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { SocketWriter } from '../../core/socket-writer.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { maskedFrame, opcodes } from './masked.ts'

/** Where a lean user connects. */
export type LeanAddress = {
  readonly host: string
  readonly port: number
  /** Path and query of the upgrade request. */
  readonly path: string
  readonly subprotocol: string | undefined
  /** Source address; each has its own ephemeral ports. */
  readonly localAddress: string | undefined
}

/** One object serves all users of a kind, so that a socket costs no closures of its own. */
export type LeanHandler<User> = {
  readonly opened: (user: User) => void
  /** A text frame; the range is valid only during the call. */
  readonly text: (user: User, bytes: Buffer, start: number, end: number) => void
  /** Once, whatever ended it. `code` is the peer's close code, 1006 without one. */
  readonly closed: (user: User, code: number, reason: string) => void
}

// Any constant key will do: it guards against caches, not against people (RFC 6455, 1.3 and 4.2.2).
const key = Buffer.from('kf load socket 1').toString('base64')
const acceptAnswer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

// Reads of all sockets of a process go through one buffer: Node calls back before it reads the next.
const readBuffer = Buffer.alloc(64 * 1024)
const endOfHead = Buffer.from('\r\n\r\n')
const largestHead = 16 * 1024

// What a socket answers while it reads goes out in one write when it has read: one socket of a process reads at a time.
let outgoing = Buffer.allocUnsafe(64 * 1024)
let waiting = 0

/**
 * A WebSocket client stripped to what a load generator needs: raw `node:net`, prebuilt frames, one write for all that one
 * read brought about, no allocation per read. It costs a fraction of an ordinary client, so that the generator is not what
 * is measured.
 */
export class LeanSocket<User> {
  readonly #user: User
  readonly #handler: LeanHandler<User>
  readonly #socket: Socket
  readonly #writer: SocketWriter
  readonly #reader: FrameReader
  #state: 'handshake' | 'open' | 'closed' = 'handshake'
  #head: Buffer | undefined
  #reading = false
  #code = 1006
  #reason = ''

  constructor(user: User, address: LeanAddress, handler: LeanHandler<User>) {
    this.#user = user
    this.#handler = handler
    this.#reader = new FrameReader(this.#sink())
    this.#socket = connect({
      host: address.host,
      port: address.port,
      ...(address.localAddress === undefined ? {} : { localAddress: address.localAddress }),
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          this.#arrived(length)
          return true
        },
      },
    })
    this.#writer = new SocketWriter(this.#socket)
    this.#socket.on('error', (error) => {
      if (this.#reason === '') this.#reason = error.message
    })
    this.#socket.on('close', () => {
      this.#ended()
    })
    this.#socket.write(upgradeRequest(address))
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  /** Writes a masked frame. False: the socket still holds `frame`, so the caller must not change its bytes. */
  send(frame: Buffer): boolean {
    if (this.#state !== 'open') return true
    if (this.#reading) {
      if (waiting + frame.length > outgoing.length) this.#flush()
      if (frame.length <= outgoing.length) {
        outgoing.set(frame, waiting)
        waiting += frame.length
        return true
      }
    }
    this.#writer.write(frame)
    return this.#writer.unsent === 0
  }

  /** Reads nothing until `resume`: the peer's frames fill the kernel's buffers, and then the peer's own. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Says goodbye with code 1000 and ends the connection. */
  close(): void {
    if (this.#state === 'open') this.#socket.end(maskedFrame(opcodes.close, Buffer.from([0x03, 0xe8])))
    else this.#socket.destroy()
    this.#state = 'closed'
    this.#code = 1000
  }

  /** Ends the connection at once, without a word to the peer; `closed` is called with `reason` a little later. */
  destroy(reason = ''): void {
    this.#fail(reason)
  }

  #arrived(length: number): void {
    if (this.#state === 'handshake') this.#handshake(length)
    else if (this.#state === 'open') this.#read(readBuffer, 0, length)
  }

  #read(bytes: Buffer, start: number, end: number): void {
    this.#reading = true
    this.#reader.push(bytes, start, end)
    this.#flush()
    this.#reading = false
  }

  #flush(): void {
    if (waiting === 0) return
    if (this.#state !== 'open') {
      waiting = 0
      return
    }
    const frames = outgoing.subarray(0, waiting)
    waiting = 0
    this.#writer.write(frames)
    if (this.#writer.unsent > 0) outgoing = Buffer.allocUnsafe(outgoing.length)
  }

  #handshake(length: number): void {
    const arrived = readBuffer.subarray(0, length)
    const head = this.#head === undefined ? Buffer.from(arrived) : Buffer.concat([this.#head, arrived])
    const end = head.indexOf(endOfHead)
    if (end < 0) {
      this.#head = head
      if (head.length > largestHead) this.#fail('the answer to the upgrade has no end')
      return
    }
    this.#head = undefined
    const text = head.toString('latin1', 0, end)
    const [status = ''] = text.split('\r\n', 1)
    if (!`${status} `.startsWith('HTTP/1.1 101 ')) {
      this.#fail(`the upgrade was answered with "${printable(status.slice(0, 80))}"`)
    } else if (!text.includes(acceptAnswer)) {
      this.#fail('the upgrade was answered with another Sec-WebSocket-Accept')
    } else {
      this.#state = 'open'
      this.#handler.opened(this.#user)
      if (end + 4 < head.length) this.#read(head, end + 4, head.length)
    }
  }

  #sink(): FrameSink {
    return {
      text: (bytes, start, end) => {
        if (this.#state === 'open') this.#handler.text(this.#user, bytes, start, end)
      },
      ping: (payload) => {
        this.send(maskedFrame(opcodes.pong, payload))
      },
      closing: (code, reason) => {
        this.#code = code
        this.#reason = reason
        this.#flush()
        this.#state = 'closed'
        this.#socket.end(maskedFrame(opcodes.close, Buffer.from([code >>> 8, code & 0xff])))
      },
      broken: (message) => {
        this.#fail(message)
      },
    }
  }

  #fail(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    if (this.#reason === '') this.#reason = reason
    this.#socket.destroy()
  }

  #ended(): void {
    const early = this.#state === 'handshake' && this.#reason === ''
    this.#state = 'closed'
    this.#handler.closed(
      this.#user,
      this.#code,
      early ? 'the connection ended before the upgrade was answered' : this.#reason,
    )
  }
}

// What stands in a report must not steer a terminal.
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, '.')
}

function upgradeRequest(address: LeanAddress): string {
  const lines = [
    `GET ${address.path} HTTP/1.1`,
    `Host: ${address.host}:${address.port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
  ]
  if (address.subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${address.subprotocol}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
