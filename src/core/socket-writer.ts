import type { Socket } from 'node:net'

/**
 * Writes to a socket below its stream, in order with what the stream holds: what a stream keeps of each write (its state, a
 * callback, a turn of its own) costs more than a frame is worth. docs/decisions/008 says what this brought.
 *
 * The socket's handle is Node's own and not documented, so the first writes go through the stream and look at how Node itself
 * uses it; where that is not as expected, the stream serves for good. Nothing else may write to the socket meanwhile; its `end` comes
 * behind everything written here.
 */
export class SocketWriter {
  readonly #socket: Socket
  /** Something may still wait in the stream, and goes first: the answer to a handshake, for one. */
  #streamed = true
  /** What the last direct write left to libuv. */
  #left = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** A string is binary: one character a byte. NOTE: bytes must not change while any are unsent. */
  write(data: string | Uint8Array): void {
    const socket = this.#socket
    if (this.#streamed && socket.writableLength === 0) this.#streamed = false
    const left = this.#streamed ? undefined : writeDirectly(socket, data)
    if (left !== undefined) {
      this.#left = left
      return
    }
    this.#streamed = true
    if (socket.writable) writeStreamed(socket, data)
  }

  /** Bytes that the kernel has not taken. */
  get unsent(): number {
    if (this.#left > 0) this.#left = Math.min(this.#left, handleOf(this.#socket)?.writeQueueSize ?? 0)
    return (this.#streamed ? this.#socket.writableLength : 0) + this.#left
  }
}

/** Returns the bytes that wait in libuv then; undefined when nothing was written. */
function writeDirectly(socket: Socket, data: string | Uint8Array): number | undefined {
  const handle = isPossible ? handleOf(socket) : undefined
  if (handle === undefined) return undefined
  const result =
    typeof data === 'string' ? handle.writeLatin1String(null, data) : handle.writeBuffer(null, data)
  if (result === 0) return 0
  if (typeof result === 'number') {
    socket.destroy()
    return 0
  }
  // The kernel took a part at most, and libuv has the rest. What it reads from must live as long.
  result.buffer = data
  result.oncomplete = (status) => {
    if (status < 0) socket.destroy()
  }
  const left = handle.writeQueueSize
  // Over already, with a status that nobody was told, or never begun.
  if (left === 0 && result.writeStatus !== 0) socket.destroy()
  return left
}

function writeStreamed(socket: Socket, data: string | Uint8Array): void {
  const watched = isPossible || lessons === 0 ? undefined : handleOf(socket)
  if (watched !== undefined) {
    lessons--
    watch(watched, 'writeLatin1String')
    watch(watched, 'writeBuffer')
  }
  if (typeof data === 'string') socket.write(data, 'latin1')
  else socket.write(data)
  if (watched === undefined) return
  Reflect.deleteProperty(watched, 'writeLatin1String')
  Reflect.deleteProperty(watched, 'writeBuffer')
}

function watch(handle: Handle, name: 'writeLatin1String' | 'writeBuffer'): void {
  const write = handle[name] as (request: unknown, data: unknown) => unknown
  Object.defineProperty(handle, name, {
    configurable: true,
    value: (request: unknown, data: unknown): unknown => {
      const result = write.call(handle, request, data)
      // NOTE: before Node 26 the caller brings a request object, and null would end the process.
      if (request === null && result === 0) isPossible = true
      return result
    },
  })
}

type Request = {
  oncomplete?: (status: number) => void
  buffer?: string | Uint8Array
  readonly writeStatus?: number | null
}
type Handle = {
  /** A number when it is over at once: 0, or an error of libuv. */
  readonly writeLatin1String: (request: null, bytes: string) => number | Request
  readonly writeBuffer: (request: null, bytes: Uint8Array) => number | Request
  readonly writeQueueSize: number
}

let isPossible = false
/** A write that waits in its stream teaches nothing; after so many, Node is not as expected. */
let lessons = 100

function handleOf(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as Socket & { _handle?: Partial<Handle> | null }
  const fits =
    typeof handle?.writeLatin1String === 'function' &&
    typeof handle.writeBuffer === 'function' &&
    typeof handle.writeQueueSize === 'number'
  return fits ? (handle as Handle) : undefined
}
