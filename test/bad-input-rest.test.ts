import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bystanders, startBystanders } from './support/bystanders.ts'
import { type Client, connect, newId } from './support/client.ts'
import { type BenchSite, startNode, type TestNode } from './support/node.ts'

/** The same bad input as in bad-input.test.ts, over REST: same codes, with their HTTP status, and nobody else notices. */
let node: TestNode
let bench: BenchSite
let bystanders: Bystanders
let victim: Client
let foreign: string
let token: string
let agentToken: string
let elsewhere: string

beforeAll(async () => {
  node = await startNode()
  bench = await node.agents(2)
  bystanders = await startBystanders(node, bench)
  agentToken = bench.agents[1]?.token ?? ''
  victim = await connect(node.wsUrl, { site: bench.site.key })
  foreign = (await victim.say('mine alone')).conversation
  const other = await connect(node.wsUrl, { site: bench.site.key })
  token = other.welcome.token ?? ''
  other.terminate()
  const away = await connect(node.wsUrl, { site: node.site.key })
  elsewhere = (await away.say('on the other site')).conversation
  away.terminate()
})

afterAll(async () => {
  victim.terminate()
  await node.stop()
})

type Call = {
  readonly method?: string
  readonly path: string
  /** Sent as it is when it is text. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Undefined: the other visitor's token. */
  readonly as?: 'agent' | 'nobody'
}

async function call({ method, path, body, headers, as }: Call) {
  const credential = as === 'agent' ? agentToken : as === 'nobody' ? undefined : token
  const response = await fetch(new URL(`api/v1/${path}`, node.url), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'x-kf-site': bench.site.key,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' || body instanceof Blob ? body : JSON.stringify(body) }),
  })
  const answer = (await response.json()) as { readonly error?: { readonly code: string } }
  return { status: response.status, code: answer.error?.code, answer }
}

const message = (more: object = {}) => ({ id: newId(), body: { kind: 'text', text: 'x' }, ...more })
const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`

describe('a request that is wrong in itself', () => {
  test.each<[string, () => Call, number, string]>([
    ['no JSON', () => ({ path: 'messages', body: 'hello?' }), 400, 'bad_frame'],
    [
      'JSON that is not UTF-8',
      () => ({ path: 'messages', body: new Blob([new Uint8Array([0x22, 0xff, 0x22])]) }),
      400,
      'bad_frame',
    ],
    ['no body', () => ({ method: 'POST', path: 'messages' }), 400, 'bad_frame'],
    ['an array', () => ({ path: 'messages', body: '[]' }), 400, 'bad_frame'],
    ['a nest of arrays', () => ({ path: 'messages', body: nested }), 400, 'bad_frame'],
    [
      'a body of more than 64 KiB',
      () => ({ path: 'messages', body: `"${'x'.repeat(65_536)}"` }),
      413,
      'too_large',
    ],
    [
      'another content type',
      () => ({
        path: 'messages',
        body: 'id=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      415,
      'bad_frame',
    ],
    [
      '__proto__',
      () => ({
        path: 'messages',
        body: `{"__proto__":{"role":"agent"},"id":"${newId()}","body":{"kind":"text","text":"x"}}`,
      }),
      400,
      'bad_frame',
    ],
    ['an unknown field', () => ({ path: 'messages', body: message({ colour: 'red' }) }), 400, 'bad_frame'],
    [
      'a forged sender',
      () => ({ path: 'messages', body: message({ from: { role: 'agent', id: 'a1' } }) }),
      400,
      'bad_frame',
    ],
    ['an id that is no UUIDv7', () => ({ path: 'messages', body: message({ id: 'one' }) }), 400, 'bad_frame'],
    [
      'a text that is a number',
      () => ({ path: 'messages', body: message({ body: { kind: 'text', text: 1 } }) }),
      400,
      'bad_frame',
    ],
    [
      'a text that is too long',
      () => ({ path: 'messages', body: message({ body: { kind: 'text', text: 'x'.repeat(8_001) } }) }),
      413,
      'too_large',
    ],
    ['a cursor that nobody gave', () => ({ path: 'conversations?next=more' }), 400, 'bad_frame'],
    ['a resume that is no JSON', () => ({ path: 'events?resume=%00' }), 400, 'bad_frame'],
    ['a path that is not there', () => ({ path: 'nothing' }), 404, 'not_found'],
    ['a method that is not there', () => ({ method: 'DELETE', path: 'messages' }), 405, 'bad_frame'],
  ])('%s', async (_, request, status, code) => {
    expect(await call(request())).toMatchObject({ status, code })
  })
})

describe('a request that is not for this caller', () => {
  const commands = ['accept', 'release', 'close', 'transfer', 'retract'] as const
  const fields = (command: string) => ({
    id: newId(),
    epoch: 1,
    ...(command === 'transfer' ? { to: 'a1' } : command === 'retract' ? { seq: 1 } : {}),
  })

  test.each<[string, () => Call, number, string]>([
    [
      'conversations without a token',
      () => ({ as: 'nobody', path: 'conversations' }),
      401,
      'unauthenticated',
    ],
    ['events without a token', () => ({ as: 'nobody', path: 'events' }), 401, 'unauthenticated'],
    [
      'a forged token',
      () => ({
        as: 'nobody',
        path: 'conversations',
        headers: { authorization: `Bearer ${token.slice(0, -3)}AAA` },
      }),
      401,
      'unauthenticated',
    ],
    ['a ticket that nobody gave', () => ({ as: 'nobody', path: 'events?ticket=x' }), 401, 'unauthenticated'],
    [
      'an unknown site',
      () => ({ as: 'nobody', path: 'visitors', body: { site: 'nowhere' } }),
      404,
      'unknown_site',
    ],
    [
      "another site's token",
      () => ({ path: 'conversations', headers: { 'x-kf-site': node.site.key } }),
      401,
      'unauthenticated',
    ],
    ['a foreign conversation', () => ({ path: `conversations/${foreign}` }), 404, 'not_found'],
    ['its history', () => ({ path: `conversations/${foreign}/messages` }), 404, 'not_found'],
    ['its read mark', () => ({ path: `conversations/${foreign}/read`, body: { seq: 1 } }), 404, 'not_found'],
    [
      'a send to it',
      () => ({ path: 'messages', body: message({ conversation: foreign }) }),
      404,
      'not_found',
    ],
    ['no conversation at all', () => ({ path: 'conversations/..%2F1' }), 404, 'not_found'],
    [
      'an internal note of a visitor',
      () => ({ path: 'messages', body: message({ stream: 'internal' }) }),
      403,
      'forbidden',
    ],
    ['the queue for a visitor', () => ({ path: 'queue' }), 403, 'forbidden'],
    ['the agents for a visitor', () => ({ path: 'agents' }), 403, 'forbidden'],
    ...commands.map((command): [string, () => Call, number, string] => [
      `${command} by a visitor`,
      () => ({ path: `conversations/${foreign}/${command}`, body: fields(command) }),
      403,
      'forbidden',
    ]),
    ...commands.map((command): [string, () => Call, number, string] => [
      `${command} by an agent of another site`,
      () => ({ as: 'agent', path: `conversations/${elsewhere}/${command}`, body: fields(command) }),
      404,
      'not_found',
    ]),
  ])('%s', async (_, request, status, code) => {
    expect(await call(request())).toMatchObject({ status, code })
  })

  test('an old epoch is stale_epoch', async () => {
    const body = message({ conversation: foreign, epoch: 0 })
    expect(await call({ as: 'agent', path: 'messages', body })).toMatchObject({
      status: 409,
      code: 'stale_epoch',
    })
  })

  test('a retry is answered like the first send, another body with id_conflict', async () => {
    const body = message()
    const first = await call({ path: 'messages', body })
    expect(first).toMatchObject({ status: 200, answer: { type: 'ack', seq: 1 } })
    expect(await call({ path: 'messages', body })).toEqual(first)
    const other = { ...body, body: { kind: 'text', text: 'y' } }
    expect(await call({ path: 'messages', body: other })).toMatchObject({ status: 409, code: 'id_conflict' })
  })
})

test('nothing of it was stored, the bystanders talked on, and no process was replaced', async () => {
  victim.send({ type: 'history', conversation: foreign, after: 0, limit: 50 })
  const page = await victim.next('page')
  expect(page.messages.map(({ body }) => body.kind)).toEqual(['text', 'event'])
  await bystanders.wereUndisturbed()
})
