import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from './support/client.ts'
import { type BenchSite, startNode, type TestNode } from './support/node.ts'
import { brokenPromises, notConverged, type ReadBack, readBack } from './support/promises.ts'
import { createUser, type User } from './support/user.ts'
import { waitUntil } from './support/wait.ts'

/**
 * Random interleavings of everything that people and machines do to a node, then the promises of docs/architecture.md
 * checked on what each client was told and on what fresh readers read back.
 */
let node: TestNode
let bench: BenchSite

beforeAll(async () => {
  node = await startNode()
  bench = await node.agents(3, 4)
})

afterAll(async () => {
  await node.stop()
})

const visitors = 5
const who = fc.nat(visitors - 1)
const staff = fc.nat(2)
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('say' as const), who, burst: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('reply' as const), who: staff }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('note' as const), who: staff }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('retry' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('transfer' as const), who: staff, to: staff }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), who: staff }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('accept' as const), who: staff }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), who: staff }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('drop visitor' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop agent' as const), who: staff }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill writer' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill worker' as const), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill all' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const), who }) },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

test('promises are kept whatever happens in which order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60 }), async (steps) => {
      const people = Array.from({ length: visitors }, () => createUser(node.wsUrl, { site: bench.site.key }))
      const agents = bench.agents.map(({ token }) => createUser(node.wsUrl, { token }))
      try {
        for (const each of steps) await carryOut(each, people, agents)
        for (const user of [...people, ...agents]) user.session.kick()
        await waitUntil(
          'every send and command to be answered',
          () => [...people, ...agents].every((user) => user.sent.every((id) => user.outcomes.has(id))),
          60_000,
        )
        let stored: ReadBack = new Map()
        // The desk may still move a conversation: read again until what people were shown and what is stored meet.
        await waitUntil('every visitor to be shown its whole thread', async () => {
          stored = await readBack(node.wsUrl, bench, people, agents)
          return notConverged(people, stored).length === 0
        })
        expect(brokenPromises([...people, ...agents], stored)).toEqual([])
        await tidyUp(agents)
      } finally {
        for (const user of [...people, ...agents]) user.session.stop()
      }
    }),
    { numRuns: 6, endOnFailure: true, seed: Number(process.env['KF_TEST_SEED'] ?? 7) },
  )
})

async function carryOut(each: Step, people: readonly User[], agents: readonly User[]): Promise<void> {
  switch (each.do) {
    case 'say': {
      const user = people[each.who]
      if (user === undefined) return
      for (let i = 0; i < each.burst; i++) {
        user.sent.push(
          user.session.send(undefined, { kind: 'text', text: `第 ${user.sent.length + 1} 条 message` }),
        )
      }
      return
    }
    case 'reply':
    case 'note': {
      const agent = agents[each.who]
      const mine = ownedBy(agent)
      if (agent === undefined || mine === undefined) return
      const note = each.do === 'note'
      agent.sent.push(
        agent.session.send(
          mine.id,
          { kind: 'text', text: 'noted' },
          note ? { stream: 'internal' } : { epoch: mine.epoch },
        ),
      )
      return
    }
    case 'retry': {
      await retryOnAnotherSocket(people[each.who])
      return
    }
    case 'transfer': {
      const mine = ownedBy(agents[each.who])
      const to = bench.agents[each.to]?.id
      if (mine !== undefined && to !== undefined)
        command(agents[each.who], { type: 'transfer', conversation: mine.id, epoch: mine.epoch, to })
      return
    }
    case 'release':
    case 'close': {
      const mine = ownedBy(agents[each.who])
      if (mine !== undefined)
        command(agents[each.who], { type: each.do, conversation: mine.id, epoch: mine.epoch })
      return
    }
    case 'accept': {
      const waiting = agents[each.who]?.session.state.queue.conversations[0]
      if (waiting !== undefined)
        command(agents[each.who], { type: 'accept', conversation: waiting.id, epoch: waiting.epoch })
      return
    }
    case 'drop visitor':
      people[each.who]?.drop()
      return
    case 'drop agent':
      agents[each.who]?.drop()
      return
    case 'kill writer':
      await node.kill('writer')
      await waitUntil('a new writer', () => node.pids.writer !== 0)
      return
    case 'kill worker': {
      await waitUntil('both workers', () => node.pids.workers.length === 2)
      await node.kill('worker', each.who)
      return
    }
    case 'kill all': {
      const { data, url } = node
      await node.kill('supervisor')
      node = await startNode({ data, listen: new URL(url).host })
      return
    }
    case 'settle': {
      const user = people[each.who]
      await waitUntil(
        'the answers of one visitor',
        () => user?.sent.every((id) => user.outcomes.has(id)) ?? true,
        60_000,
      )
    }
  }
}

/** The same id and body from another connection: what a proxy, a second tab or an impatient integrator does. */
async function retryOnAnotherSocket(user: User | undefined): Promise<void> {
  const id = user?.sent.find((sent) => user.outcomes.get(sent)?.status === 'acked')
  if (user?.token === undefined || id === undefined) return
  const first = user.outcomes.get(id)
  const text = `第 ${user.sent.indexOf(id) + 1} 条 message`
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      const other = await connect(node.wsUrl, { site: bench.site.key, token: user.token })
      const again = await Promise.race([other.say(text, { id }), other.closed.then(() => undefined)])
      other.terminate()
      if (again === undefined || first?.status !== 'acked') continue
      expect({ seq: again.seq, conversation: again.conversation }).toEqual({
        seq: first.seq,
        conversation: first.conversation,
      })
      return
    } catch (error) {
      // The node may be on its way back: a refused connection says nothing. A wrong answer does.
      if (error instanceof Error && /expected|id_conflict/.test(error.message)) throw error
    }
  }
}

function ownedBy(agent: User | undefined) {
  const id = agent?.session.state.you?.id
  return agent?.session.state.conversations.find((each) => each.state === 'assigned' && each.owner === id)
}

function command(agent: User | undefined, frame: Parameters<User['session']['command']>[0]): void {
  void agent?.session.command(frame)
}

/** Agents give back what they hold, so that the next run finds them free. */
async function tidyUp(agents: readonly User[]): Promise<void> {
  for (const agent of agents) {
    await waitUntil('an agent to close what it holds', async () => {
      const mine = ownedBy(agent)
      if (mine === undefined) return true
      await agent.session.command({ type: 'close', conversation: mine.id, epoch: mine.epoch })
      return false
    })
  }
}
