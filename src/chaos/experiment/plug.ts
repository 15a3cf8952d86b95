import { WebSocket } from 'ws'
import type { OpenSocket } from '../../client/session.ts'

/** One socket of a virtual user, with what only a harness does to it. */
export type Plug = {
  /** Ends it without a close frame, as a dead network does. */
  readonly cut: () => void
  readonly read: (reading: boolean) => void
}

export type PlugEvents = {
  readonly onPlug: (plug: Plug) => void
  /** Once, whether the user let go of it, the server closed it or the network did. */
  readonly onGone: (plug: Plug, code: number) => void
}

/** Opens a socket to the address of the moment; replaced in tests. */
export type OpenPlug = (address: () => string, events: PlugEvents) => OpenSocket

const handshakeWithinMs = 10_000

/** Over `ws`. A socket that was closed by its user is ended for good, since a peer behind a held link never answers a close. */
export const openPlug: OpenPlug = (address, { onPlug, onGone }) => {
  return (_url, protocol, events) => {
    const socket = new WebSocket(address(), protocol, {
      perMessageDeflate: false,
      handshakeTimeout: handshakeWithinMs,
      ...unbuffered,
    })
    let gone = false
    const end = (code: number): void => {
      if (gone) return
      gone = true
      onGone(plug, code)
    }
    const plug: Plug = {
      cut: () => {
        socket.terminate()
      },
      read: (reading) => {
        if (reading) socket.resume()
        else socket.pause()
      },
    }
    onPlug(plug)
    socket.on('open', events.onopen)
    socket.on('message', (data: Buffer) => {
      events.onmessage(data.toString())
    })
    socket.on('error', ignore)
    socket.on('close', (code) => {
      end(code)
      events.onclose(code)
    })
    return {
      send: (text) => {
        socket.send(text)
      },
      close: (code) => {
        end(code)
        socket.close(code)
        setTimeout(() => {
          socket.terminate()
        }, lingerMs).unref()
      },
    }
  }
}

const lingerMs = 2_000

/** A user that stops reading must stop at once: Node would read 64 KiB ahead, which is more than a chat sends one in a minute. */
const unbuffered = { readableHighWaterMark: 1 }

// `close` follows, and says all there is to say.
function ignore(): void {}
