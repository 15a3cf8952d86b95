import type { Duplex } from 'node:stream'
import { deserialize, serialize } from 'node:v8'
import { messageOf } from '../../core/errors.ts'

/**
 * Messages between a coordinator and a host: four bytes of length, then V8's structured clone, which carries the generators'
 * typed arrays as they are.
 *
 * NOTE: structured clone is no format for strangers. `socket` must be authenticated and encrypted already (`remote-secret.ts`).
 */
export type Wire = {
  readonly send: (message: unknown) => void
  /** So much waits for a slow reader that only what cannot be left out should follow. */
  readonly crowded: () => boolean
  /** Sends what waits, and ends the connection, within two seconds whatever the other does. */
  readonly close: () => void
}

export type WireOptions = {
  /** A longer message ends the connection before it is held in memory. */
  readonly maxBytes: number
  readonly onMessage: (message: unknown) => void
  /** Once, with the reason; nothing is called after it. */
  readonly onEnd: (reason: string) => void
}

const mostWaiting = 8 * 1024 * 1024
const headBytes = 4
const closeWithinMs = 2_000

export function openWire(socket: Duplex, { maxBytes, onMessage, onEnd }: WireOptions): Wire {
  let chunks: Buffer[] = []
  let held = 0
  let wanted = headBytes
  let inBody = false
  let over = false

  const end = (reason: string): void => {
    if (over) return
    over = true
    chunks = []
    socket.destroy()
    onEnd(reason)
  }
  const take = (): Buffer => {
    const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, held)
    const rest = all.subarray(wanted)
    chunks = rest.length === 0 ? [] : [rest]
    held = rest.length
    return all.subarray(0, wanted)
  }
  const read = (): void => {
    while (held >= wanted && !over) {
      const bytes = take()
      if (!inBody) {
        wanted = bytes.readUInt32BE(0)
        inBody = true
        if (wanted > maxBytes) end(`a message of ${wanted} bytes (bound ${maxBytes})`)
        continue
      }
      wanted = headBytes
      inBody = false
      try {
        onMessage(deserialize(bytes))
      } catch (error) {
        end(`a message that could not be read: ${messageOf(error)}`)
      }
    }
  }

  socket.on('data', (chunk: Buffer) => {
    if (over) return
    chunks.push(chunk)
    held += chunk.length
    read()
  })
  socket.on('error', (error) => {
    end(error.message)
  })
  const closed = (): void => {
    end('the connection was closed')
  }
  socket.on('end', closed)
  socket.on('close', closed)
  return {
    send: (message) => {
      if (over) return
      const body = serialize(message)
      const head = Buffer.allocUnsafe(headBytes)
      head.writeUInt32BE(body.length, 0)
      socket.cork()
      socket.write(head)
      socket.write(body)
      socket.uncork()
    },
    crowded: () => socket.writableLength > mostWaiting,
    close: () => {
      if (over) return
      socket.end()
      const timer = setTimeout(() => socket.destroy(), closeWithinMs)
      socket.once('close', () => {
        clearTimeout(timer)
      })
    },
  }
}
