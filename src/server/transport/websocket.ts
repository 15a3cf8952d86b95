import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RandomBytes } from '../../core/ids.ts'
import type { ErrorCode } from '../../protocol/codes.ts'
import { decodeClientFrame } from '../../protocol/decode.ts'
import { errorFrame } from '../../protocol/encode.ts'
import type { Hello } from '../../protocol/frames.ts'
import { serverLimits } from '../../protocol/limits.ts'
import { clientAddress } from '../access/address.ts'
import type { Limits } from '../limits/limits.ts'
import type { Source } from '../limits/sources.ts'
import { authenticate, type Credentials, type Upgrade } from './authenticate.ts'
import { FrameSocket, type FrameSocketOwner, type FrameSocketPorts } from './frame-socket.ts'
import { type GreetingPorts, welcome } from './greeting.ts'
import { acceptUpgrade, type HandshakePorts, refuseUpgrade } from './handshake.ts'
import type { Beating, Heartbeat } from './heartbeat.ts'
import type { Hub } from './hub.ts'
import { Session, type SessionPorts, type Sink } from './session.ts'

export type WebSocketPorts = SessionPorts &
  GreetingPorts &
  FrameSocketPorts &
  HandshakePorts & {
    readonly hub: Hub
    readonly heartbeat: Heartbeat
    readonly receive: (session: Session, text: string) => void
    readonly credentials: Credentials
    readonly limits: Pick<Limits, 'sources' | 'connection' | 'newVisitor'>
    readonly random: RandomBytes
    /** From the upgrade to the hello; read once for each socket. 10 s when absent. */
    readonly helloWithinMs?: number
  }

export type WebSocketServing = {
  /** Sockets that have not ended, greeted or not. */
  readonly open: () => number
  readonly closeAll: (code: number, reason: string) => void
}

/** Frames that a client may send behind its hello before the welcome is there. */
const earlyFrames = 64

/** Accepts `kf.v1` upgrades on an HTTP server. */
export function serveWebSockets(server: Server, ports: WebSocketPorts): WebSocketServing {
  const connections = new Set<Connection>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const source = sourceOf(request, ports)
    const refusal = refuseUpgrade(request, ports) ?? overLimit(ports.limits.connection(source))
    if (refusal !== undefined) refuse(socket, refusal)
    // A request with a body comes with a stream around its socket.
    else if (!(socket instanceof Socket)) refuse(socket, '400 Bad Request')
    else
      new Connection(socket, request.headers, source, ports, connections).open(acceptUpgrade(request), head)
  })
  return {
    open: () => connections.size,
    closeAll: (code, reason) => {
      for (const connection of connections) connection.close(code, reason)
    },
  }
}

function sourceOf({ headers, socket }: IncomingMessage, { credentials, limits }: WebSocketPorts): Source {
  const forwardedFor = headers['x-forwarded-for']
  const told = typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(',')
  return limits.sources.of(clientAddress(socket.remoteAddress, told, credentials.trustedProxies).address)
}

function overLimit(waitMs: number): string | undefined {
  return waitMs === 0 ? undefined : `429 Too Many Requests\r\nRetry-After: ${Math.ceil(waitMs / 1000)}`
}

function refuse(socket: Duplex, status: string): void {
  // NOTE: node takes its own listeners off a socket that upgrades: without this one, a peer that resets now ends the process.
  socket.on('error', () => undefined)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
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
class Connection implements Sink, Beating, FrameSocketOwner {
  readonly #socket: FrameSocket
  readonly #ports: WebSocketPorts
  readonly #all: Set<Connection>
  readonly #source: Source
  /** Until the hello: what the upgrade told. */
  #headers: IncomingHttpHeaders | undefined
  #state: 'opened' | 'greeting' | 'live' | 'closed' = 'opened'
  #session: Session | undefined = undefined
  #early: string[] | undefined = undefined
  #cancelHelloDeadline: (() => void) | undefined = undefined
  #heard = true
  slice = 0
  silent = 0

  constructor(
    socket: Socket,
    headers: IncomingHttpHeaders,
    source: Source,
    ports: WebSocketPorts,
    all: Set<Connection>,
  ) {
    this.#headers = headers
    this.#source = source
    this.#ports = ports
    this.#all = all
    this.#socket = new FrameSocket(socket, ports, this)
  }

  open(accept: string, head: Buffer): void {
    const { after, heartbeat, helloWithinMs = serverLimits.hello_within_ms } = this.#ports
    this.#all.add(this)
    this.#cancelHelloDeadline = after(helloWithinMs, () => {
      this.close(4408, `no hello within ${helloWithinMs / 1000} s`)
    })
    heartbeat.add(this)
    this.#socket.open(accept, head)
  }

  get frameBytes(): number {
    return this.#socket.frameBytes
  }

  write(json: string): void {
    this.#socket.write(json)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  text(text: string): void {
    this.#heard = true
    this.#receive(text)
  }

  sign(): void {
    this.#heard = true
  }

  heard(): boolean {
    const heard = this.#heard
    this.#heard = false
    return heard
  }

  ping(): void {
    this.#socket.sendPing()
  }

  lost(): void {
    this.close(4409, 'no sign of life')
    // A close handshake would wait for who does not answer.
    this.#socket.destroy()
  }

  overflowed(): void {
    this.close(4413, 'the outbox is full: the client does not read')
  }

  closed(): void {
    this.#state = 'closed'
    this.#greeted()
    this.#early = undefined
    this.#ports.heartbeat.remove(this)
    if (this.#session !== undefined) this.#ports.hub.remove(this.#session)
  }

  gone(): void {
    this.#all.delete(this)
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
    const socket = this.#socket
    const upgrade: Upgrade = {
      headers: this.#headers ?? {},
      get peer() {
        return socket.peer
      },
    }
    const who = authenticate(hello, upgrade, this.#ports.credentials, this.#ports.random)
    if (!who.ok) {
      this.#refuse(who.code, who.message, who.close)
      return
    }
    // A token came along now: a new visitor.
    const waitMs = who.token === undefined ? 0 : this.#ports.limits.newVisitor(this.#source, who.site.id)
    if (waitMs > 0) {
      this.#refuse('rate_limited', 'too many new visitors from this address', 4429, waitMs)
      return
    }
    this.#state = 'greeting'
    this.#greeted()
    const session = new Session(who.caller, this, this.#ports, this.#source)
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

  // What was needed for the hello only.
  #greeted(): void {
    this.#headers = undefined
    this.#cancelHelloDeadline?.()
    this.#cancelHelloDeadline = undefined
  }

  #refuse(code: ErrorCode, message: string, close: number, retryAfterMs?: number): void {
    this.write(errorFrame({ code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }))
    this.close(close, message)
  }
}
