import type { Socket } from 'node:net'
import { KfError } from '../../core/errors.ts'

/**
 * One direction-neutral end of a link between two processes: messages, each behind its length as four bytes, big endian. A message
 * is JSON, or bytes behind a kind below 32, with which no JSON begins. Order is kept; a message arrives whole or the link closes.
 */
export type Link<Out> = {
  readonly send: (message: Out) => void
  /** Bytes with their length in front. */
  readonly sendPacked: (frame: Buffer) => void
  /** Bytes handed over that the kernel has not taken yet. */
  readonly buffered: () => number
  readonly close: () => void
}

/** Larger than any batch of either side; a length above it means that the stream is not a link. */
const maxMessageBytes = 256 * 1024 * 1024

/** `packed` gets the bytes from the kind on. Both may throw only for a defect; the link then closes with that error. */
export function createLink<In, Out>(
  socket: Socket,
  on: {
    readonly message: (message: In) => void
    readonly packed: (bytes: Buffer) => void
    readonly closed: (error?: Error) => void
  },
): Link<Out> {
  const reader = new MessageReader()
  let failure: Error | undefined
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const bytes of reader.push(chunk)) {
        if ((bytes[0] ?? 0) < 32) on.packed(bytes)
        else on.message(JSON.parse(bytes.toString()) as In)
      }
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      socket.destroy()
    }
  })
  socket.on('error', (error) => {
    failure ??= error
  })
  socket.on('close', () => {
    on.closed(failure)
  })
  return {
    send: (message) => {
      if (!socket.destroyed) socket.write(encode(JSON.stringify(message)))
    },
    sendPacked: (frame) => {
      if (!socket.destroyed) socket.write(frame)
    },
    buffered: () => socket.writableLength,
    close: () => {
      socket.destroy()
    },
  }
}

function encode(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(4 + length)
  bytes.writeUInt32BE(length, 0)
  bytes.write(text, 4)
  return bytes
}

/** Cuts a byte stream into messages; keeps the incomplete rest without copying it again for each chunk. */
export class MessageReader {
  #chunks: Buffer[] = []
  #held = 0
  #needed = 4

  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    if (this.#held < this.#needed) return []
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held)
    const messages: Buffer[] = []
    let offset = 0
    this.#needed = 4
    while (bytes.length - offset >= 4) {
      const length = bytes.readUInt32BE(offset)
      if (length > maxMessageBytes) {
        throw new KfError(
          'link_broken',
          `a message of ${length} bytes on a link between processes (bound ${maxMessageBytes})`,
        )
      }
      if (bytes.length - offset - 4 < length) {
        this.#needed = 4 + length
        break
      }
      messages.push(bytes.subarray(offset + 4, offset + 4 + length))
      offset += 4 + length
    }
    const rest = bytes.subarray(offset)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#held = rest.length
    return messages
  }
}
