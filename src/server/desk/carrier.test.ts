import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../core/ids.ts'
import { openTestStore, type TestStore } from './desk-in-test.ts'
import { name, withAgents } from './people-in-test.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(async () => {
  await test.close()
})

describe('desk: a store that does not answer', () => {
  it.each(['fail', 'lose'] as const)('asks again with the same ids until it knows (%s)', async (fate) => {
    const { at, agents } = await withAgents(test, 1)
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
      const { at, agents } = await withAgents(test, 1)
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
    const { at, agents } = await withAgents(test, 1)
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
