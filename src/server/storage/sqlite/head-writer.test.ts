import { afterEach, expect, test } from 'vitest'
import { World } from '../conformance/world.ts'
import type { StoreOptions } from './open.ts'
import { sqlitePlace } from './place.ts'

let world: World | undefined
afterEach(() => world?.end())

async function create(options: Partial<StoreOptions>): Promise<World> {
  world = await World.create((clock) => Promise.resolve(sqlitePlace(clock, options)))
  return world
}

test('a conversation opened while a round ends is recovered from the log', async () => {
  const w = await create({ headsEvery: 2 })
  await w.store.commit([w.send('v1'), w.send('v1')])
  // The round begins and ends beside this batch: it knows v1 up to position 2, and nothing of v2.
  await w.store.commit([w.send('v1'), w.send('v2')])
  const before = [...w.store.queued('site')]
  await w.kill()
  expect(w.store.queued('site')).toEqual(before)
  expect(before.map((record) => record.public)).toEqual([
    { head: 3, headPosition: 3 },
    { head: 1, headPosition: 4 },
  ])
})

test('a kill within a round loses no head', async () => {
  const w = await create({ headsEvery: 8 })
  const visitors = Array.from({ length: 12 }, (_, i) => `v${i}`)
  await w.store.commit(visitors.map((visitor) => w.send(visitor)))
  // Two head rows beside each of these, of the twelve.
  for (const visitor of ['v0', 'v5', 'v11']) await w.store.commit([w.send(visitor)])
  const before = w.store.queued('site')
  await w.kill()
  expect(w.store.queued('site')).toEqual(before)
})

test('a commit that fails within a round leaves the round to be finished', async () => {
  let full = false
  const w = await create({
    headsEvery: 8,
    commit: (db) => () => {
      if (full) throw Object.assign(new Error('injected'), { code: 'ERR_SQLITE_ERROR', errcode: 13 })
      db.exec('COMMIT')
    },
  })
  await w.store.commit(Array.from({ length: 12 }, (_, i) => w.send(`v${i}`)))
  for (let i = 0; i < 12; i++) {
    full = i % 2 === 0
    const commit = w.store.commit([w.send('v3')])
    await (full ? expect(commit).rejects.toMatchObject({ code: 'unavailable' }) : commit)
  }
  full = false
  const before = w.store.queued('site')
  expect(before.map((record) => record.public.head)).toEqual([1, 1, 1, 7, 1, 1, 1, 1, 1, 1, 1, 1])
  await w.kill()
  expect(w.store.queued('site')).toEqual(before)
})

test('what left memory is read back with its head and its read cursors', async () => {
  const w = await create({ inMemory: 1 })
  const { conversation } = await w.stored(w.send('v0'))
  await w.do({ kind: 'mark_read', conversation, role: 'agent', seq: 1 })
  for (let i = 1; i < 6; i++) await w.stored(w.send(`v${i}`))
  expect(w.record(conversation)).toMatchObject({
    public: { head: 1, headPosition: 1 },
    read: { visitor: 0, agent: 1 },
  })
  expect((await w.stored(w.send('v0'))).seq).toBe(2)
})
