import { beforeEach, expect, test } from 'vitest'
import { cryptoRandomBytes } from '../../core/ids.ts'
import { mintVisitor, verifyVisitor } from '../access/credentials.ts'
import { defaultLimits } from '../limits/config.ts'
import { bearer, conversation1, createFixture, type Fixture, firstId } from './fixture.ts'

let fixture: Fixture

beforeEach(async () => {
  fixture = await createFixture()
})

const message = { id: firstId, body: { kind: 'text', text: '你好 <script>' } }

function site(id: string) {
  const found = fixture.sites.find((known) => known.id === id)
  if (found === undefined) throw new Error(`the fixture has no site ${id}`)
  return found
}

async function post(payload: object | string, headers: Record<string, string> = {}) {
  const response = await fixture.api.app.inject({
    method: 'POST',
    url: '/api/v1/messages',
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

test("a visitor's message goes through the pipeline under the visitor of its token and is acked", async () => {
  const { token, record } = mintVisitor(site('s1'), cryptoRandomBytes)
  const { status, body } = await post({ ...message, conversation: conversation1 }, bearer(token))
  expect(status).toBe(200)
  expect(body).toEqual({
    type: 'ack',
    id: firstId,
    conversation: conversation1,
    stream: 'public',
    seq: 1,
    at: 1_700_000_000_000,
  })
  expect(fixture.sent).toEqual([
    {
      caller: { role: 'visitor', id: record.id, site: 's1', record },
      frame: { type: 'send', ...message, conversation: conversation1 },
    },
  ])
})

test('without a token a visitor of the site is minted and told its token', async () => {
  for (const [key, headers] of [
    ['key-s2', {}],
    [undefined, { 'x-kf-site': 'key-s2' }],
  ] as const) {
    const { body } = await post({ ...message, ...(key === undefined ? {} : { site: key }) }, headers)
    const visitor = verifyVisitor(String(body['token']), site('s2'))
    expect(fixture.sent.at(-1)?.caller).toMatchObject({ role: 'visitor', id: visitor?.id, site: 's2' })
    expect(fixture.sent.at(-1)?.frame).toEqual({ type: 'send', ...message })
  }
})

test('without a token and a site it is the first site that is no load test', async () => {
  await post(message)
  expect(fixture.sent[0]?.caller.site).toBe('s1')
})

test("an agent's message carries stream and epoch; a duplicate is answered with the first ack", async () => {
  const token = fixture.logIn('a1')
  fixture.answer = {
    status: 'duplicate',
    position: 9,
    conversation: conversation1,
    stream: 'internal',
    seq: 4,
    at: 5,
    epoch: 3,
    visitor: 'v',
    owner: 'a1',
  }
  const { status, body } = await post(
    { ...message, conversation: conversation1, stream: 'internal', epoch: 3 },
    bearer(token),
  )
  expect(status).toBe(200)
  expect(body).toEqual({
    type: 'ack',
    id: firstId,
    conversation: conversation1,
    stream: 'internal',
    seq: 4,
    at: 5,
  })
  expect(fixture.sent[0]?.caller).toMatchObject({ role: 'agent', id: 'a1', name: 'A1', site: 's1' })
})

test('refusals keep their code, status and waiting time', async () => {
  fixture.answer = { status: 'rejected', code: 'id_conflict', message: 'this id was used with another body' }
  expect(await post(message)).toEqual({
    status: 409,
    body: { error: { code: 'id_conflict', message: 'this id was used with another body' } },
  })
  fixture.answer = { status: 'failed', code: 'busy', message: 'full' }
  expect(await post(message)).toEqual({
    status: 503,
    body: { error: { code: 'busy', message: 'full', retry_after_ms: 1_000 } },
  })
  fixture.answer = { status: 'done' }
  expect(await post(message)).toEqual({
    status: 500,
    body: { error: { code: 'internal', message: 'an answer "done" is no ack' } },
  })
  fixture.down = true
  expect(await post(message)).toMatchObject({
    status: 503,
    body: { error: { code: 'unavailable', retry_after_ms: 1_000 } },
  })
})

test('a forged token, one of another site and an unknown site are refused, and nothing is sent', async () => {
  const { token } = mintVisitor(site('s1'), cryptoRandomBytes)
  const forged = `${token.slice(0, 5)}${token[5] === 'a' ? 'b' : 'a'}${token.slice(6)}`
  const foreign = mintVisitor({ id: 's1', secret: 'AAAA' }, cryptoRandomBytes).token
  for (const headers of [
    bearer(forged),
    bearer(foreign),
    bearer('v1.x.y'),
    { ...bearer(token), 'x-kf-site': 'key-s2' },
  ]) {
    expect(await post(message, headers)).toMatchObject({
      status: 401,
      body: { error: { code: 'unauthenticated' } },
    })
  }
  expect(await post({ ...message, site: 'key-s2' }, bearer(token))).toMatchObject({ status: 401 })
  expect(await post({ ...message, site: 'nowhere' })).toMatchObject({
    status: 404,
    body: { error: { code: 'unknown_site' } },
  })
  expect(await post({ ...message, site: '__proto__' })).toMatchObject({ status: 404 })
  expect(fixture.sent).toEqual([])
})

test('pages of an origin the site does not list are refused', async () => {
  const { token } = mintVisitor(site('s1'), cryptoRandomBytes)
  expect((await post(message, { ...bearer(token), origin: 'https://s1.example' })).status).toBe(200)
  expect((await post(message, { ...bearer(token), origin: 'https://s2.example' })).status).toBe(403)
  expect((await post(message, { origin: 'https://evil.example' })).status).toBe(403)
  expect(fixture.sent).toHaveLength(1)
})

test('malformed messages are refused as the socket would, by name, and nothing is sent', async () => {
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
  for (const [payload, status, code, part] of [
    ['{', 400, 'bad_frame', 'not JSON'],
    ['"text"', 400, 'bad_frame', 'object'],
    ['[]', 400, 'bad_frame', 'object'],
    [{ ...message, id: 'x' }, 400, 'bad_frame', 'id'],
    [{ ...message, from: { role: 'agent', id: 'a1' } }, 400, 'bad_frame', '"from"'],
    [{ ...message, type: 'accept' }, 400, 'bad_frame', 'type'],
    [{ ...message, site: 7 }, 400, 'bad_frame', 'site'],
    [{ ...message, body: { kind: 'event', event: 'closed' } }, 400, 'bad_frame', '"event"'],
    [{ ...message, conversation: "' or 1=1" }, 400, 'bad_frame', 'conversation'],
    [{ ...message, epoch: -1 }, 400, 'bad_frame', 'epoch'],
    [{ ...message, body: { kind: 'text', text: 'x'.repeat(8_001) } }, 413, 'too_large', '8000'],
    [
      `{"id":"${firstId}","body":{"kind":"text","text":"x","__proto__":{"a":1}}}`,
      400,
      'bad_frame',
      '__proto__',
    ],
    [`{"__proto__":{"admin":true},"id":"${firstId}"}`, 400, 'bad_frame', '__proto__'],
    [`{"id":"${firstId}","body":${deep}}`, 400, 'bad_frame', 'body'],
    [`"${'x'.repeat(65_536)}"`, 413, 'too_large', '65536'],
  ] as const) {
    const answer = await post(payload)
    expect(answer, JSON.stringify(payload).slice(0, 80)).toMatchObject({ status, body: { error: { code } } })
    expect(JSON.stringify(answer.body)).toContain(part.replaceAll('"', '\\"'))
  }
  expect(fixture.sent).toEqual([])
  expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
})

test('POST visitors mints a visitor for who must know its token before it sends', async () => {
  const mint = async (payload: object | undefined, headers: Record<string, string> = {}) => {
    const response = await fixture.api.app.inject({
      method: 'POST',
      url: '/api/v1/visitors',
      headers,
      ...(payload && { payload }),
    })
    return { status: response.statusCode, body: response.json<{ token: string; visitor: { id: string } }>() }
  }
  const { body } = await mint({ site: 'key-s2' })
  expect(verifyVisitor(body.token, site('s2'))?.id).toBe(body.visitor.id)
  expect(verifyVisitor((await mint(undefined)).body.token, site('s1'))).toBeDefined()
  expect((await mint({ site: 'nowhere' })).status).toBe(404)
  expect((await mint({ visitor: 'v1' })).status).toBe(400)
  expect((await mint({}, { origin: 'https://evil.example' })).status).toBe(403)
})

test('without a token, too many from one address are refused and told when to come; a token goes on', async () => {
  const none = { addresses: [], sites: [] }
  const posts = { rate: 0.5, burst: 2 }
  fixture = await createFixture(
    {},
    { limits: { ...defaultLimits, address: { ...defaultLimits.address, posts }, allow: none } },
  )
  const known = mintVisitor(site('s1'), cryptoRandomBytes)
  expect([(await post(message)).status, (await post(message)).status]).toEqual([200, 200])
  expect(await post(message)).toEqual({
    status: 429,
    body: {
      error: {
        code: 'rate_limited',
        message: 'too many requests without a token; wait a little',
        retry_after_ms: 2_000,
      },
    },
  })
  expect((await post(message, bearer(known.token))).status).toBe(200)
  expect((await post({ ...message, site: 'key-bench' })).status).toBe(200)
})

test('what a limit of the pipeline refused is a 429 that says when to come', async () => {
  const { token } = mintVisitor(site('s1'), cryptoRandomBytes)
  const told = { code: 'rate_limited', message: 'too many messages', retryAfterMs: 1_500 } as const
  fixture.answer = { status: 'failed', ...told }
  const response = await fixture.api.app.inject({
    method: 'POST',
    url: '/api/v1/messages',
    payload: message,
    headers: bearer(token),
  })
  expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '2'])
  expect(response.json()).toEqual({
    error: { code: told.code, message: told.message, retry_after_ms: 1_500 },
  })
})
