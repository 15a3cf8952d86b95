import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createFixture, type Fixture } from './fixture.ts'

let fixture: Fixture

beforeEach(async () => {
  fixture = await createFixture()
})

test('what is not there, the wrong method and the wrong type get the same kind of error', async () => {
  const inject = fixture.api.app.inject.bind(fixture.api.app)
  const missing = await inject({ url: '/api/v1/nothing' })
  expect(missing.statusCode).toBe(404)
  expect(missing.json()).toEqual({
    error: { code: 'not_found', message: 'nothing is served at this address' },
  })
  const method = await inject({ method: 'DELETE', url: '/api/v1/conversations/aaaaaaaaaaaaaaa2' })
  expect(method.statusCode).toBe(405)
  expect(method.headers['allow']).toBe('GET')
  expect(method.json()).toEqual({
    error: { code: 'bad_frame', message: 'this address takes GET, not DELETE' },
  })
  expect((await inject({ method: 'POST', url: '/' })).headers['allow']).toBe('GET, HEAD')
  const type = await inject({
    method: 'POST',
    url: '/api/v1/login',
    payload: 'login=a&password=b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect(type.statusCode).toBe(415)
  expect(type.json()).toEqual({ error: { code: 'bad_frame', message: 'the body must be application/json' } })
  const text = await inject({
    method: 'POST',
    url: '/api/v1/login',
    payload: '{}',
    headers: { 'content-type': 'text/plain' },
  })
  expect(text.statusCode).toBe(415)
})

test('bodies over 64 KiB are refused before they are read, bad UTF-8 and empty ones are named', async () => {
  const post = (payload: Buffer | string, headers: Record<string, string> = {}) =>
    fixture.api.app.inject({
      method: 'POST',
      url: '/api/v1/login',
      payload,
      headers: { 'content-type': 'application/json', ...headers },
    })
  const large = await post('x'.repeat(65_537))
  expect(large.statusCode).toBe(413)
  expect(large.json()).toEqual({
    error: { code: 'too_large', message: 'the body is larger than 65536 bytes' },
  })
  const bytes = Buffer.from('{"login":"\xff","password":"x"}', 'latin1')
  expect((await post(bytes)).json()).toEqual({
    error: { code: 'bad_frame', message: 'the body is not JSON in UTF-8' },
  })
  expect((await post('')).json()).toMatchObject({ error: { code: 'bad_frame' } })
})

test('an address that cannot be decoded is a bad frame, not a defect', async () => {
  const response = await fixture.api.app.inject({ url: '/api/v1/%E0%A4%A' })
  expect(response.statusCode).toBe(400)
  expect(response.json()).toMatchObject({ error: { code: 'bad_frame' } })
  expect(fixture.logged).toEqual([])
})

test('a defect is logged and not told', async () => {
  fixture.agents.get = () => {
    throw new Error('secret detail')
  }
  const response = await fixture.api.app.inject({
    url: '/api/v1/session',
    headers: { authorization: `Bearer ${fixture.logIn('a1')}` },
  })
  expect(response.statusCode).toBe(500)
  expect(response.json()).toEqual({
    error: { code: 'internal', message: 'something is wrong here; the server logged it' },
  })
  expect(fixture.logged).toEqual(['secret detail'])
})

test('whoami shows what became of X-Forwarded-For', async () => {
  const whoami = async () =>
    (
      await fixture.api.app.inject({ url: '/api/v1/whoami', headers: { 'x-forwarded-for': '198.51.100.7' } })
    ).json<unknown>()
  expect(await whoami()).toEqual({ address: '127.0.0.1', via: [], forwarded: 'ignored' })
  fixture = await createFixture({ trustedProxies: ['127.0.0.0/8'] })
  expect(await whoami()).toEqual({ address: '198.51.100.7', via: ['127.0.0.1'], forwarded: 'used' })
})

test('GET site names the first site that is no load test, in the language of the browser', async () => {
  const site = (language: string) =>
    fixture.api.app.inject({ url: '/api/v1/site', headers: { 'accept-language': language } })
  expect((await site('zh-TW,zh;q=0.9,en;q=0.8')).json()).toEqual({
    site: { key: 'key-s1', name: 'Site s1' },
    lang: 'zh-CN',
  })
  expect((await site('en-GB,zh;q=0.5')).json()).toMatchObject({ lang: 'en' })
  expect((await site('fr')).json()).toMatchObject({ lang: 'en' })
  expect((await site('zh')).body).not.toContain('secret')
})

test('under a public path everything is served with and without it', async () => {
  fixture = await createFixture({ publicUrl: 'https://example.com/chat/' })
  const inject = fixture.api.app.inject.bind(fixture.api.app)
  for (const url of ['/chat/api/v1/site', '/api/v1/site', '/chat/', '/', '/chat/agent', '/agent']) {
    expect((await inject({ url })).statusCode, url).toBe(200)
  }
  const bare = await inject({ url: '/chat' })
  expect({ status: bare.statusCode, to: bare.headers['location'] }).toEqual({ status: 308, to: '/chat/' })
  expect((await inject({ url: '/chatter/api/v1/site' })).statusCode).toBe(404)
})

test("pages of a site's origins may call by token, others may not", async () => {
  const preflight = (origin: string) =>
    fixture.api.app.inject({
      method: 'OPTIONS',
      url: '/api/v1/messages',
      headers: { origin, host: 'chat.example', 'access-control-request-method': 'POST' },
    })
  const known = await preflight('https://s1.example')
  expect(known.statusCode).toBe(204)
  expect(known.headers).toMatchObject({
    'access-control-allow-origin': 'https://s1.example',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, x-kf-site, last-event-id',
    vary: 'Origin',
  })
  expect(known.headers).not.toHaveProperty('access-control-allow-credentials')
  const unknown = await preflight('https://evil.example')
  expect(unknown.headers).not.toHaveProperty('access-control-allow-origin')
  expect(unknown.headers).not.toHaveProperty('access-control-allow-headers')
})

test('the handler serves a plain server, and smuggled lines end nothing but their own connection', async () => {
  const server = createServer(fixture.api.handler).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const socket = connect(port, '127.0.0.1')
  socket.end('GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(Buffer.from(chunk as Uint8Array))
  expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 404 /)
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/whoami`)
  expect(await response.json()).toEqual({ address: '127.0.0.1', via: [], forwarded: 'absent' })
})
