import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { testCli } from '../src/cli/state-in-test.ts'
import { type Client, connect } from './support/client.ts'
import { startNode, type TestNode } from './support/node.ts'

let node: TestNode
const open: Client[] = []

beforeAll(async () => {
  node = await startNode({ workers: 2 })
})
afterAll(async () => {
  for (const client of open) client.terminate()
  await node.stop()
})

async function visitor(site: string): Promise<Client> {
  const client = await connect(node.wsUrl, { site })
  open.push(client)
  return client
}

async function clean(): Promise<unknown> {
  const { state, out, err } = testCli(['bench', 'clean', '--data', node.data, '--json'])
  expect([await runCli(state), err()]).toEqual([0, expect.not.stringContaining('kf:') as unknown])
  return JSON.parse(out())
}

test('a load test is taken away from a node that people talk on, and they notice nothing', async () => {
  const customer = await visitor(node.site.key)
  const { conversation, seq } = await customer.say('Before.')
  const bench = await node.agents(2)
  const agent = await connect(node.wsUrl, { token: bench.agents[0]?.token ?? '' })
  open.push(agent)
  const crowd = await Promise.all(Array.from({ length: 10 }, () => visitor(bench.site.key)))
  await Promise.all(crowd.map((one) => one.say('Load.')))
  await agent.next('conversation')

  const talking = talk(customer, conversation)
  const cleaned = await clean()
  const acks = await talking.stop()

  expect(cleaned).toMatchObject({ site: bench.site.id, closed: 10 })
  // Its own seqs, one after the other, whatever went on beside.
  expect(acks).toEqual(acks.map((_, i) => seq + 1 + i))
  expect(customer.messages(conversation).map((message) => message.seq)).toEqual([
    ...new Set(customer.messages(conversation).map((message) => message.seq)),
  ])
  expect((await agent.closed).code).toBeGreaterThanOrEqual(4_000)
  await expect(crowd[0]?.say('Once more.')).rejects.toThrow('forbidden')
  expect(await clean()).toEqual({ site: null, closed: 0, removed: 0 })
})

test('what is left is there after the writer died, and another load test may come', async () => {
  const customer = await visitor(node.site.key)
  const { conversation } = await customer.say('Kept.')
  const bench = await node.agents(1)
  const one = await visitor(bench.site.key)
  await one.say('Load.')
  await clean()
  await node.kill('writer')
  expect(await customer.say('Still here.', { conversation })).toMatchObject({ seq: 2 })
  const next = await node.agents(1)
  expect(next.site.id).not.toBe(bench.site.id)
  expect(await (await visitor(next.site.key)).say('Load again.')).toMatchObject({ seq: 1 })
})

/** One message after the other until it is stopped; gives the seqs of their acks. */
function talk(client: Client, conversation: string): { readonly stop: () => Promise<readonly number[]> } {
  let going = true
  const seqs: number[] = []
  const run = (async () => {
    while (going || seqs.length < 3) seqs.push((await client.say('Meanwhile.', { conversation })).seq)
  })()
  return {
    stop: async () => {
      going = false
      await run
      return seqs
    },
  }
}
