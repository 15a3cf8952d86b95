import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../core/ids.ts'
import type { Identity } from '../bus/wire.ts'
import { createDeskInTest, type DeskInTest, openTestStore, type TestStore } from './desk-in-test.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(async () => {
  await test.close()
})

let n = 0
const name = (kind: string): string => `${kind}${++n}`

async function withAgents(
  count: number,
  capacity = 2,
): Promise<{ readonly at: DeskInTest; readonly agents: string[] }> {
  const at = await createDeskInTest(test)
  const agents: string[] = []
  for (let i = 0; i < count; i++) {
    const agent = name('agent')
    await at.addAgent(agent, { capacity })
    agents.push(agent)
  }
  come(at, ...agents)
  return { at, agents }
}

function come(at: DeskInTest, ...agents: readonly string[]): void {
  at.presence().up(
    1,
    agents.map((id): Identity => ({ id, role: 'agent', site: at.site })),
  )
}

function ownerOf(at: DeskInTest, conversation: string): string | null {
  return at.record(conversation).owner
}

describe('desk: assignment', () => {
  it('gives a new conversation to the agent with the smallest share of its capacity', async () => {
    const at = await createDeskInTest(test)
    const [small, large] = [name('small'), name('large')]
    await at.addAgent(small, { capacity: 2 })
    await at.addAgent(large, { capacity: 10 })
    come(at, small, large)
    for (let i = 0; i < 6; i++) {
      await at.send(name('visitor'))
      await at.quiet()
    }
    const loads = at
      .desk()
      .agents(at.site)
      .map(({ load, capacity }) => [load, capacity])
    expect(loads).toEqual([
      [1, 2],
      [5, 10],
    ])
    at.stop()
  })

  it('leaves it in the queue while nobody is free, and assigns it when capacity comes free', async () => {
    const { at, agents } = await withAgents(1, 1)
    const [agent = ''] = agents
    const first = await at.send(name('visitor'))
    const second = await at.send(name('visitor'))
    await at.quiet()
    expect([ownerOf(at, first), ownerOf(at, second)]).toEqual([agent, null])
    expect(at.desk().queue(at.site, 10)).toMatchObject({
      waiting: 1,
      conversations: [{ id: second, state: 'queued' }],
    })
    const closing = at.command(agent, 'close', first)
    await at.quiet()
    expect(await closing).toMatchObject({ status: 'stored', epoch: 2, owner: null, previous: agent })
    expect(ownerOf(at, second)).toBe(agent)
    expect(at.desk().queue(at.site, 10).waiting).toBe(0)
    at.stop()
  })

  it('carries a crowd in one batch of reservations and one of fences', async () => {
    const { at } = await withAgents(10, 20)
    for (let i = 0; i < 150; i++) await at.send(name('visitor'))
    // The first turn begins before the crowd is complete; from then on everything that waits goes together.
    await at.quiet()
    expect(
      at
        .desk()
        .agents(at.site)
        .map(({ load }) => load),
    ).toEqual(Array.from({ length: 10 }, () => 15))
    expect(at.desk().queue(at.site, 1).waiting).toBe(0)
    at.stop()
  })

  it('reserves a crowd that waited for an agent in one submission', async () => {
    const at = await createDeskInTest(test)
    const agent = name('agent')
    await at.addAgent(agent, { capacity: 60 })
    for (let i = 0; i < 50; i++) await at.send(name('visitor'))
    await at.quiet()
    come(at, agent)
    await at.quiet()
    expect(at.sizes).toEqual([50, 50])
    at.stop()
  })

  it('assigns, and takes back, more than fits one turn of the loop', async () => {
    const at = await createDeskInTest(test)
    const agents = Array.from({ length: 5 }, () => name('agent'))
    for (const agent of agents) await at.addAgent(agent, { capacity: 500 })
    for (let i = 0; i < 2_500; i++) await at.send(name('visitor'))
    await at.quiet()
    come(at, ...agents)
    await at.quiet()
    expect(Math.max(...at.sizes)).toBeLessThan(1_300)
    expect(
      at
        .desk()
        .agents(at.site)
        .map(({ load }) => load),
    ).toEqual([500, 500, 500, 500, 500])
    for (const agent of agents) await at.addAgent(agent, { capacity: 500, disabled: true })
    await at.quiet()
    expect(
      at
        .desk()
        .agents(at.site)
        .map(({ load }) => load),
    ).toEqual([0, 0, 0, 0, 0])
    expect(at.desk().queue(at.site, 1).waiting).toBe(2_500)
    at.stop()
  })

  it('gives nothing new to an agent who is away, who is absent, or who is disabled', async () => {
    const { at, agents } = await withAgents(3)
    const [away = '', absent = '', disabled = ''] = agents
    await at.setStatus(away, 'away')
    at.presence().down(1, [absent])
    await at.addAgent(disabled, { disabled: true })
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    expect(ownerOf(at, conversation)).toBeNull()
    await at.setStatus(away, 'online')
    await at.quiet()
    expect(ownerOf(at, conversation)).toBe(away)
    at.stop()
  })

  it('gives a visitor who comes again to the agent who knows it', async () => {
    const { at } = await withAgents(3)
    const visitor = name('visitor')
    const first = await at.send(visitor)
    await at.quiet()
    const owner = ownerOf(at, first) ?? ''
    await at.send(name('visitor'))
    void at.command(owner, 'close', first)
    await at.quiet()
    await at.send(name('visitor'))
    await at.quiet()
    const second = await at.send(visitor)
    await at.quiet()
    expect(second).not.toBe(first)
    expect(ownerOf(at, second)).toBe(owner)
    at.stop()
  })

  it('breaks ties in favour of an agent on the visitor’s worker', async () => {
    const { at, agents } = await withAgents(2)
    const [, other = ''] = agents
    at.presence().down(1, [other])
    at.presence().up(7, [{ id: other, role: 'agent', site: at.site }])
    const visitor = name('visitor')
    at.presence().up(7, [{ id: visitor, role: 'visitor', site: at.site }])
    const conversation = await at.send(visitor)
    await at.quiet()
    expect(ownerOf(at, conversation)).toBe(other)
    at.stop()
  })

  it('asks the router which agents may serve', async () => {
    const [one, two] = [name('agent'), name('agent')]
    const router = {
      match: () => ({ group: 'billing', by: 'rule 1' }),
      serves: (agent: string) => agent === two,
    }
    const at = await createDeskInTest(test, { router })
    await at.addAgent(one, { capacity: 9 })
    await at.addAgent(two, { capacity: 1 })
    come(at, one, two)
    const [first, second] = [await at.send(name('visitor')), await at.send(name('visitor'))]
    await at.quiet()
    expect([ownerOf(at, first), ownerOf(at, second)]).toEqual([two, null])
    at.stop()
  })
})

describe('desk: agents who leave', () => {
  it('takes conversations from an agent past the grace, to the head of the queue', async () => {
    const { at, agents } = await withAgents(1, 1)
    const [agent = ''] = agents
    await at.pass(30_000)
    const held = await at.send(name('visitor'))
    await at.quiet()
    const waiting = await at.send(name('visitor'))
    at.presence().down(1, [agent])
    await at.pass(9_750)
    expect(ownerOf(at, held)).toBe(agent)
    await at.pass(250)
    expect(at.record(held)).toMatchObject({ state: 'queued', owner: null, epoch: 2 })
    expect(
      at
        .desk()
        .queue(at.site, 9)
        .conversations.map(({ id }) => id),
    ).toEqual([held, waiting])
    at.stop()
  })

  it('lets an agent who is away, or who comes back in time, keep what it has', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    await at.pass(30_000)
    const held = await at.send(name('visitor'))
    await at.quiet()
    await at.setStatus(agent, 'away')
    at.presence().down(1, [agent])
    await at.pass(9_000)
    come(at, agent)
    await at.pass(60_000)
    expect(at.record(held)).toMatchObject({ state: 'assigned', owner: agent, epoch: 1 })
    at.stop()
  })

  it('takes conversations from an agent whose own word is offline, after time to change it', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    const held = await at.send(name('visitor'))
    await at.quiet()
    await at.setStatus(agent, 'offline')
    await at.pass(9_000)
    await at.setStatus(agent, 'online')
    await at.pass(9_000)
    expect(ownerOf(at, held)).toBe(agent)
    await at.setStatus(agent, 'offline')
    await at.pass(10_000)
    expect(ownerOf(at, held)).toBeNull()
    at.stop()
  })

  it('takes conversations from a disabled agent at once', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    const held = await at.send(name('visitor'))
    await at.quiet()
    await at.addAgent(agent, { disabled: true })
    await at.quiet()
    expect(at.record(held)).toMatchObject({ state: 'queued', owner: null, epoch: 2 })
    at.stop()
  })

  it('takes nobody for gone after a start until the grace is over', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    const held = await at.send(name('visitor'))
    await at.quiet()
    await at.crash()
    await at.pass(29_750)
    expect(ownerOf(at, held)).toBe(agent)
    await at.pass(250)
    expect(ownerOf(at, held)).toBeNull()
    at.stop()
  })
})

describe('desk: commands', () => {
  it('answers the retry of a finished command with the first answer, though the state has moved on', async () => {
    const { at, agents } = await withAgents(2)
    const [a = '', b = ''] = agents
    await at.setStatus(b, 'away')
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const id = uuidv7(test.clock.now())
    const first = at.command(a, 'transfer', conversation, { id, to: b })
    await at.quiet()
    expect(await first).toMatchObject({ status: 'stored', epoch: 2, owner: b, previous: a })
    const closing = at.command(b, 'close', conversation)
    await at.quiet()
    await closing
    for (const epoch of [1, 3]) {
      const retry = at.command(a, 'transfer', conversation, { id, epoch, to: b })
      await at.quiet()
      expect(await retry).toMatchObject({ status: 'duplicate', epoch: 2, owner: b, seq: 3 })
    }
    at.stop()
  })

  it('answers both copies of a command that was sent twice at once', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    await at.setStatus(agent, 'away')
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const id = uuidv7(test.clock.now())
    const both = [
      at.command(agent, 'accept', conversation, { id }),
      at.command(agent, 'accept', conversation, { id, epoch: 0 }),
    ]
    await at.quiet()
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual(['stored', 'duplicate'])
    at.stop()
  })

  it('lets one of two agents accept', async () => {
    const { at, agents } = await withAgents(2)
    const [a = '', b = ''] = agents
    for (const agent of agents) await at.setStatus(agent, 'away')
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const both = [at.command(a, 'accept', conversation), at.command(b, 'accept', conversation)]
    await at.quiet()
    expect(await Promise.all(both)).toMatchObject([
      { status: 'stored', epoch: 1, owner: a },
      { status: 'rejected', code: 'stale_epoch' },
    ])
    at.stop()
  })

  it('does not offer a released conversation to the agent who released it for a minute', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const release = at.command(agent, 'release', conversation)
    await at.quiet()
    expect(await release).toMatchObject({ status: 'stored', epoch: 2, owner: null })
    await at.pass(59_000)
    expect(ownerOf(at, conversation)).toBeNull()
    await at.pass(1_000)
    expect(ownerOf(at, conversation)).toBe(agent)
    at.stop()
  })

  it.each([
    ['accept by a full agent', 'at_capacity'],
    ['transfer to a full agent', 'at_capacity'],
    ['transfer to an agent of another site', 'agent_unavailable'],
    ['transfer to a disabled agent', 'agent_unavailable'],
    ['transfer to an agent who is gone', 'agent_unavailable'],
    ['transfer to an agent who is offline by its own word', 'agent_unavailable'],
    ['transfer by another than the owner', 'forbidden'],
    ['transfer to the owner itself', 'forbidden'],
    ['close by another than the owner', 'forbidden'],
    ['release under an old epoch', 'stale_epoch'],
    ['accept of an assigned conversation', 'forbidden'],
    ['close by an agent of another site', 'not_found'],
    ['close of what does not exist', 'not_found'],
    ['close by nobody of this server', 'forbidden'],
    ['close by a visitor', 'forbidden'],
  ])('refuses %s with %s', async (what, code) => {
    const { at, agents } = await withAgents(2, 1)
    const [a = '', b = ''] = agents
    await at.pass(30_000)
    await at.setStatus(b, 'away')
    const held = await at.send(name('visitor'))
    await at.quiet()
    const queued = await at.send(name('visitor'))
    const stranger = name('stranger')
    await at.addAgent(stranger, { site: `${at.site}-other` })
    come(at, stranger)
    const command = async () => {
      switch (what) {
        case 'accept by a full agent':
          return at.command(a, 'accept', queued)
        case 'transfer to a full agent':
          void at.command(b, 'accept', queued)
          await at.quiet()
          return at.command(b, 'transfer', queued, { to: a })
        case 'transfer to an agent of another site':
          return at.command(a, 'transfer', held, { to: stranger })
        case 'transfer to a disabled agent':
          await at.addAgent(b, { disabled: true })
          return at.command(a, 'transfer', held, { to: b })
        case 'transfer to an agent who is gone':
          at.presence().down(1, [b])
          await at.pass(10_000)
          return at.command(a, 'transfer', held, { to: b })
        case 'transfer to an agent who is offline by its own word':
          await at.setStatus(b, 'offline')
          return at.command(a, 'transfer', held, { to: b })
        case 'transfer by another than the owner':
          return at.command(b, 'transfer', held, { to: b })
        case 'transfer to the owner itself':
          return at.command(a, 'transfer', held, { to: a })
        case 'close by another than the owner':
          return at.command(b, 'close', held)
        case 'release under an old epoch':
          return at.command(a, 'release', held, { epoch: 0 })
        case 'accept of an assigned conversation':
          return at.command(b, 'accept', held)
        case 'close by an agent of another site':
          return at.command(stranger, 'close', held)
        case 'close of what does not exist':
          return at.command(a, 'close', 'nothing', { epoch: 1 })
        case 'close by nobody of this server':
          return at.command('nobody', 'close', held)
        default:
          return at.desk().command({
            kind: 'command',
            command: 'close',
            id: uuidv7(test.clock.now()),
            conversation: held,
            epoch: 1,
            by: { role: 'visitor', id: a },
          })
      }
    }
    expect(await at.answered(command())).toMatchObject({ status: 'rejected', code })
    expect(at.record(held)).toMatchObject({ owner: a, epoch: 1 })
    at.stop()
  })
})

describe('desk: a store that does not answer', () => {
  it.each(['fail', 'lose'] as const)('asks again with the same ids until it knows (%s)', async (fate) => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    const conversation = await at.send(name('visitor'))
    await at.settle(fate)
    expect(at.waiting()).toBe(0)
    await at.pass(1_000)
    expect(at.record(conversation)).toMatchObject({ owner: agent, epoch: 1 })
    expect(at.store.load(agent)).toBe(1)
    at.stop()
  })

  it.each(['fail', 'lose'] as const)(
    'answers a command with unavailable, and ends it all the same (%s)',
    async (fate) => {
      const { at, agents } = await withAgents(1)
      const [agent = ''] = agents
      const conversation = await at.send(name('visitor'))
      await at.quiet()
      const id = uuidv7(test.clock.now())
      const first = at.command(agent, 'close', conversation, { id })
      await at.settle(fate)
      expect(await first).toMatchObject({ status: 'failed', code: 'unavailable' })
      await at.pass(1_000)
      const retry = at.command(agent, 'close', conversation, { id, epoch: 1 })
      await at.quiet()
      expect(await retry).toMatchObject({ status: 'duplicate', epoch: 2 })
      at.stop()
    },
  )

  it('ends an assignment that a crash cut between reservation and fence', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    const conversation = await at.send(name('visitor'))
    await at.settle()
    expect(at.store.reservations().map((reservation) => reservation.conversation)).toEqual([conversation])
    await at.crash()
    await at.quiet()
    expect(at.record(conversation)).toMatchObject({ owner: agent, epoch: 1 })
    expect(at.store.reservations()).toEqual([])
    expect(at.desk().agents(at.site)).toMatchObject([{ load: 1 }])
    at.stop()
  })
})

describe('desk: notices', () => {
  it('tells a waiting visitor its place, and again when it changed', async () => {
    const { at, agents } = await withAgents(1, 1)
    const [agent = ''] = agents
    const [v1, v2, v3] = [name('visitor'), name('visitor'), name('visitor')]
    at.presence().up(
      1,
      [v2, v3].map((id): Identity => ({ id, role: 'visitor', site: at.site })),
    )
    const first = await at.send(v1)
    await at.quiet()
    const second = await at.send(v2)
    const third = await at.send(v3)
    await at.pass(1_500)
    const since = at.record(third).waitingSince
    const places = () => at.told.filter(({ frame }) => frame.type === 'queue' && 'position' in frame)
    expect(places()).toEqual([
      {
        to: [v2],
        frame: { type: 'queue', conversation: second, position: 1, eta_s: null, waiting_since: since },
      },
      {
        to: [v3],
        frame: { type: 'queue', conversation: third, position: 2, eta_s: null, waiting_since: since },
      },
    ])
    void at.command(agent, 'close', first)
    await at.pass(1_500)
    expect(places().slice(2)).toEqual([
      {
        to: [v3],
        frame: { type: 'queue', conversation: third, position: 1, eta_s: null, waiting_since: since },
      },
    ])
    expect(at.desk().place(third)).toMatchObject({ position: 1 })
    expect(at.desk().place(first)).toBeUndefined()
    at.stop()
  })

  it('tells a long queue its places in slices, at most every two seconds', async () => {
    const { at, agents } = await withAgents(1, 1)
    const [agent = ''] = agents
    await at.setStatus(agent, 'away')
    const visitors = Array.from({ length: 1_200 }, () => name('visitor'))
    at.presence().up(
      1,
      visitors.map((id): Identity => ({ id, role: 'visitor', site: at.site })),
    )
    const conversations: string[] = []
    for (const visitor of visitors) conversations.push(await at.send(visitor))
    const places = (): unknown[] =>
      at.told.flatMap(({ frame }) =>
        frame.type === 'queue' && 'position' in frame ? [[frame.conversation, frame.position]] : [],
      )
    await at.pass(250)
    expect(places()).toEqual(conversations.map((id, i) => [id, i + 1]))
    at.told.length = 0
    void at.command(agent, 'accept', conversations[0] ?? '')
    await at.pass(1_500)
    expect(places()).toEqual([])
    await at.pass(1_000)
    expect(places()).toEqual(conversations.slice(1).map((id, i) => [id, i + 1]))
    const [snapshot] = at.told.filter(({ frame }) => frame.type === 'queue' && 'waiting' in frame)
    expect(snapshot).toMatchObject({ to: [agent], frame: { waiting: 1_199 } })
    expect(snapshot?.frame).toHaveProperty('conversations.length', 100)
    at.stop()
  })

  it('estimates the wait by the pace of the queue', async () => {
    const { at, agents } = await withAgents(1, 1)
    const [agent = ''] = agents
    const conversations: string[] = []
    for (let i = 0; i < 5; i++) conversations.push(await at.send(name('visitor')))
    await at.quiet()
    for (const conversation of conversations.slice(0, 3)) {
      await at.pass(4_000)
      expect(ownerOf(at, conversation)).toBe(agent)
      void at.command(agent, 'close', conversation)
      await at.quiet()
    }
    expect(at.desk().place(conversations[4] ?? '')).toMatchObject({ position: 1, eta_s: 4 })
    at.stop()
  })

  it('tells present agents who waits, once per change', async () => {
    const { at, agents } = await withAgents(2)
    for (const agent of agents) await at.setStatus(agent, 'away')
    await at.pass(1_000)
    at.told.length = 0
    const visitor = name('visitor')
    const conversation = await at.send(visitor)
    await at.pass(3_000)
    const snapshots = at.told.filter(({ frame }) => frame.type === 'queue')
    expect(snapshots).toEqual([
      {
        to: agents,
        frame: {
          type: 'queue',
          waiting: 1,
          conversations: [
            {
              id: conversation,
              head: 1,
              internal_head: 0,
              state: 'queued',
              epoch: 0,
              owner: null,
              read: { visitor: 0, agent: 0 },
              waiting_since: at.record(conversation).waitingSince,
              visitor: { id: visitor, presence: 'unknown' },
            },
          ],
        },
      },
    ])
    at.stop()
  })

  it('tells the owner about its visitor, and the visitor about its owner', async () => {
    const { at, agents } = await withAgents(1)
    const [agent = ''] = agents
    await at.pass(30_000)
    const visitor = name('visitor')
    at.presence().up(1, [{ id: visitor, role: 'visitor', site: at.site }])
    const conversation = await at.send(visitor)
    await at.pass(1_000)
    at.told.length = 0
    at.presence().down(1, [visitor])
    await at.pass(11_000)
    const who = { role: 'visitor', id: visitor }
    expect(at.told).toEqual([
      { to: [agent], frame: { type: 'presence', conversation, who, presence: 'unknown' } },
      { to: [agent], frame: { type: 'presence', conversation, who, presence: 'offline' } },
    ])
    at.told.length = 0
    at.presence().up(1, [{ id: visitor, role: 'visitor', site: at.site }])
    at.presence().down(1, [agent])
    await at.pass(2_000)
    expect(at.told).toEqual([
      { to: [agent], frame: { type: 'presence', conversation, who, presence: 'online' } },
      {
        to: [visitor],
        frame: { type: 'presence', conversation, who: { role: 'agent', id: agent }, presence: 'unknown' },
      },
    ])
    at.stop()
  })

  it('tells present colleagues about presence and status, as their latest state', async () => {
    const { at, agents } = await withAgents(2)
    const [a = '', b = ''] = agents
    await at.pass(1_000)
    at.told.length = 0
    await at.setStatus(a, 'away')
    await at.setStatus(a, 'online')
    await at.setStatus(a, 'away')
    await at.pass(2_000)
    expect(at.told).toEqual([
      {
        to: [b],
        frame: { type: 'presence', who: { role: 'agent', id: a }, presence: 'online', status: 'away' },
      },
    ])
    at.stop()
  })
})
