import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { RandomBytes } from '../../core/ids.ts'
import { decodeClientFrame } from '../../protocol/decode.ts'
import { errorFrame } from '../../protocol/encode.ts'
import { type Hello, subprotocol } from '../../protocol/frames.ts'
import { serverLimits, wireLimits } from '../../protocol/limits.ts'
import { authenticate, type Credentials } from './authenticate.ts'
import { pingFrame } from './frame.ts'
import { type GreetingPorts, welcome } from './greeting.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Hub } from './hub.ts'
import { type Flusher, Outbox } from './outbox.ts'
import { Session, type SessionPorts } from './session.ts'

export type WebSocketPorts = SessionPorts &
  GreetingPorts & {
    readonly hub: Hub
    readonly flusher: Flusher
    readonly heartbeat: Heartbeat
    readonly receive: (session: Session, text: string) => void
    readonly credentials: Credentials
    readonly random: RandomBytes
    readonly after: (delayMs: number, task: () => void) => () => void
    /** The path of the socket, `/ws` below the public URL's path; with and without that prefix. */
    readonly paths: readonly string[]
    readonly outboxBytes: number
    readonly draining: () => boolean
  }

export type WebSocketServing = {
  /** Sockets that have not ended, greeted or not. */
  readonly open: () => number
  readonly closeAll: (code: number, reason: string) => void
}

/** Frames that a client may send behind its hello before the welcome is there. */
const earlyFrames = 64
/** How long a slow reader has to take what waits for it, and the close frame behind: then it knows that it may come back. */
const slowReaderMs = 10_000

/** Accepts `kf.v1` upgrades on an HTTP server. */
export function serveWebSockets(server: Server, ports: WebSocketPorts): WebSocketServing {
  const connections = new Set<Connection>()
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: wireLimits.frame_bytes,
    maxFragments: 64,
    maxBufferedChunks: 1_024,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const refusal = refuseUpgrade(request, ports)
    if (refusal !== undefined) {
      refuse(socket, refusal)
      return
    }
    upgrades.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection(ws, socket, request, ports)
      connections.add(connection)
      ws.on('close', () => connections.delete(connection))
      connection.open()
    })
  })
  return {
    open: () => connections.size,
    closeAll: (code, reason) => {
      for (const connection of connections) connection.close(code, reason)
    },
  }
}

function refuse(socket: Socket, status: string): void {
  // NOTE: node takes its own listeners off a socket that upgrades: without this one, a peer that resets now ends the process.
  socket.on('error', () => undefined)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function refuseUpgrade(request: IncomingMessage, ports: WebSocketPorts): string | undefined {
  const path = request.url?.split('?')[0] ?? ''
  if (!ports.paths.includes(path)) return '404 Not Found'
  if (ports.draining()) return '503 Service Unavailable\r\nRetry-After: 1'
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  if (offered?.includes(subprotocol) !== true)
    return `400 Bad Request\r\nX-KF-Error: offer the subprotocol ${subprotocol}`
  return undefined
}

/**
 * One socket: opened → (hello) → greeting → (welcome) → live → closed.
 *
 * | state    | a frame comes                           | else                              |
 * |----------|-----------------------------------------|-----------------------------------|
 * | opened   | hello → greeting; any other → not_ready | 10 s → close 4408                 |
 * | greeting | kept, at most 64; a hello → second_hello| store silent → close 4503         |
 * | live     | to the pipeline                         | silent → 4409, not reading → 4413 |
 */
class Connection {
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly #request: IncomingMessage
  readonly #ports: WebSocketPorts
  readonly #outbox: Outbox
  #state: 'opened' | 'greeting' | 'live' | 'closed' = 'opened'
  #session: Session | undefined
  #early: string[] | undefined
  #heard = true
  #leaveWheel: (() => void) | undefined
  #cancelHelloDeadline: (() => void) | undefined

  constructor(ws: WebSocket, socket: Socket, request: IncomingMessage, ports: WebSocketPorts) {
    this.#ws = ws
    this.#socket = socket
    this.#request = request
    this.#ports = ports
    this.#outbox = new Outbox(socket, ports.flusher, ports.outboxBytes, () => {
      this.close(4413, 'the outbox is full: the client does not read')
      ports.after(slowReaderMs, () => socket.resetAndDestroy())
    })
  }

  open(): void {
    const { heartbeat, after } = this.#ports
    this.#socket.setNoDelay(true)
    this.#ws.on('message', (data, isBinary) => {
      this.#heard = true
      if (isBinary) this.close(1003, 'kf.v1 is text only')
      else this.#receive(textOf(data))
    })
    for (const sign of ['ping', 'pong'] as const) {
      this.#ws.on(sign, () => {
        this.#heard = true
      })
    }
    // After an error of framing, encoding or size, ws has sent its close frame (1002, 1007, 1008 or 1009): nothing may follow it.
    this.#ws.on('error', () => {
      this.#outbox.abandon()
      this.#closed()
    })
    this.#ws.on('close', () => {
      this.#closed()
    })
    this.#cancelHelloDeadline = after(serverLimits.hello_within_ms, () => {
      if (this.#state === 'opened')
        this.close(4408, `no hello within ${serverLimits.hello_within_ms / 1000} s`)
    })
    this.#leaveWheel = heartbeat.add({
      heard: () => {
        const heard = this.#heard
        this.#heard = false
        return heard
      },
      ping: () => {
        this.#outbox.writeFrame(pingFrame)
      },
      lost: () => {
        this.close(4409, 'no sign of life')
        // A close handshake would wait for who does not answer.
        this.#socket.resetAndDestroy()
      },
    })
  }

  #receive(text: string): void {
    switch (this.#state) {
      case 'opened':
        this.#hello(text)
        return
      case 'greeting':
        this.#early ??= []
        if (this.#early.push(text) > earlyFrames)
          this.close(4400, `more than ${earlyFrames} frames before the welcome`)
        return
      case 'live':
        if (this.#session !== undefined) this.#ports.receive(this.#session, text)
        return
      case 'closed':
    }
  }

  #hello(text: string): void {
    const decoded = decodeClientFrame(text)
    if (!decoded.ok) {
      this.#refuse(decoded.code, decoded.message, 4400)
      return
    }
    if (decoded.frame.type !== 'hello') {
      this.#refuse('not_ready', `${decoded.frame.type}: say hello first`, 4400)
      return
    }
    this.#greet(decoded.frame)
  }

  #greet(hello: Hello): void {
    const upgrade = { headers: this.#request.headers, peer: this.#socket.remoteAddress }
    const who = authenticate(hello, upgrade, this.#ports.credentials, this.#ports.random)
    if (!who.ok) {
      this.#refuse(who.code, who.message, who.close)
      return
    }
    this.#state = 'greeting'
    this.#cancelHelloDeadline?.()
    this.#cancelHelloDeadline = undefined
    const session = new Session(
      who.caller,
      {
        write: (json) => {
          this.#outbox.write(json)
        },
        close: (code, reason) => {
          this.close(code, reason)
        },
      },
      this.#ports,
    )
    this.#session = session
    this.#ports.hub.add(session)
    const live = (): void => {
      if (this.#state !== 'greeting') return
      this.#state = 'live'
      const early = this.#early ?? []
      this.#early = undefined
      for (const text of early) this.#ports.receive(session, text)
    }
    welcome(session, who.site, hello, who.token, this.#ports, live, () => {
      this.close(4503, 'the store does not answer')
    })
  }

  #refuse(code: Parameters<typeof errorFrame>[0]['code'], message: string, close: number): void {
    this.#outbox.write(errorFrame({ code, message }))
    this.close(close, message)
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closed') return
    this.#outbox.close()
    this.#ws.close(code, Buffer.from(reason).subarray(0, 120).toString())
    this.#closed()
  }

  #closed(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#cancelHelloDeadline?.()
    this.#leaveWheel?.()
    if (this.#session !== undefined) this.#ports.hub.remove(this.#session)
  }
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString()
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)).toString()
}
