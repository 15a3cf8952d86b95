import { type ErrorCode, errorCodes } from '../../protocol/codes.ts'
import { decodeClientFrame } from '../../protocol/decode.ts'
import { encode } from '../../protocol/encode.ts'
import type {
  Body,
  ClientFrame,
  ConversationSummary,
  History,
  Message,
  Send,
  Sender,
  ServerFrame,
  Welcome,
} from '../../protocol/frames.ts'
import { wireLimits } from '../../protocol/limits.ts'
import type { OpenSocket, SocketEvents } from '../contract.ts'

/**
 * A kf.v1 server in memory with one conversation, as docs/protocol.md describes it, that does nothing by itself: every frame
 * lies in a queue until the test lets it through, so that a test decides each interleaving, loss and delay.
 */
export const conversation = 'aaaaaaaaaaaaaaaa'

export type Link = {
  readonly who: Sender
  readonly openSocket: OpenSocket
  /** Lets the oldest waiting frame through; false when there is none. */
  readonly up: () => boolean
  readonly down: () => boolean
  /** Opens a socket that asked for it; false when there is none. */
  readonly accept: () => boolean
  /** Ends the connection, with everything on its way; false when there is none. */
  readonly cut: (code?: number) => boolean
  readonly push: (frame: ServerFrame | Record<string, unknown>) => void
  /** Frames the server has read, in order. */
  readonly read: ClientFrame[]
  readonly sent: ServerFrame[]
  readonly connected: () => boolean
  /** How the next sends of this link end: what the server answers, and whether it stored them all the same. */
  /** So many pages are answered by an error. */
  historyTrouble: number
  readonly trouble: ({ readonly code: ErrorCode; readonly stored: boolean } | 'silence')[]
}

type Peer = {
  readonly link: Link
  readonly events: SocketEvents
  readonly toServer: string[]
  readonly toClient: string[]
  open: boolean
  greeted: boolean
  /** Last public seq this connection has. */
  cursor: number
  /** Held back until the client's pull meets the head. */
  held: boolean
  refused: string | undefined
}

export class FakeServer {
  readonly log: Message[] = []
  incarnation = 'one'
  now = 1_700_000_000_000
  epoch = 1
  owner: string | null = 'agent1'
  readonly #ids = new Map<string, number>()
  readonly #peers = new Map<Link, Peer>()

  link(who: Sender): Link {
    const link: Link = {
      who,
      read: [],
      sent: [],
      historyTrouble: 0,
      trouble: [],
      openSocket: (_url, _protocol, events) => {
        const peer: Peer = {
          link,
          events,
          toServer: [],
          toClient: [],
          open: false,
          greeted: false,
          cursor: 0,
          held: false,
          refused: undefined,
        }
        this.#peers.set(link, peer)
        return {
          send: (text) => {
            peer.toServer.push(text)
          },
          close: () => {
            if (this.#peers.get(link) === peer) this.#peers.delete(link)
          },
        }
      },
      accept: () => {
        const peer = this.#peers.get(link)
        if (peer === undefined || peer.open) return false
        peer.open = true
        peer.events.onopen()
        return true
      },
      up: () => {
        const peer = this.#peers.get(link)
        const text = peer?.toServer.shift()
        if (peer === undefined || text === undefined) return false
        const decoded = decodeClientFrame(text)
        if (!decoded.ok) throw new Error(`the client sent a bad frame: ${decoded.message}`)
        link.read.push(decoded.frame)
        this.#handle(peer, decoded.frame)
        return true
      },
      down: () => {
        const peer = this.#peers.get(link)
        const text = peer?.toClient.shift()
        if (peer === undefined || text === undefined) return false
        peer.events.onmessage(text)
        return true
      },
      cut: (code = 1006) => {
        const peer = this.#peers.get(link)
        if (peer === undefined) return false
        this.#peers.delete(link)
        peer.events.onclose(code)
        return true
      },
      push: (frame) => this.#peers.get(link)?.toClient.push(JSON.stringify(frame)),
      connected: () => this.#peers.get(link)?.open === true,
    }
    return link
  }

  /** The bus: brings every greeted, unheld connection up to the head. */
  publish(): void {
    for (const peer of this.#peers.values()) {
      if (!peer.greeted || peer.held) continue
      for (const message of this.log.slice(peer.cursor)) this.#send(peer, message)
      peer.cursor = this.log.length
    }
  }

  append(from: Sender, id: string, body: Body): number {
    const known = this.#ids.get(`${from.id}/${id}`)
    if (known !== undefined) return known
    const seq = this.log.length + 1
    this.#ids.set(`${from.id}/${id}`, seq)
    this.log.push({
      type: 'message',
      conversation,
      stream: 'public',
      seq,
      id,
      from,
      body,
      at: this.now + seq,
    })
    return seq
  }

  summary(): ConversationSummary {
    return {
      id: conversation,
      head: this.log.length,
      state: 'assigned',
      epoch: this.epoch,
      owner: this.owner,
      read: { visitor: 0, agent: 0 },
    }
  }

  welcome({ role, id, name }: Sender): Welcome {
    return {
      type: 'welcome',
      incarnation: this.incarnation,
      you: { role: role === 'agent' ? 'agent' : 'visitor', id, ...(name === undefined ? {} : { name }) },
      site: { id: 'site1', name: 'Shop' },
      limits: wireLimits,
      conversations: [this.summary()],
    }
  }

  #handle(peer: Peer, frame: ClientFrame): void {
    switch (frame.type) {
      case 'hello': {
        const resume = frame.resume?.streams.find(({ stream }) => stream === 'public')
        const known =
          frame.resume?.incarnation === this.incarnation && (resume?.after ?? 0) <= this.log.length
        peer.greeted = true
        peer.cursor = known && resume !== undefined ? resume.after : this.log.length
        peer.held = peer.cursor < this.log.length
        this.#send(peer, this.welcome(peer.link.who))
        if (resume !== undefined && !known) this.#send(peer, { type: 'reset', conversation })
        return
      }
      case 'send':
        this.#handleSend(peer, frame)
        return
      case 'history':
        this.#handleHistory(peer, frame)
        return
      case 'ping':
        this.#send(peer, { type: 'pong' })
        return
      default:
        return
    }
  }

  #handleSend(peer: Peer, frame: Send): void {
    if (peer.refused !== undefined && peer.refused !== frame.id) {
      this.#send(peer, {
        type: 'error',
        id: frame.id,
        code: 'busy',
        message: 'after the refused one',
        retry_after_ms: 50,
      })
      return
    }
    const trouble = peer.link.trouble.shift()
    if (trouble === 'silence') {
      peer.refused = frame.id
      return
    }
    if (trouble !== undefined) {
      if (errorCodes[trouble.code].outcome === 'unknown') peer.refused = frame.id
      if (trouble.stored) this.append(peer.link.who, frame.id, frame.body)
      this.#send(peer, {
        type: 'error',
        id: frame.id,
        code: trouble.code,
        message: 'in trouble',
        retry_after_ms: 50,
      })
      return
    }
    peer.refused = undefined
    const before = this.log.length
    const seq = this.append(peer.link.who, frame.id, frame.body)
    const at = this.log[seq - 1]?.at ?? 0
    this.#send(peer, { type: 'ack', id: frame.id, conversation, stream: 'public', seq, at })
    // A retry's ack says nothing of what this connection holds.
    if (seq > before && !peer.held && seq === peer.cursor + 1) peer.cursor = seq
  }

  #handleHistory(peer: Peer, frame: History): void {
    const { before, after, limit } = frame
    if (peer.link.historyTrouble > 0) {
      peer.link.historyTrouble--
      this.#send(peer, {
        type: 'error',
        code: 'unavailable',
        message: 'no answer in time',
        retry_after_ms: 200,
      })
      return
    }
    const head = this.log.length
    const range =
      after === undefined
        ? this.log.slice(0, (before ?? 1) - 1).slice(-limit)
        : this.log.slice(after, after + limit)
    this.#send(peer, {
      type: 'page',
      conversation,
      stream: frame.stream ?? 'public',
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      messages: range.map(({ seq, id, from, body, at }) => ({ seq, id, from, body, at })),
      head,
    })
    if (peer.held && after === peer.cursor) {
      peer.cursor += range.length
      if (peer.cursor >= head) peer.held = false
    }
  }

  #send(peer: Peer, frame: ServerFrame): void {
    peer.link.sent.push(frame)
    peer.toClient.push(encode(frame))
  }
}
