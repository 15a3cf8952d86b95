import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cryptoRandomBytes } from '../../core/ids.ts'
import { mintVisitor } from '../access/credentials.ts'
import { eventStreamLimits } from './event-stream.ts'
import { bearer, conversation1, createFixture, type Fixture } from './fixture.ts'
import { ticketLivesMs } from './ticket.ts'

let fixture: Fixture
let server: Server
let port: number

beforeEach(async () => {
  fixture = await createFixture()
  server = createServer(fixture.api.handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** A reader that collects; `text` grows, `ended` tells the end. */
async function open(path: string, headers: Record<string, string> = {}) {
  const asked = request({ port, host: '127.0.0.1', path: `/api/v1/${path}`, headers }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const reader = { response, text: '', ended: false, leave: () => void asked.destroy() }
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    reader.text += chunk
  })
  response.on('close', () => {
    reader.ended = true
  })
  response.on('error', () => undefined)
  return reader
}

function visitorToken(): string {
  const site = fixture.sites[1]
  if (site === undefined) throw new Error('the fixture has no second site')
  return mintVisitor(site, cryptoRandomBytes).token
}

async function ticketFor(token: string): Promise<string> {
  const response = await fixture.api.app.inject({
    method: 'POST',
    url: '/api/v1/events/ticket',
    headers: bearer(token),
  })
  return response.json<{ ticket: string }>().ticket
}

test('the frames of a session come as events, welcome first', async () => {
  const reader = await open('events', bearer(visitorToken()))
  expect(reader.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  fixture.subscriptions[0]?.sink.write('{"type":"pong"}')
  await vi.waitFor(() => {
    expect(reader.text).toBe(
      'retry: 2000\n\nevent: frame\ndata: {"type":"welcome"}\n\nevent: frame\ndata: {"type":"pong"}\n\n',
    )
  })
  expect(fixture.subscriptions[0]).toMatchObject({
    caller: { role: 'visitor', site: 's1' },
    resume: undefined,
  })
})

test('a reader that leaves ends its subscription', async () => {
  const reader = await open('events', bearer(fixture.logIn('a1')))
  expect(fixture.subscriptions[0]?.caller).toMatchObject({ role: 'agent', id: 'a1' })
  reader.leave()
  await vi.waitFor(() => {
    expect(fixture.subscriptions[0]?.ended).toBe(true)
  })
})

test('the hub closes with the code a socket would get, and nothing follows', async () => {
  const reader = await open('events', bearer(visitorToken()))
  const sink = fixture.subscriptions[0]?.sink
  sink?.close(1001, 'restart')
  sink?.write('{"type":"pong"}')
  sink?.close(1001, 'again')
  await vi.waitFor(() => {
    expect(reader.ended).toBe(true)
  })
  expect(reader.text).toMatch(/event: close\ndata: \{"code":1001,"reason":"restart"\}\n\n$/)
  expect(fixture.subscriptions[0]?.ended).toBe(true)
})

test('a heartbeat shows life, and ends the stream of a session that has ended', async () => {
  const reader = await open('events', bearer(fixture.logIn('a1')))
  fixture.clock.advance(999)
  fixture.sessions.forEach((session, hash) => {
    fixture.sessions.set(hash, {
      ...session,
      expiresAt: fixture.clock.now() + eventStreamLimits.heartbeatMs + 1,
    })
  })
  fixture.clock.advance(eventStreamLimits.heartbeatMs)
  await vi.waitFor(() => {
    expect(reader.text).toMatch(/: still here\n\n$/)
  })
  fixture.clock.advance(eventStreamLimits.heartbeatMs)
  await vi.waitFor(() => {
    expect(reader.text).toContain('data: {"code":4401,"reason":"the session has ended"}')
  })
  expect(fixture.subscriptions[0]?.ended).toBe(true)
})

test('a reader that does not read is cut at the bound', async () => {
  const reader = await open('events', bearer(visitorToken()))
  reader.response.pause()
  const frame = JSON.stringify({ type: 'pong', pad: 'x'.repeat(100_000) })
  const subscription = fixture.subscriptions[0]
  for (let i = 0; i < 1_000 && subscription?.ended === false; i++) subscription.sink.write(frame)
  expect(subscription?.ended).toBe(true)
})

test('what a client has comes by resume or Last-Event-ID', async () => {
  const resume = { incarnation: 'i1', streams: [{ conversation: conversation1, stream: 'public', after: 3 }] }
  const text = Buffer.from(JSON.stringify(resume)).toString('base64url')
  await open(`events?resume=${text}`, bearer(visitorToken()))
  await open('events', { ...bearer(visitorToken()), 'last-event-id': text })
  expect(fixture.subscriptions.map((subscription) => subscription.resume)).toEqual([resume, resume])
  for (const bad of [
    '!',
    'e30',
    Buffer.from('{"incarnation":1}').toString('base64url'),
    `${text}&resume=${text}`,
  ]) {
    const reader = await open(`events?resume=${bad}`, bearer(visitorToken()))
    expect(reader.response.statusCode, bad).toBe(400)
  }
})

test('a ticket opens the stream for half a minute, on any worker, and names no token', async () => {
  const token = visitorToken()
  const ticket = await ticketFor(token)
  expect(ticket).not.toContain(token.split('.')[1])
  await open(`events?ticket=${ticket}`)
  await open(`events?ticket=${await ticketFor(fixture.logIn('a1'))}`)
  expect(fixture.subscriptions.map(({ caller }) => caller.role)).toEqual(['visitor', 'agent'])
  fixture.clock.advance(ticketLivesMs)
  expect((await open(`events?ticket=${ticket}`)).response.statusCode).toBe(401)
})

test('a ticket dies with the session behind it', async () => {
  const ticket = await ticketFor(fixture.logIn('a1'))
  fixture.sessions.clear()
  expect((await open(`events?ticket=${ticket}`)).response.statusCode).toBe(401)
})

test('forged, foreign and missing credentials open nothing', async () => {
  const ticket = await ticketFor(visitorToken())
  const [version = '', claims = '', signature = ''] = ticket.split('.')
  const parsed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  const changed = (fields: Record<string, unknown>) =>
    `${version}.${Buffer.from(JSON.stringify({ ...parsed, ...fields })).toString('base64url')}.${signature}`
  for (const path of [
    'events',
    'events?ticket=',
    'events?ticket=x',
    `events?ticket=${changed({ id: 'vbbbbbbbbbbbbbbb' })}`,
    `events?ticket=${changed({ site: 's2' })}`,
    `events?ticket=${changed({ site: 'nowhere' })}`,
    `events?ticket=${changed({ role: 'owner' })}`,
    `events?ticket=${version}.bm8.${signature}`,
    `events?ticket=${ticket}&ticket=${ticket}`,
  ]) {
    const reader = await open(path)
    expect(reader.response.statusCode, path).toBe(401)
  }
  expect(
    (await open(`events?ticket=${ticket}`, { origin: 'https://evil.example' })).response.statusCode,
  ).toBe(403)
  expect(fixture.subscriptions).toEqual([])
})
