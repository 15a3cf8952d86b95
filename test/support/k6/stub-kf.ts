import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

type Send = { readonly id: string; readonly body: unknown }

export type StubKf = {
  readonly url: string
  /** Client ids in the order they were stored, by visitor. */
  readonly stored: () => readonly (readonly string[])[]
  readonly close: () => void
}

export type StubFaults = {
  /** Acks come so many milliseconds after the send. */
  readonly ackAfterMs?: number
  /** No ack at all for the n-th send of a visitor, counted from 0. */
  readonly mute?: (n: number) => boolean
  /** The n-th send of a visitor is refused so many times; like kf, everything behind it is refused until it comes again. */
  readonly busy?: (n: number) => number
  /** Acked and not kept. */
  readonly lose?: (n: number) => boolean
  /** Listed twice when read back. */
  readonly twice?: (n: number) => boolean
  /** The order in which a conversation is read back. */
  readonly order?: (stored: readonly string[]) => readonly string[]
}

/** As much of kf.v1 as a visitor's script needs, with faults that a real kf does not have. No agents. */
export async function startStubKf(faults: StubFaults = {}): Promise<StubKf> {
  const conversations: string[][] = []
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'kf.v1' })
  server.on('connection', (socket: WebSocket) => {
    const number = conversations.length
    const conversation = `abcdefgh234567${String.fromCharCode(97 + (number % 26))}${String.fromCharCode(97 + Math.floor(number / 26))}`
    const kept: string[] = []
    conversations.push(kept)
    const seen: string[] = []
    const refusals = new Map<string, number>()
    let awaited: string | undefined
    const say = (frame: unknown): void => {
      socket.send(JSON.stringify(frame))
    }
    const send = ({ id }: Send): void => {
      if (awaited !== undefined && id !== awaited) {
        say({ type: 'error', id, code: 'busy', message: 'wait', retry_after_ms: 50 })
        return
      }
      if (!seen.includes(id)) seen.push(id)
      const n = seen.indexOf(id)
      const left = refusals.get(id) ?? faults.busy?.(n) ?? 0
      refusals.set(id, left - 1)
      if (left > 0) {
        awaited = id
        say({ type: 'error', id, code: 'busy', message: 'wait', retry_after_ms: 50 })
        return
      }
      awaited = undefined
      const times = faults.lose?.(n) === true ? 0 : faults.twice?.(n) === true ? 2 : 1
      for (let i = 0; i < times; i++) kept.push(id)
      const seq = Math.max(1, kept.length - times + 1)
      if (faults.mute?.(n) === true) return
      setTimeout(() => {
        say({ type: 'ack', id, conversation, stream: 'public', seq, at: 0 })
      }, faults.ackAfterMs ?? 0)
    }
    const page = (after: number): void => {
      const order = faults.order?.(kept) ?? kept
      const messages = order.map((id, i) => ({
        seq: i + 1,
        id,
        from: { role: 'visitor', id: 'v' },
        body: { kind: 'text', text: '…' },
        at: 0,
      }))
      say({
        type: 'page',
        conversation,
        stream: 'public',
        after,
        messages: messages.slice(after, after + 200),
        head: kept.length,
      })
    }
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { readonly type: string; readonly after: number } & Send
      if (frame.type === 'hello')
        say({
          type: 'welcome',
          incarnation: 'i',
          you: { role: 'visitor', id: 'v' },
          token: 't',
          conversations: [],
        })
      else if (frame.type === 'send') send(frame)
      else if (frame.type === 'history') page(frame.after)
    })
  })
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    stored: () => conversations,
    close: () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}
