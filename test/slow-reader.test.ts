import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBystanders } from './support/bystanders.ts'
import { type Client, connect, lastSummary } from './support/client.ts'
import { type BenchSite, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** A client that stops reading costs a bounded outbox and nobody else anything; it comes back and misses nothing. */
let node: TestNode
let bench: BenchSite

beforeAll(async () => {
  // One worker: whoever is slow shares it with everyone.
  node = await startNode({ workers: 1 })
  bench = await node.agents(2)
})

afterAll(async () => {
  await node.stop()
})

test('a client that does not read is cut with 4413 and resumes without a hole', async () => {
  const bystanders = await startBystanders(node, bench)
  const bob = await connect(node.wsUrl, { token: bench.agents[1]?.token ?? '' })
  const slow = await connect(node.wsUrl, { site: bench.site.key })
  const { conversation } = await slow.say('请问')
  await bob.next('conversation', (frame) => frame.conversation.id === conversation)
  await slow.next('message', (message) => message.seq === 2)
  const { epoch } = lastSummary(bob, conversation)
  await waitUntil('every session to be counted', async () => (await sessions()) === 4)

  socketOf(slow).pause()
  const long = '很长的一段话'.repeat(1_300)
  let head = 2
  while ((await sessions()) === 4) {
    const acks = await Promise.all(Array.from({ length: 25 }, () => bob.say(long, { conversation, epoch })))
    head = Math.max(...acks.map((ack) => ack.seq))
  }
  socketOf(slow).resume()
  expect(await slow.closed).toEqual({ code: 4413, reason: 'the outbox is full: the client does not read' })
  const held = slow.messages(conversation).map(({ seq }) => seq)
  expect(held).toEqual(upTo(1 + held.length).slice(1))
  const after = 1 + held.length
  expect(after).toBeLessThan(head)

  const back = await connect(node.wsUrl, {
    site: bench.site.key,
    token: slow.welcome.token ?? '',
    resume: { incarnation: slow.welcome.incarnation, streams: [{ conversation, stream: 'public', after }] },
  })
  expect(back.all('reset')).toEqual([])
  const pulled = await pull(back, conversation, after)
  expect([...upTo(after), ...pulled]).toEqual(upTo(head))
  const live = await bob.say('and on it goes', { conversation, epoch })
  await back.next('message', (message) => message.seq === live.seq)
  expect(live.seq).toBe(head + 1)
  expect(back.messages(conversation).map(({ seq }) => seq)).toEqual([live.seq])
  await bystanders.wereUndisturbed()
  for (const client of [bob, back]) client.terminate()
})

/** Live sessions of the only worker, as it reports them once a second. */
async function sessions(): Promise<number> {
  const metrics = await (await fetch(new URL('metrics', node.admin))).text()
  return Number(/^kf_worker_sessions\S* (\d+)/m.exec(metrics)?.[1])
}

async function pull(client: Client, conversation: string, from: number): Promise<number[]> {
  const seqs: number[] = []
  for (let after = from; ; after = seqs.at(-1) ?? from) {
    client.send({ type: 'history', conversation, after, limit: 200 })
    const page = await client.next('page', (frame) => frame.after === after)
    seqs.push(...page.messages.map(({ seq }) => seq))
    if (page.messages.length === 0 || seqs.at(-1) === page.head) return seqs
  }
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1)
}

// The WebSocket's own pause would still let the kernel's buffers run into memory here.
function socketOf(client: Client): Socket {
  return (client.socket as unknown as { readonly _socket: Socket })._socket
}
