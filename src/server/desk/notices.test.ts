import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Identity } from '../bus/wire.ts'
import { openTestStore, type TestStore } from './desk-in-test.ts'
import { name, ownerOf, withAgents } from './people-in-test.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(async () => {
  await test.close()
})

describe('desk: notices', () => {
  it('tells a waiting visitor its place, and again when it changed', async () => {
    const { at, agents } = await withAgents(test, 1, 1)
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
    const { at, agents } = await withAgents(test, 1, 1)
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
    const { at, agents } = await withAgents(test, 1, 1)
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
    const { at, agents } = await withAgents(test, 2)
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
    const { at, agents } = await withAgents(test, 1)
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
    const { at, agents } = await withAgents(test, 2)
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
