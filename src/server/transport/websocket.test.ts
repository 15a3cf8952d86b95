import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import { cryptoRandomBytes } from '../../core/ids.ts'
import { addressKey, type TrustedProxies, trustedProxies } from '../access/address.ts'
import { mintVisitor } from '../access/credentials.ts'
import type { QueryResult } from '../bus/wire.ts'
import { defaultLimits, type LimitsConfig } from '../limits/config.ts'
import { createLimits, type Limits } from '../limits/limits.ts'
import type { Directory, SiteRecord } from '../storage/store.ts'
import { Heartbeat } from './heartbeat.ts'
import { Hub } from './hub.ts'
import { Flusher } from './outbox.ts'
import type { Session } from './session.ts'
import { serveWebSockets, type WebSocketServing } from './websocket.ts'

const site: SiteRecord = {
  id: 's1',
  key: 'shop',
  secret: Buffer.alloc(32).toString('base64url'),
  name: 'Shop',
  origins: ['*'],
  sealed: false,
}
const directory = {
  siteByKey: (key: string) => (key === site.key ? site : undefined),
} as unknown as Directory

let server: Server
let serving: WebSocketServing
let clock: ManualClock
let wheel: Heartbeat
let hub: Hub
let received: string[]
let sessions: Session[]
let answer: (result: QueryResult) => void
let draining: boolean
let limits: Limits
let trusted: TrustedProxies
let url: string

beforeEach(async () => {
  server = createServer()
  clock = manualClock()
  wheel = new Heartbeat({ everyMs: 25_000, silentRounds: 2, slices: 1 })
  received = []
  sessions = []
  draining = false
  hub = new Hub({ present: () => undefined, absent: () => undefined, directory, now: clock.now })
  trusted = trustedProxies([])
  limits = createLimits({
    config: defaultLimits,
    clock,
    workers: 1,
    addresses: { keyOf: addressKey, listOf: trustedProxies },
    site: () => site,
  })
  serving = serveWebSockets(server, {
    limits,
    reader: { page: () => [] },
    control: () => undefined,
    query: (_, done) => {
      answer = done
    },
    incarnation: () => 'i1',
    hub,
    flusher: new Flusher(() => performance.now()),
    heartbeat: wheel,
    receive: (session, text) => {
      sessions.push(session)
      received.push(text)
    },
    credentials: {
      directory,
      now: clock.now,
      publicUrl: undefined,
      trustedProxies: { trusts: (address) => trusted.trusts(address) },
    },
    random: cryptoRandomBytes,
    after: clock.after,
    paths: ['/ws'],
    outboxBytes: 10_000,
    draining: () => draining,
  })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`
})

afterEach(async () => {
  serving.closeAll(1001, 'the test is over')
  server.close()
  await once(server, 'close')
})

type Client = {
  readonly socket: WebSocket
  readonly types: string[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

async function connect(): Promise<Client> {
  const socket = new WebSocket(url, 'kf.v1')
  const types: string[] = []
  socket.on('message', (data: Buffer) => {
    types.push((JSON.parse(data.toString()) as { readonly type: string }).type)
  })
  const closed = once(socket, 'close').then(([code, reason]: unknown[]) => ({
    code: Number(code),
    reason: String(reason),
  }))
  await once(socket, 'open')
  return { socket, types, closed }
}

/** Has said hello, and the store was asked; `answer` brings the welcome. */
async function greeted(): Promise<Client> {
  const client = await connect()
  const before = hub.size
  client.socket.send('{"type":"hello","site":"shop"}')
  await poll(() => hub.size).toBe(before + 1)
  return client
}

async function live(): Promise<Client> {
  const client = await greeted()
  answer({ conversations: [] })
  await poll(() => client.types).toEqual(['welcome'])
  return client
}

describe('a connection', () => {
  test('without a hello is closed with 4408 after 10 s', async () => {
    const client = await connect()
    expect(serving.open()).toBe(1)
    clock.advance(9_999)
    expect(client.socket.readyState).toBe(WebSocket.OPEN)
    clock.advance(1)
    expect(await client.closed).toEqual({ code: 4408, reason: 'no hello within 10 s' })
    await poll(() => serving.open()).toBe(0)
  })

  test('with a hello is not, however long the welcome takes', async () => {
    const client = await greeted()
    clock.advance(60_000)
    answer({ conversations: [] })
    await poll(() => client.types).toEqual(['welcome'])
  })

  test('is closed with 4503 when the store does not answer', async () => {
    const client = await greeted()
    answer({ conversations: [], failed: 'silent' })
    expect(await client.closed).toEqual({ code: 4503, reason: 'the store does not answer' })
    expect([client.types, hub.size]).toEqual([[], 0])
  })

  test('that is gone before its welcome leaves nothing behind', async () => {
    const client = await greeted()
    client.socket.terminate()
    await poll(() => hub.size).toBe(0)
    answer({ conversations: [] })
    expect(received).toEqual([])
  })

  test('keeps what comes before the welcome, and hands it on in order behind it', async () => {
    const client = await greeted()
    for (const text of ['1', '2']) client.socket.send(text)
    client.socket.ping()
    await once(client.socket, 'pong')
    expect(received).toEqual([])
    answer({ conversations: [] })
    client.socket.send('3')
    await poll(() => received).toEqual(['1', '2', '3'])
    expect(new Set(sessions).size).toBe(1)
  })

  test('is lost with 1006 after two silent rounds; a ping or pong of any kind is a sign of life', async () => {
    const [silent, pinging] = [await live(), await live()]
    // Like a network that swallows everything: what the server sends is never seen.
    rawSocketOf(silent).pause()
    for (let round = 0; round < 3; round++) {
      pinging.socket.ping()
      await once(pinging.socket, 'pong')
      wheel.beat()
    }
    await poll(() => hub.size).toBe(1)
    rawSocketOf(silent).resume()
    expect((await silent.closed).code).toBe(1006)
    expect(pinging.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('whose client does not read is cut off for good 10 s after its outbox was full', async () => {
    const client = await live()
    client.socket.send('"here"')
    await poll(() => sessions).toHaveLength(1)
    rawSocketOf(client).pause()
    const frame = JSON.stringify({ type: 'pong', padding: 'x'.repeat(100_000) })
    await expect
      .poll(() => {
        for (let i = 0; i < 100; i++) sessions[0]?.write(frame)
        return hub.size
      })
      .toBe(0)
    expect(serving.open()).toBe(1)
    clock.advance(10_000)
    await poll(() => serving.open()).toBe(0)
  })

  test('is not begun from an address with too many, and the answer says when', async () => {
    limitTo({ connections: { rate: 0.2, burst: 2 } })
    const clients = [await connect(), await connect()]
    const socket = new WebSocket(url, 'kf.v1')
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '5'])
    response.destroy()
    clock.advance(5_000)
    expect((await connect()).socket.readyState).toBe(WebSocket.OPEN)
    expect(clients.map(({ socket: { readyState } }) => readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN])
  })

  test('counts the client a trusted proxy names', async () => {
    limitTo({ connections: { rate: 1, burst: 1 } })
    trusted = trustedProxies(['127.0.0.0/8'])
    for (const from of ['192.0.2.1', '192.0.2.2']) await opened({ 'x-forwarded-for': from })
    await expect(opened({ 'x-forwarded-for': '192.0.2.1' })).rejects.toThrow('429')
  })

  test('of one new visitor too many is told when to come and closed with 4429; known visitors come in', async () => {
    limitTo({ new_visitors: { rate: 1, burst: 1 } })
    await live()
    const client = await connect()
    client.socket.send('{"type":"hello","site":"shop"}')
    expect((await client.closed).code).toBe(4429)
    expect(client.types).toEqual(['error'])
    const known = await connect()
    known.socket.send(
      JSON.stringify({ type: 'hello', site: 'shop', token: mintVisitor(site, cryptoRandomBytes).token }),
    )
    await poll(() => hub.size).toBe(2)
  })

  test('is not begun while the node drains', async () => {
    draining = true
    const socket = new WebSocket(url, 'kf.v1')
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toBe('Unexpected server response: 503')
  })
})

function limitTo(address: Partial<LimitsConfig['address']>): void {
  limits.update({
    ...defaultLimits,
    address: { ...defaultLimits.address, ...address },
    allow: { addresses: [], sites: [] },
  })
}

async function opened(headers: Record<string, string>): Promise<void> {
  await once(new WebSocket(url, 'kf.v1', { headers }), 'open')
}

function poll<Value>(read: () => Value) {
  return expect.poll(read, { timeout: 60_000, interval: 5 })
}

function rawSocketOf(client: Client): Socket {
  return (client.socket as unknown as { readonly _socket: Socket })._socket
}
