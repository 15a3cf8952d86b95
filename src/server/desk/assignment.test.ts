import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeskInTest, openTestStore, type TestStore } from './desk-in-test.ts'
import { come, name, ownerOf, withAgents } from './people-in-test.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(async () => {
  await test.close()
})

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
    const { at, agents } = await withAgents(test, 1, 1)
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
    const { at } = await withAgents(test, 10, 20)
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
    const { at, agents } = await withAgents(test, 3)
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
    const { at } = await withAgents(test, 3)
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
    const { at, agents } = await withAgents(test, 2)
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
