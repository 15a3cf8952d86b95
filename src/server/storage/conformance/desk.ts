import { expect, test } from 'vitest'
import { agentRecord, desk, type World } from './world.ts'

/** Assignment in two idempotent halves, and every other change of owner. */
export function describeDesk(world: () => World): void {
  const ann = { role: 'agent', id: 'ann' } as const
  const bob = { role: 'agent', id: 'bob' } as const

  test('reserve and fence assign a queued conversation, and the event says under which capacity', async () => {
    const w = world()
    const conversation = await w.opened()
    const id = w.id()
    expect(await w.do(w.reserve(conversation, 'ann', 0, { id }))).toEqual({ status: 'reserved', load: 1 })
    expect(w.store.reservations()).toEqual([{ id, conversation, agent: 'ann', epoch: 0, by: desk }])
    const assigned = await w.stored(w.fence(conversation, 0, { to: 'assigned', agent: 'ann' }, { id }))
    expect(assigned).toMatchObject({ status: 'stored', seq: 2, epoch: 1, owner: 'ann', visitor: 'vic' })
    expect(assigned.previous).toBeUndefined()
    expect(JSON.parse(assigned.event ?? '')).toEqual({
      kind: 'event',
      event: 'assigned',
      epoch: 1,
      owner: 'ann',
      owner_name: 'Agent ann',
      agent_version: 1,
      capacity: 2,
      load: 1,
    })
    expect(w.store.reservations()).toEqual([])
    expect(w.store.load('ann')).toBe(1)
    expect(w.record(conversation)).toMatchObject({ state: 'assigned', epoch: 1, owner: 'ann' })
    expect(w.read(conversation)[1]).toMatchObject({ seq: 2, id, from: desk, body: assigned.event })
  })

  test('both halves are idempotent by id, before and after the fence', async () => {
    const w = world()
    const conversation = await w.opened()
    const reserve = w.reserve(conversation, 'ann', 0)
    const fence = w.fence(conversation, 0, { to: 'assigned', agent: 'ann' }, { id: reserve.id })
    await w.do(reserve)
    expect(await w.do(reserve)).toEqual({ status: 'reserved', load: 1 })
    expect(await w.code({ ...reserve, agent: 'bob' })).toBe('id_conflict')
    const first = await w.stored(fence)
    await w.assign(conversation, 'bob', 1, ann)
    expect(await w.stored(reserve)).toEqual({ ...first, status: 'duplicate' })
    expect(await w.stored(fence)).toEqual({ ...first, status: 'duplicate' })
    expect(w.store.load('ann')).toBe(0)
  })

  test('a fence without its reservation is refused', async () => {
    const w = world()
    const conversation = await w.opened()
    expect(await w.code(w.fence(conversation, 0, { to: 'assigned', agent: 'ann' }))).toBe('stale_epoch')
    const reserve = w.reserve(conversation, 'ann', 0)
    await w.do(reserve)
    expect(await w.code(w.fence(conversation, 0, { to: 'assigned', agent: 'ann' }))).toBe('stale_epoch')
    expect(await w.code(w.fence(conversation, 0, { to: 'assigned', agent: 'bob' }, { id: reserve.id }))).toBe(
      'stale_epoch',
    )
  })

  test('capacity counts what is assigned and what is reserved', async () => {
    const w = world()
    await w.assigned('ann', 'v1')
    const second = await w.opened('v2')
    const third = await w.opened('v3')
    expect(await w.do(w.reserve(second, 'ann', 0))).toEqual({ status: 'reserved', load: 2 })
    expect(await w.code(w.reserve(third, 'ann', 0))).toBe('at_capacity')
    await w.stored(w.fence(second, 0, { to: 'closed', reason: 'idle' }))
    expect(w.store.load('ann')).toBe(1)
    expect(w.store.reservations()).toEqual([])
    expect(await w.code(w.reserve(third, 'ann', 0))).toBe('reserved')
  })

  test('a capacity lowered between the halves is what counts; the reservation is dropped', async () => {
    const w = world()
    await w.assigned('ann', 'v1')
    const conversation = await w.opened('v2')
    const reserve = w.reserve(conversation, 'ann', 0)
    await w.do(reserve)
    await w.do({ kind: 'put_agent', agent: { ...agentRecord('ann'), capacity: 1 } })
    const fence = w.fence(conversation, 0, { to: 'assigned', agent: 'ann' }, { id: reserve.id })
    expect(await w.code(fence)).toBe('at_capacity')
    expect([w.store.reservations(), w.store.load('ann')]).toEqual([[], 1])
    await w.do({ kind: 'put_agent', agent: agentRecord('ann') })
    await w.do(reserve)
    expect(JSON.parse((await w.stored(fence)).event ?? '')).toMatchObject({
      agent_version: 3,
      capacity: 2,
      load: 2,
    })
  })

  test('a reservation needs an agent of the site that is not disabled, an open conversation and its epoch', async () => {
    const w = world()
    const conversation = await w.opened()
    await w.do({ kind: 'put_agent', agent: { ...agentRecord('bob'), disabled: true } })
    expect(await w.code(w.reserve(conversation, 'bob', 0))).toBe('agent_unavailable')
    expect(await w.code(w.reserve(conversation, 'eve', 0))).toBe('agent_unavailable')
    expect(await w.code(w.reserve(conversation, 'nobody', 0))).toBe('agent_unavailable')
    expect(await w.code(w.reserve(conversation, 'ann', 1))).toBe('stale_epoch')
    expect(await w.code(w.reserve('aaaaaaaaaaaaaaaa', 'ann', 0))).toBe('not_found')
    await w.stored(w.fence(conversation, 0, { to: 'closed', reason: 'idle' }))
    expect(await w.code(w.reserve(conversation, 'ann', 1))).toBe('conversation_closed')
  })

  test('a conversation has one live reservation at most', async () => {
    const w = world()
    const conversation = await w.opened()
    await w.do(w.reserve(conversation, 'ann', 0))
    expect(await w.code(w.reserve(conversation, 'bob', 0))).toBe('stale_epoch')
    expect([w.store.load('ann'), w.store.load('bob')]).toEqual([1, 0])
  })

  test('an agent accepts from the queue for itself, and never what another owns', async () => {
    const w = world()
    const conversation = await w.opened()
    expect(await w.code(w.reserve(conversation, 'bob', 0, { by: ann }))).toBe('forbidden')
    expect(await w.code(w.reserve(conversation, 'eve', 0, { by: { role: 'agent', id: 'eve' } }))).toBe(
      'not_found',
    )
    const accepted = await w.assign(conversation, 'ann', 0, ann)
    expect(accepted).toMatchObject({ epoch: 1, owner: 'ann' })
    expect(w.read(conversation)[1]?.from).toEqual({ role: 'agent', id: 'ann', name: 'Agent ann' })
    expect(await w.code(w.reserve(conversation, 'bob', 1, { by: bob }))).toBe('forbidden')
    expect(await w.code(w.reserve(conversation, 'ann', 1, { by: ann }))).toBe('forbidden')
    expect(await w.code(w.reserve(conversation, 'bob', 1))).toBe('forbidden')
    expect(await w.code(w.reserve(conversation, 'bob', 1, { by: { role: 'visitor', id: 'vic' } }))).toBe(
      'forbidden',
    )
  })

  test('the owner transfers; the loads follow at the fence', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    const reserve = w.reserve(conversation, 'bob', 1, { by: ann })
    expect(await w.do(reserve)).toEqual({ status: 'reserved', load: 1 })
    expect([w.store.load('ann'), w.store.load('bob')]).toEqual([1, 1])
    const moved = await w.stored(
      w.fence(conversation, 1, { to: 'assigned', agent: 'bob' }, { id: reserve.id, by: ann }),
    )
    expect(moved).toMatchObject({ epoch: 2, owner: 'bob', previous: 'ann' })
    expect(JSON.parse(moved.event ?? '')).toMatchObject({
      event: 'transferred',
      owner: 'bob',
      previous: 'ann',
      load: 1,
    })
    expect([w.store.load('ann'), w.store.load('bob')]).toEqual([0, 1])
    expect(await w.code(w.answer('ann', conversation, { epoch: 1 }))).toBe('stale_epoch')
  })

  test('only the owner releases and closes; the desk may do both', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    expect(await w.code(w.fence(conversation, 1, { to: 'released', reason: 'agent' }, { by: bob }))).toBe(
      'forbidden',
    )
    expect(await w.code(w.fence(conversation, 1, { to: 'closed', reason: 'agent' }, { by: bob }))).toBe(
      'forbidden',
    )
    expect(await w.code(w.fence(conversation, 0, { to: 'closed', reason: 'agent' }, { by: ann }))).toBe(
      'stale_epoch',
    )
    const released = await w.stored(
      w.fence(conversation, 1, { to: 'released', reason: 'agent' }, { by: ann }),
    )
    expect(released).toMatchObject({ epoch: 2, owner: null, previous: 'ann' })
    expect(released.event).toBe(
      '{"kind":"event","event":"released","epoch":2,"previous":"ann","reason":"agent"}',
    )
    expect(await w.code(w.fence(conversation, 2, { to: 'released', reason: 'gone' }))).toBe('stale_epoch')
    expect(await w.code(w.fence(conversation, 2, { to: 'closed', reason: 'agent' }, { by: ann }))).toBe(
      'forbidden',
    )
    const closed = await w.stored(w.fence(conversation, 2, { to: 'closed', reason: 'idle' }))
    expect(closed.event).toBe('{"kind":"event","event":"closed","epoch":3,"reason":"idle"}')
    expect(w.record(conversation)).toMatchObject({ state: 'closed', epoch: 3, owner: null })
    expect(await w.code(w.fence(conversation, 3, { to: 'closed', reason: 'idle' }))).toBe(
      'conversation_closed',
    )
    expect(w.store.load('ann')).toBe(0)
  })

  test("who lost its agent returns to the queue's head; who was released by choice waits anew", async () => {
    const w = world()
    const early = await w.assigned('ann', 'v1')
    w.clock.advance(1_000)
    const late = await w.opened('v2')
    await w.stored(w.fence(early, 1, { to: 'released', reason: 'gone' }))
    expect(w.store.queued('site').map((record) => record.id)).toEqual([early, late])
    await w.assign(early, 'ann', 2)
    w.clock.advance(1_000)
    await w.stored(w.fence(early, 3, { to: 'released', reason: 'agent' }, { by: ann }))
    expect(w.store.queued('site').map((record) => record.id)).toEqual([late, early])
    expect(w.record(early).waitingSince).toBe(w.clock.now())
    expect(w.store.queued('other')).toEqual([])
  })

  test("an agent's conversations are listed with the longest waiting first, and loads agree", async () => {
    const w = world()
    const first = await w.assigned('ann', 'v1')
    w.clock.advance(1)
    const second = await w.assigned('ann', 'v2')
    expect(w.store.conversationsOfAgent('ann').map((record) => record.id)).toEqual([first, second])
    expect(w.store.conversationsOfAgent('bob')).toEqual([])
    expect(w.store.load('ann')).toBe(2)
    await w.do(w.reserve(await w.opened('v3'), 'bob', 0))
    await w.restart()
    expect([w.store.load('ann'), w.store.load('bob'), w.store.reservations().length]).toEqual([2, 1, 1])
  })
}
