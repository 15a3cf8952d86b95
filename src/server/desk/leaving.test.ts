import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from './desk-in-test.ts'
import { come, name, ownerOf, withAgents } from './people-in-test.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(async () => {
  await test.close()
})

describe('desk: agents who leave', () => {
  it('takes conversations from an agent past the grace, to the head of the queue', async () => {
    const { at, agents } = await withAgents(test, 1, 1)
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
    const { at, agents } = await withAgents(test, 1)
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
    const { at, agents } = await withAgents(test, 1)
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
    const { at, agents } = await withAgents(test, 1)
    const [agent = ''] = agents
    const held = await at.send(name('visitor'))
    await at.quiet()
    await at.addAgent(agent, { disabled: true })
    await at.quiet()
    expect(at.record(held)).toMatchObject({ state: 'queued', owner: null, epoch: 2 })
    at.stop()
  })

  it('takes nobody for gone after a start until the grace is over', async () => {
    const { at, agents } = await withAgents(test, 1)
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
