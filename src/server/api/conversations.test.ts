import { beforeEach, expect, test } from 'vitest'
import { cryptoRandomBytes } from '../../core/ids.ts'
import { mintVisitor } from '../access/credentials.ts'
import {
  bearer,
  conversation1,
  conversationView,
  createFixture,
  type Fixture,
  firstId,
  storedMessages,
} from './fixture.ts'

const other = 'aaaaaaaaaaaaaaa3'
const foreign = 'aaaaaaaaaaaaaaa4'
const queued = 'aaaaaaaaaaaaaaa5'

let fixture: Fixture
let visitor: Record<string, string>
let agent: Record<string, string>

beforeEach(async () => {
  fixture = await createFixture()
  const site = fixture.sites[1]
  if (site === undefined) throw new Error('the fixture has no second site')
  const { token, record } = mintVisitor(site, cryptoRandomBytes)
  visitor = bearer(token)
  agent = bearer(fixture.logIn('a1'))
  for (const view of [
    conversationView({ id: conversation1, visitor: record.id }),
    conversationView({ id: other, owner: 'a9' }),
    conversationView({ id: foreign, site: 's2', owner: 'a2' }),
    conversationView({ id: queued, owner: null, state: 'queued' }),
  ]) {
    fixture.conversations.set(view.id, view)
  }
  fixture.messages.set(`${conversation1}/public`, storedMessages(3))
  fixture.messages.set(`${conversation1}/internal`, storedMessages(1))
})

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fixture.api.app.inject({ url: `/api/v1/${path}`, headers })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

async function post(path: string, payload: object, headers: Record<string, string> = {}) {
  const response = await fixture.api.app.inject({ method: 'POST', url: `/api/v1/${path}`, payload, headers })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

const notFound = { error: { code: 'not_found', message: 'no such conversation' } }

test('a visitor lists its own conversations, without what is for agents', async () => {
  expect((await get('conversations', visitor)).body).toEqual({
    type: 'conversations',
    conversations: [
      {
        id: conversation1,
        head: 3,
        state: 'assigned',
        epoch: 2,
        owner: 'a1',
        owner_name: 'A1',
        read: { visitor: 1, agent: 2 },
        waiting_since: 5,
      },
    ],
    next: '4711',
  })
})

test('an agent lists its own, with internal head and visitor', async () => {
  const { body } = await get('conversations', agent)
  expect(body['conversations']).toMatchObject([
    {
      id: conversation1,
      internal_head: 1,
      visitor: { presence: 'online', page_url: 'https://shop.example/' },
    },
  ])
})

test('next must be a cursor', async () => {
  expect((await get('conversations?next=4711', visitor)).status).toBe(200)
  for (const next of ['', 'x', '-1', '1.5', '9'.repeat(17), '1&next=2']) {
    expect((await get(`conversations?next=${next}`, visitor)).body).toMatchObject({
      error: { code: 'bad_frame' },
    })
  }
})

test('a conversation is shown to its visitor and to the agents of its site, else it does not exist', async () => {
  expect((await get(`conversations/${conversation1}`, visitor)).body).toMatchObject({
    id: conversation1,
    head: 3,
  })
  expect((await get(`conversations/${other}`, agent)).body).toMatchObject({ id: other, internal_head: 1 })
  for (const [id, who] of [
    [other, visitor],
    [foreign, visitor],
    [foreign, agent],
    ['aaaaaaaaaaaaaaa7', agent],
    ['__proto__', agent],
    ['..%2f..%2fetc%2fpasswd', agent],
    [encodeURIComponent("' or 1=1 --"), agent],
    ['x'.repeat(90), agent],
  ] as const) {
    expect(await get(`conversations/${id}`, who), id).toEqual({ status: 404, body: notFound })
    expect(await get(`conversations/${id}/messages`, who)).toEqual({ status: 404, body: notFound })
  }
  expect((await get(`conversations/${conversation1}`)).status).toBe(401)
})

test('a page has the messages after or before a seq, ascending, with the head', async () => {
  const page = async (query: string) =>
    (await get(`conversations/${conversation1}/messages?${query}`, visitor)).body
  const [first, second, third] = storedMessages(3).map((message, index) => ({
    ...message,
    body: { kind: 'text', text: `第${index + 1}条 <b>` },
  }))
  const shared = { type: 'page', conversation: conversation1, stream: 'public', head: 3 }
  expect(await page('')).toEqual({ ...shared, messages: [first, second, third] })
  expect(await page('after=1&limit=1')).toEqual({ ...shared, after: 1, messages: [second] })
  expect(await page('before=3&limit=1')).toEqual({ ...shared, before: 3, messages: [second] })
  expect(await page('before=900&limit=1')).toEqual({ ...shared, before: 900, messages: [third] })
  expect(await page('after=3')).toEqual({ ...shared, after: 3, messages: [] })
})

test('the internal stream is for agents', async () => {
  const path = `conversations/${conversation1}/messages?stream=internal`
  expect((await get(path, agent)).body).toMatchObject({ stream: 'internal', head: 1 })
  expect(await get(path, visitor)).toEqual({ status: 404, body: notFound })
})

test('a bad query of a page is named', async () => {
  for (const [query, code] of [
    ['after=x', 'bad_frame'],
    ['after=-1', 'bad_frame'],
    ['before=0', 'bad_frame'],
    ['after=1&before=2', 'bad_frame'],
    ['after=1&after=2', 'bad_frame'],
    ['limit=0', 'bad_frame'],
    ['limit=201', 'too_large'],
    ['stream=secret', 'bad_frame'],
    ['conversation=aaaaaaaaaaaaaaa3', 'bad_frame'],
    ['__proto__=1', 'bad_frame'],
    ['order=desc', 'bad_frame'],
  ] as const) {
    const { body } = await get(`conversations/${conversation1}/messages?${query}`, visitor)
    expect(body, query).toMatchObject({ error: { code } })
  }
})

test('commands of agents go through the pipeline with id and epoch, and are acked', async () => {
  const command = { id: firstId, epoch: 2 }
  for (const [path, fields] of [
    ['accept', {}],
    ['transfer', { to: 'a3' }],
    ['release', {}],
    ['close', {}],
    ['retract', { seq: 2 }],
  ] as const) {
    const { status, body } = await post(
      `conversations/${conversation1}/${path}`,
      { ...command, ...fields },
      agent,
    )
    expect({ status, type: body['type'], id: body['id'] }).toEqual({ status: 200, type: 'ack', id: firstId })
    expect(fixture.sent.at(-1)).toMatchObject({
      caller: { role: 'agent', id: 'a1' },
      frame: { type: path, conversation: conversation1, ...command, ...fields },
    })
  }
})

test('commands are refused to visitors, on foreign conversations, and when a field is wrong', async () => {
  const command = { id: firstId, epoch: 2 }
  expect((await post(`conversations/${conversation1}/close`, command, visitor)).status).toBe(403)
  expect(await post(`conversations/${foreign}/close`, command, agent)).toEqual({
    status: 404,
    body: notFound,
  })
  for (const payload of [
    {},
    [],
    { ...command, id: 'x' },
    { id: firstId },
    { ...command, by: 'a2' },
    { ...command, type: 'accept' },
    { ...command, conversation: other },
  ]) {
    expect((await post(`conversations/${conversation1}/close`, payload, agent)).body).toMatchObject({
      error: { code: 'bad_frame' },
    })
  }
  fixture.answer = { status: 'rejected', code: 'stale_epoch', message: 'epoch is 3' }
  expect((await post(`conversations/${conversation1}/close`, command, agent)).status).toBe(409)
  expect(fixture.sent).toHaveLength(1)
})

test('read cursors are told for conversations the caller may read', async () => {
  expect(await post(`conversations/${conversation1}/read`, { seq: 2 }, visitor)).toEqual({
    status: 200,
    body: {},
  })
  expect(fixture.reads).toMatchObject([
    { caller: { role: 'visitor' }, frame: { type: 'read', conversation: conversation1, seq: 2 } },
  ])
  expect((await post(`conversations/${other}/read`, { seq: 2 }, visitor)).status).toBe(404)
  expect((await post(`conversations/${conversation1}/read`, { seq: 0 }, visitor)).status).toBe(400)
  expect(fixture.reads).toHaveLength(1)
})

test('the queue and the list of agents are for agents', async () => {
  expect((await get('queue', agent)).body).toMatchObject({
    type: 'queue',
    waiting: 1,
    conversations: [{ id: queued, state: 'queued', owner: null }],
  })
  expect((await get('agents', agent)).body).toEqual({
    agents: [{ id: 'a1', name: 'A1', status: 'online', presence: 'online', load: 1, capacity: 5 }],
  })
  expect((await get('queue', visitor)).status).toBe(403)
  expect((await get('agents', visitor)).status).toBe(403)
})

test('reads and commands say unavailable while the writer does not answer', async () => {
  fixture.down = true
  expect((await post(`conversations/${conversation1}/close`, { id: firstId, epoch: 2 }, agent)).status).toBe(
    503,
  )
  expect((await get('conversations', visitor)).body).toMatchObject({
    error: { code: 'unavailable', retry_after_ms: 1_000 },
  })
})
