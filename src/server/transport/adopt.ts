import { Socket } from 'node:net'
import { createWorkspace, type Workspace } from './workspace.ts'

/** Who a socket's bytes and its end go to. */
export type Receiver = {
  /** The first `length` bytes of `chunk` have come. NOTE: they are there for the call only. */
  readonly received: (chunk: Workspace, length: number) => void
  /** The other side sends nothing more. */
  readonly ended: () => void
  /** It is gone, whatever the reason. */
  readonly gone: () => void
}

/**
 * Takes a socket over from the HTTP server. The socket given is not to be used again.
 *
 * Node gives each read a buffer of its own and carries it through a stream; with `onread` it reads into one block, here one for
 * all sockets, and calls back at once. Node offers that for outgoing connections. An accepted one is wrapped again around its
 * handle, which is not documented: where the handle is not as expected, 'data' serves. docs/decisions/005 says what this brought.
 */
export function adopt(socket: Socket, receiver: Receiver): Socket {
  const rewrapped: Receiving | undefined = rewrap(socket)
  const taken: Receiving = rewrapped ?? socket
  taken[receiverOf] = receiver
  // Node's own listener is for sockets that may not stay half open, and two listeners need an array.
  taken.removeAllListeners('end').on('end', onEnd).on('error', onError).on('close', onClose)
  if (rewrapped === undefined) taken.on('data', onData)
  return taken
}

/** Hands on bytes that came before the socket was taken over. */
export function feed(taken: Socket, bytes: Buffer): void {
  onData.call(taken, bytes)
}

/** Held by the socket itself: listeners that all sockets share find the receiver there, without a closure for each. */
const receiverOf = Symbol('receiver')
type Receiving = Socket & { [receiverOf]?: Receiver }

/** As much as node reads at once. */
const workspace = createWorkspace(65_536)

function rewrap(socket: Socket): Socket | undefined {
  const { _handle: handle } = socket as Socket & { _handle?: { readonly useUserBuffer?: unknown } | null }
  if (typeof handle?.useUserBuffer !== 'function') return undefined
  const options: object = {
    handle,
    allowHalfOpen: true,
    onread: { buffer: workspace.bytes, callback: onRead },
  }
  const taken = new Socket(options)
  // Without its handle it has nothing to close: this only ends its account with the HTTP server.
  Object.assign(socket, { _handle: null })
  socket.destroy()
  return taken
}

function onRead(this: unknown, length: number): boolean {
  ;(this as Receiving)[receiverOf]?.received(workspace, length)
  return true
}

function onData(this: Receiving, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; at += workspace.bytes.length) {
    const length = chunk.copy(workspace.bytes, 0, at)
    this[receiverOf]?.received(workspace, length)
  }
}

function onEnd(this: Receiving): void {
  this[receiverOf]?.ended()
}

// 'close' follows.
function onError(): void {}

function onClose(this: Receiving): void {
  this[receiverOf]?.gone()
}
