import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { type Bystanders, startBystanders } from './support/bystanders.ts'
import { type Client, connect, lastSummary, newId } from './support/client.ts'
import { type BenchSite, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** Whatever comes in over a socket gets its documented code, and nobody else notices. REST: bad-input-rest.test.ts. */
let node: TestNode
let bench: BenchSite
let bystanders: Bystanders
let agents: Client[]
let victim: Client
/** A conversation of the victim, on the bench site like everyone here. */
let foreign: string

beforeAll(async () => {
  node = await startNode()
  bench = await node.agents(2)
  bystanders = await startBystanders(node, bench)
  agents = await Promise.all(bench.agents.map(({ token }) => connect(node.wsUrl, { token })))
  victim = await visitor()
  foreign = (await victim.say('mine alone')).conversation
})

afterAll(async () => {
  for (const client of [...agents, victim]) client.terminate()
  await node.stop()
})

const visitor = (): Promise<Client> => connect(node.wsUrl, { site: bench.site.key })
const text = (value: unknown) => ({ kind: 'text', text: value })

/** Sends one frame, as it is when it is text; the errors and acks that come before the answer to a question behind it. */
async function answersTo(client: Client, frame: string | Record<string, unknown>): Promise<unknown[]> {
  const since = client.frames.length
  client.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  const answers = () => client.frames.slice(since).filter(({ type }) => type === 'error' || type === 'ack')
  // Sends and commands are answered after a commit, the rest in order.
  if (isDurable(frame)) await waitUntil('an answer', () => answers().length > 0)
  const before = client.all('conversations').length
  client.send({ type: 'conversations', next: '1' })
  await waitUntil('the answer behind', () => client.all('conversations').length > before)
  return answers()
}

function isDurable(frame: string | Record<string, unknown>): boolean {
  return typeof frame !== 'string' && typeof frame['id'] === 'string'
}

const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
const id = newId()

describe('a frame that is wrong in itself is refused by name, and the connection goes on', () => {
  test.each<[string, string | Record<string, unknown>, string, string]>([
    ['no JSON', 'hello?', 'bad_frame', 'frame is not JSON'],
    ['half a frame', '{"type":"ping"', 'bad_frame', 'frame is not JSON'],
    ['an empty frame', '', 'bad_frame', 'frame is not JSON'],
    ['an array', '[]', 'bad_frame', 'frame must be a JSON object'],
    ['null', 'null', 'bad_frame', 'frame must be a JSON object'],
    ['a nest of arrays', nested, 'bad_frame', 'frame must be a JSON object'],
    ['a nest in a field', `{"type":"ping","x":${nested}}`, 'bad_frame', 'unknown field "x"'],
    ['a nest as the body', `{"type":"send","id":"${id}","body":${nested}}`, 'bad_frame', 'body'],
    ['no type', '{}', 'bad_frame', 'type'],
    ['a type that is a number', { type: 7 }, 'bad_frame', 'type'],
    ['an unknown type', { type: 'shout' }, 'bad_frame', 'type "shout" is unknown'],
    ["a server's type", { type: 'message' }, 'bad_frame', 'type "message" is unknown'],
    ['a type of the prototype', { type: 'constructor' }, 'bad_frame', 'type "constructor" is unknown'],
    ['__proto__', '{"__proto__":{"role":"agent"},"type":"ping"}', 'bad_frame', '__proto__'],
    [
      '__proto__ in the body',
      `{"type":"send","id":"${id}","body":{"kind":"text","text":"x","__proto__":{}}}`,
      'bad_frame',
      '__proto__',
    ],
    ['an unknown field', { type: 'ping', colour: 'red' }, 'bad_frame', 'colour'],
    [
      'a forged sender',
      { type: 'send', id, body: text('x'), from: { role: 'agent', id: 'a1' } },
      'bad_frame',
      'from',
    ],
    ['a forged time', { type: 'send', id, body: text('x'), at: 1 }, 'bad_frame', 'at'],
    [
      'a forged event',
      { type: 'send', id, body: { kind: 'event', event: 'closed', epoch: 9 } },
      'bad_frame',
      'kind',
    ],
    ['an id that is a number', { type: 'send', id: 1, body: text('x') }, 'bad_frame', 'id'],
    ['an id that is no UUIDv7', { type: 'send', id: 'one', body: text('x') }, 'bad_frame', 'id'],
    ['a body that is text', { type: 'send', id, body: 'x' }, 'bad_frame', 'body'],
    ['a text that is a number', { type: 'send', id, body: text(1) }, 'bad_frame', 'text'],
    ['a text that is too long', { type: 'send', id, body: text('文'.repeat(8_001)) }, 'too_large', '8001'],
    [
      'a conversation that is no id',
      { type: 'send', id, body: text('x'), conversation: '../1' },
      'bad_frame',
      'conversation',
    ],
    ['a preview that is too long', { type: 'typing', preview: 'x'.repeat(501) }, 'too_large', '501'],
    [
      'a page that is too long',
      { type: 'history', conversation: 'a'.repeat(16), after: 0, limit: 201 },
      'too_large',
      '201',
    ],
    [
      'a page without bound',
      { type: 'history', conversation: 'a'.repeat(16), limit: 5 },
      'bad_frame',
      'before and after',
    ],
    ['a next that nobody gave', { type: 'conversations', next: 'more' }, 'bad_frame', 'next'],
    ['a second hello', { type: 'hello', site: 'x' }, 'second_hello', 'hello'],
  ])('%s', async (_, frame, code, says) => {
    const client = await visitor()
    const [answer, ...more] = await answersTo(client, frame)
    expect(answer).toMatchObject({ type: 'error', code })
    expect((answer as { message: string }).message).toContain(says)
    expect(more).toEqual([])
    expect((await client.say('still here')).seq).toBe(1)
    client.terminate()
  })
})

describe('what is not for this caller is refused with a code, and nothing is done', () => {
  test.each<[string, () => Record<string, unknown>, string]>([
    [
      'a send to a foreign conversation',
      () => ({ type: 'send', id: newId(), body: text('x'), conversation: foreign }),
      'not_found',
    ],
    [
      'the history of a foreign conversation',
      () => ({ type: 'history', conversation: foreign, after: 0, limit: 5 }),
      'not_found',
    ],
    [
      'a read mark in a foreign conversation',
      () => ({ type: 'read', conversation: foreign, seq: 1 }),
      'not_found',
    ],
    [
      'an internal note of a visitor',
      () => ({ type: 'send', id: newId(), body: text('x'), stream: 'internal' }),
      'forbidden',
    ],
    ['an epoch of a visitor', () => ({ type: 'send', id: newId(), body: text('x'), epoch: 1 }), 'bad_frame'],
    ["an agent's status of a visitor", () => ({ type: 'status', status: 'offline' }), 'forbidden'],
    ...['accept', 'release', 'close', 'transfer', 'retract'].map(
      (type): [string, () => Record<string, unknown>, string] => [
        `${type} by a visitor`,
        () => ({
          type,
          id: newId(),
          conversation: foreign,
          epoch: 1,
          ...(type === 'transfer' ? { to: bench.agents[1]?.id } : type === 'retract' ? { seq: 1 } : {}),
        }),
        'forbidden',
      ],
    ),
  ])('%s', async (_, frame, code) => {
    const client = await visitor()
    expect(await answersTo(client, frame())).toMatchObject([{ type: 'error', code }])
    client.terminate()
  })

  test('the internal stream of its own conversation is not there for a visitor', async () => {
    const client = await visitor()
    const { conversation } = await client.say('hello')
    const history = { type: 'history', conversation, stream: 'internal', after: 0, limit: 5 }
    expect(await answersTo(client, history)).toMatchObject([{ code: 'not_found' }])
    client.terminate()
  })

  test('typing in a foreign conversation reaches nobody', async () => {
    const client = await visitor()
    expect(await answersTo(client, { type: 'typing', conversation: foreign, preview: 'boo' })).toEqual([])
    victim.send({ type: 'ping' })
    await victim.next('pong')
    expect(victim.all('typing')).toEqual([])
    client.terminate()
  })

  test("another site's conversation is not there for an agent", async () => {
    const elsewhere = await connect(node.wsUrl, { site: node.site.key })
    const { conversation } = await elsewhere.say('on the other site')
    const frames: Record<string, unknown>[] = [
      { type: 'history', conversation, after: 0, limit: 5 },
      { type: 'read', conversation, seq: 1 },
      { type: 'send', id: newId(), conversation, epoch: 0, body: text('x') },
      { type: 'send', id: newId(), conversation, stream: 'internal', body: text('x') },
      { type: 'accept', id: newId(), conversation, epoch: 0 },
      { type: 'close', id: newId(), conversation, epoch: 0 },
      { type: 'retract', id: newId(), conversation, epoch: 0, seq: 1 },
    ]
    const [agent] = agents
    if (agent === undefined) throw new Error('no agent')
    for (const frame of frames) expect(await answersTo(agent, frame)).toMatchObject([{ code: 'not_found' }])
    elsewhere.terminate()
  })

  test('an id that comes again with another body is id_conflict, on either stream', async () => {
    const client = await visitor()
    const { id: used, conversation } = await client.say('one')
    expect(await answersTo(client, { type: 'send', id: used, body: text('two') })).toMatchObject([
      { id: used, code: 'id_conflict' },
    ])
    client.send({ type: 'history', conversation, after: 0, limit: 1 })
    expect((await client.next('page')).messages[0]?.body).toEqual(text('one'))
    client.terminate()
  })

  test('an old epoch, a strange target and a foreign message are refused, each with its own code', async () => {
    const client = await visitor()
    const { conversation } = await client.say('hello')
    const { body } = await client.next('message', (message) => message.body.kind === 'event')
    const owner = agents.find(({ welcome }) => 'owner' in body && welcome.you.id === body.owner)
    if (owner === undefined) throw new Error('nobody was assigned')
    await owner.next('conversation', (frame) => frame.conversation.id === conversation)
    const { epoch } = lastSummary(owner, conversation)
    const command = { conversation, epoch }
    const frames: [Record<string, unknown>, string][] = [
      [{ type: 'send', id: newId(), ...command, epoch: epoch - 1, body: text('x') }, 'stale_epoch'],
      [{ type: 'send', id: newId(), ...command, epoch: epoch + 1, body: text('x') }, 'stale_epoch'],
      [{ type: 'send', id: newId(), conversation, body: text('x') }, 'bad_frame'],
      [{ type: 'close', id: newId(), ...command, epoch: epoch - 1 }, 'stale_epoch'],
      [{ type: 'transfer', id: newId(), ...command, to: 'nobody' }, 'agent_unavailable'],
      [{ type: 'retract', id: newId(), ...command, seq: 99 }, 'not_found'],
      [{ type: 'retract', id: newId(), ...command, seq: 1 }, 'retract_too_late'],
    ]
    for (const [frame, code] of frames) expect(await answersTo(owner, frame)).toMatchObject([{ code }])
    await owner.command({ type: 'close', ...command })
    client.terminate()
  })
})

describe('what is no text message closes the socket with its code', () => {
  test.each<[string, (socket: WebSocket) => void, number]>([
    ['a binary message', (socket) => socket.send(Buffer.from('{"type":"ping"}'), { binary: true }), 1003],
    [
      'text that is not UTF-8',
      (socket) => socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false }),
      1007,
    ],
    [
      '65 fragments',
      (socket) =>
        sendFragments(
          socket,
          Array.from({ length: 65 }, () => 'x'),
        ),
      1008,
    ],
    ['a message of more than 64 KiB', (socket) => socket.send(`"${'x'.repeat(65_536)}"`), 1009],
    [
      'fragments of more than 64 KiB',
      (socket) => sendFragments(socket, ['x'.repeat(40_000), 'y'.repeat(40_000)]),
      1009,
    ],
  ])('%s', async (_, act, code) => {
    const client = await visitor()
    act(client.socket)
    expect((await client.closed).code).toBe(code)
    expect(client.all('error')).toEqual([])
  })

  test('a frame without a mask', async () => {
    const socket = await upgraded()
    socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]))
    const [reply] = (await once(socket, 'data')) as [Buffer]
    expect({ opcode: reply[0], code: reply.readUInt16BE(2) }).toEqual({ opcode: 0x88, code: 1002 })
    socket.destroy()
  })

  test('any bytes after the handshake', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2, maxLength: 300 }), async (bytes) => {
        const socket = await upgraded()
        // What waits for more bytes ends when this side does.
        socket.end(bytes)
        socket.resume()
        await once(socket, 'close')
      }),
      { numRuns: 60 },
    )
  })

  test('but a fragmented message is put together', async () => {
    const client = await visitor()
    sendFragments(client.socket, '{"type":"ping"}'.split(''))
    await client.next('pong')
    client.terminate()
  })

  test('the 21st bad frame', async () => {
    const client = await visitor()
    for (let i = 0; i < 30; i++) client.socket.send('?')
    expect(await client.closed).toEqual({ code: 4400, reason: '21 bad frames' })
    expect(client.all('error')).toHaveLength(21)
  })
})

test('the visitor and the agent beside all this talked on, and no process was replaced', async () => {
  await bystanders.wereUndisturbed()
})

function sendFragments(socket: WebSocket, parts: readonly string[]): void {
  for (const [i, part] of parts.entries()) socket.send(part, { fin: i === parts.length - 1 })
}

/** A connection after the handshake, with no WebSocket code of ours on this end. */
async function upgraded(): Promise<Socket> {
  const sent = request(node.url.replace(/$/, 'ws'), {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      'sec-websocket-protocol': 'kf.v1',
    },
  })
  sent.end()
  const [, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Socket]
  return socket
}
