import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pause } from '../src/chaos/fault/process/pause.ts'
import { thisHost } from '../src/chaos/topology/links-in-test.ts'
import { startTopology, type TopologyPorts } from '../src/chaos/topology/start.ts'
import { startToxiproxy, type ToxiproxyServer } from '../src/chaos/topology/toxiproxy.ts'
import { toxiproxyApi } from '../src/chaos/topology/toxiproxy-api.ts'
import { connect } from './support/client.ts'
import { removeFolder, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** A node and a Toxiproxy that somebody else has started. */
let node: TestNode
let toxiproxy: ToxiproxyServer
beforeAll(async () => {
  node = await startNode()
  toxiproxy = await startToxiproxy({ host: thisHost(), onTrouble: () => undefined })
  const api = toxiproxyApi(toxiproxy.api, 5_000)
  await api.create('front', '127.0.0.1:0', node.listen)
  await api.create('desk', '127.0.0.1:0', node.listen)
})
afterAll(async () => {
  await toxiproxy.stop()
  await node.stop()
  removeFolder(dirname(node.data))
})

const people = { agents: 2, capacity: 10 }

function plan() {
  const links = { 'visitors->node': 'front', 'agents->node': 'desk' }
  return { kind: 'attached', url: node.url, toxiproxy: toxiproxy.api, links } as const
}

function ports(more: Partial<TopologyPorts>): TopologyPorts {
  return {
    serve: [],
    env: {},
    dataRoot: dirname(node.data),
    keep: () => Promise.reject(new Error('nothing of it is ours')),
    host: thisHost(),
    onTrouble: () => undefined,
    ...more,
  }
}

test('an attached node is talked to through its proxies, with the sealed site of its data folder', async () => {
  const topology = await startTopology(plan(), people, ports({ access: { dataFolder: node.data } }))
  expect(topology.agentTokens).toHaveLength(2)
  expect(topology.links.map(({ name, proxy }) => [name, proxy])).toEqual([
    ['visitors->node', 'front'],
    ['agents->node', 'desk'],
  ])
  expect(topology.addressFor('visitors', 'node')).not.toBe(topology.directAddress('node'))
  expect(topology.directAddress('node')).toBe(node.wsUrl)
  expect(await topology.nodes[0]?.ready()).toBe(true)
  const visitor = await connect(topology.addressFor('visitors', 'node'), { site: topology.site })
  expect((await visitor.say('在吗？')).seq).toBe(1)
  await waitUntil('its session in the sample', async () => (await topology.sample())?.connections === 1)
  visitor.terminate()
  await topology.stop()
  expect(node.exited()).toBe(false)
})

test('its processes are left alone: a fault on them is refused', async () => {
  const topology = await startTopology(plan(), people, ports({ access: { dataFolder: node.data } }))
  await expect(topology.nodes[0]?.kill('node')).rejects.toMatchObject({ code: 'not_ours' })
  const context = {
    topology,
    clock: { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined },
    random: () => 0.5,
    undo: () => Promise.reject(new Error('nothing to undo')),
    clients: {
      storm: () => 0,
      stopReading: () => ({ resume: () => undefined, cut: () => 0 }),
      connected: () => 0,
      acks: () => 0,
    },
  }
  await expect(pause.inject(context, 'node', { what: 'node' })).rejects.toMatchObject({ code: 'not_running' })
})

test('without a data folder, a site and as many tokens as agents are needed', async () => {
  await expect(startTopology(plan(), people, ports({}))).rejects.toMatchObject({ code: 'attach_access' })
  await expect(
    startTopology(plan(), people, ports({ access: { site: node.site.key, agentTokens: ['one'] } })),
  ).rejects.toMatchObject({
    code: 'attach_agents',
    message: 'the scenario has 2 agents, and there are tokens of 1',
  })
})
