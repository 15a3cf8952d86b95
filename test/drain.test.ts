import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connect, newId, open } from './support/client.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'

const root = freshFolder()
const data = join(root, 'data')
const nodes: TestNode[] = []

afterAll(async () => {
  for (const node of nodes) await node.stop()
  removeFolder(root)
})

test('SIGTERM spreads drain, acks what was sent before, closes 1001 and exits 0; the next start finds everything', async () => {
  const first = await startNode({ data })
  nodes.push(first)
  const bench = await first.agents(1)
  const agent = await connect(first.wsUrl, { token: bench.agents[0]?.token ?? '' })
  const silent = await open(first.wsUrl)
  const visitors = await Promise.all(
    Array.from({ length: 8 }, () => connect(first.wsUrl, { site: bench.site.key })),
  )
  const events = await listen(first.url, bench.site.key, visitors[0]?.welcome.token ?? '')
  const sent = visitors.map((visitor) =>
    Array.from({ length: 20 }, (_, i) => {
      const id = newId()
      visitor.send({ type: 'send', id, body: { kind: 'text', text: `第 ${i} 条` } })
      return id
    }),
  )
  expect(await first.stop()).toBe(0)

  const everyone = [agent, ...visitors]
  const endings = await Promise.all([...everyone, silent].map((client) => client.closed))
  expect(endings.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 1001))
  expect(silent.frames).toEqual([])
  const delays = everyone.map((client) => client.all('drain').map((drain) => drain.reconnect_after_ms))
  expect(delays.map((each) => each.length)).toEqual(everyone.map(() => 1))
  expect(delays.flat().every((delay) => delay >= 0 && delay <= 5_000)).toBe(true)
  expect(new Set(delays.flat()).size).toBeGreaterThan(1)
  for (const [i, visitor] of visitors.entries()) {
    expect(visitor.all('ack').map((ack) => ack.id)).toEqual(sent[i])
    expect(visitor.all('error')).toEqual([])
  }
  const told = await events.text()
  expect(told).toMatch(/event: frame\ndata: {"type":"drain","reconnect_after_ms":\d+}\n/)
  expect(told.trimEnd().split('\n').slice(-2)).toEqual([
    'event: close',
    'data: {"code":1001,"reason":"kf stops; come back as the drain frame said"}',
  ])

  const second = await startNode({ data, listen: new URL(first.url).host })
  nodes.push(second)
  expect(second.site).toEqual(first.site)
  for (const [i, visitor] of visitors.entries()) {
    const back = await connect(second.wsUrl, { site: bench.site.key, token: visitor.welcome.token ?? '' })
    expect(back.welcome.incarnation).toBe(visitor.welcome.incarnation)
    const [summary] = back.welcome.conversations
    if (summary === undefined) throw new Error('the conversation is gone')
    back.send({ type: 'history', conversation: summary.id, after: 0, limit: 200 })
    const page = await back.next('page')
    const own = page.messages.filter((message) => message.from.role === 'visitor')
    expect(own.map(({ id }) => id)).toEqual(sent[i])
    back.terminate()
  }
  expect(await second.stop()).toBe(0)
})

/** An open stream of server-sent events. */
async function listen(url: string, site: string, token: string): Promise<Response> {
  const response = await fetch(new URL('api/v1/events', url), {
    headers: { authorization: `Bearer ${token}`, 'x-kf-site': site },
  })
  expect(response.status).toBe(200)
  return response
}
