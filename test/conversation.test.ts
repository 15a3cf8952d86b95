import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect, lastSummary, newId } from './support/client.ts'
import { type BenchSite, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

let node: TestNode
let bench: BenchSite
const open: Client[] = []

beforeAll(async () => {
  node = await startNode()
  bench = await node.agents(2)
})

afterAll(async () => {
  for (const client of open) client.terminate()
  await node.stop()
})

const visitor = async (token?: string, more: object = {}): Promise<Client> => {
  const client = await connect(node.wsUrl, {
    site: bench.site.key,
    ...(token === undefined ? {} : { token }),
    ...more,
  })
  open.push(client)
  return client
}

const agent = async (index: number, more: object = {}): Promise<Client> => {
  const client = await connect(node.wsUrl, { token: bench.agents[index]?.token ?? '', ...more })
  open.push(client)
  return client
}

describe('a conversation over the wire', () => {
  test('a visitor and an agent talk, and both see the same order', async () => {
    const alice = await agent(0)
    const v = await visitor()
    const first = await v.say('你好，订单什么时候发货？')
    expect(first).toMatchObject({ type: 'ack', stream: 'public', seq: 1 })
    const { conversation } = first
    const assigned = await v.next('message', (message) => message.body.kind === 'event')
    expect(assigned.body).toMatchObject({ event: 'assigned', owner: alice.welcome.you.id, epoch: 1 })
    const { conversation: summary } = await alice.next(
      'conversation',
      (frame) => frame.conversation.id === conversation,
    )
    expect(summary).toMatchObject({ state: 'assigned', epoch: 1, owner: alice.welcome.you.id, head: 2 })
    const reply = await alice.say('Tomorrow.', { conversation, epoch: summary.epoch })
    expect(reply.seq).toBe(3)
    const delivered = await v.next('message', (message) => message.seq === 3)
    expect(delivered).toMatchObject({
      from: { role: 'agent', id: alice.welcome.you.id },
      body: { kind: 'text', text: 'Tomorrow.' },
    })
    await v.say('谢谢', { conversation })
    await alice.next('message', (message) => message.conversation === conversation && message.seq === 4)
    alice.send({ type: 'history', conversation, before: 5, limit: 50 })
    const page = await alice.next('page', (frame) => frame.conversation === conversation)
    expect(page.messages.map((message) => message.seq)).toEqual([1, 2, 3, 4])
    await alice.command({ type: 'close', conversation, epoch: 1 })
    alice.terminate()
    v.terminate()
  })

  test('a retry of a send is answered with the first ack, and another body with id_conflict', async () => {
    const v = await visitor()
    const id = newId()
    const first = await v.say('once', { id })
    expect(await v.say('once', { id })).toEqual(first)
    v.send({ type: 'send', id, body: { kind: 'text', text: 'twice' } })
    expect(await v.next('error', (frame) => frame.id === id)).toMatchObject({ code: 'id_conflict' })
    v.terminate()
  })

  test('a visitor who returns resumes behind what it holds and misses nothing', async () => {
    const v = await visitor()
    const token = v.welcome.token
    const { conversation } = await v.say('one')
    await v.say('two', { conversation })
    v.terminate()
    const again = await visitor(token, {
      resume: { incarnation: v.welcome.incarnation, streams: [{ conversation, stream: 'public', after: 1 }] },
    })
    const held = again.welcome.conversations[0]
    expect(held).toMatchObject({ id: conversation, head: 2 })
    again.send({ type: 'history', conversation, after: 1, limit: 50 })
    const page = await again.next('page')
    expect(page.messages.map((message) => message.seq)).toEqual([2])
    await again.say('three', { conversation })
    expect(again.all('reset')).toEqual([])
    again.terminate()
  })

  test('a resume under another incarnation is reset', async () => {
    const v = await visitor()
    const { conversation } = await v.say('one')
    const again = await visitor(v.welcome.token, {
      resume: { incarnation: 'another', streams: [{ conversation, stream: 'public', after: 1 }] },
    })
    expect(await again.next('reset')).toEqual({ type: 'reset', conversation })
    for (const client of [v, again]) client.terminate()
  })

  test('a second tab of the same visitor gets what the first one sends', async () => {
    const one = await visitor()
    const two = await visitor(one.welcome.token)
    expect(two.welcome.token).toBeUndefined()
    const { conversation } = await one.say('from the first tab')
    await two.next('message', (message) => message.conversation === conversation && message.seq === 1)
    await two.say('from the second tab', { conversation })
    await one.next(
      'message',
      (message) =>
        message.conversation === conversation && message.seq > 1 && message.from.role === 'visitor',
    )
    for (const client of [one, two]) client.terminate()
  })

  test('a transfer moves the conversation, the old epoch is fenced off, notes stay internal', async () => {
    const alice = await agent(0)
    const v = await visitor()
    const { conversation } = await v.say('please help')
    await alice.next('conversation', (frame) => frame.conversation.id === conversation)
    const bob = await agent(1)
    const { epoch } = lastSummary(alice, conversation)
    const note = await alice.say('difficult customer', { conversation, stream: 'internal' })
    expect(note).toMatchObject({ stream: 'internal', seq: 1 })
    const done = await alice.command({ type: 'transfer', conversation, epoch, to: bob.welcome.you.id })
    expect(done.epoch).toBe(epoch + 1)
    const moved = await bob.next('conversation', (frame) => frame.conversation.id === conversation)
    expect(moved.conversation).toMatchObject({
      owner: bob.welcome.you.id,
      epoch: epoch + 1,
      internal_head: 1,
    })
    await expect(alice.say('too late', { conversation, epoch })).rejects.toThrow('stale_epoch')
    await bob.say('I take over', { conversation, epoch: epoch + 1 })
    await v.next(
      'message',
      (message) => message.from.id === bob.welcome.you.id && message.body.kind === 'text',
    )
    expect(v.all('message').every((message) => message.stream === 'public')).toBe(true)
    await bob.command({ type: 'close', conversation, epoch: epoch + 1 })
    const next = await v.say('one more thing', { conversation })
    expect(next.conversation).not.toBe(conversation)
    expect(next.seq).toBe(1)
    for (const client of [alice, bob, v]) client.terminate()
  })

  test('typing, read cursors and presence reach the other side', async () => {
    const alice = await agent(0)
    const v = await visitor()
    const { conversation } = await v.say('are you there?')
    await alice.next('conversation', (frame) => frame.conversation.id === conversation)
    v.send({ type: 'typing', conversation, preview: '请问' })
    expect(await alice.next('typing')).toMatchObject({ conversation, preview: '请问' })
    await v.next('message', (message) => message.body.kind === 'event')
    alice.send({ type: 'read', conversation, seq: 1 })
    expect(await v.next('read')).toEqual({ type: 'read', conversation, role: 'agent', seq: 1 })
    v.send({ type: 'ping' })
    expect(await v.next('pong')).toEqual({ type: 'pong' })
    for (const client of [alice, v]) client.terminate()
  })

  test('a retracted message keeps its place and loses its content', async () => {
    const alice = await agent(0)
    const v = await visitor()
    const { conversation } = await v.say('hello')
    const { conversation: summary } = await alice.next(
      'conversation',
      (frame) => frame.conversation.id === conversation,
    )
    const wrong = await alice.say('the wrong customer', { conversation, epoch: summary.epoch })
    await alice.command({ type: 'retract', conversation, epoch: summary.epoch, seq: wrong.seq })
    const event = await v.next(
      'message',
      (message) => message.body.kind === 'event' && message.body.event === 'retracted',
    )
    expect(event.body).toMatchObject({ seq: wrong.seq })
    v.send({ type: 'history', conversation, after: 0, limit: 50 })
    const page = await v.next('page')
    expect(page.messages.find((message) => message.seq === wrong.seq)).toMatchObject({
      id: wrong.id,
      body: { kind: 'retracted' },
    })
    await waitUntil('the agent to see it too', () =>
      alice
        .all('message')
        .some((message) => message.seq === event.seq && message.conversation === conversation),
    )
    for (const client of [alice, v]) client.terminate()
  })
})
