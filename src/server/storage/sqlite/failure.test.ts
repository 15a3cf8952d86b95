import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../../core/clock.ts'
import type { KfError } from '../../../core/errors.ts'
import { type Place, World } from '../conformance/world.ts'
import { openFailure, sqliteCodes } from './failure.ts'
import { sqlitePlace } from './place.ts'

// What the next COMMIT answers; undefined lets it through.
let failure: { readonly errcode: number; readonly committed?: true } | undefined
let defects: KfError[] = []
let world: World

beforeEach(async () => {
  failure = undefined
  defects = []
  world = await World.create((clock) => Promise.resolve(failingPlace(clock)))
})
afterEach(() => world.end())

test('a full disk keeps nothing of the batch, and the store goes on when there is room', async () => {
  const conversation = await world.assigned('ann')
  const before = snapshot(conversation)
  const send = world.send('vic')
  const batch = [
    send,
    world.send('new'),
    world.answer('ann', conversation, { epoch: 1 }),
    world.fence(conversation, 1, { to: 'released', reason: 'gone' }),
    { kind: 'mark_read', conversation, role: 'agent', seq: 1 },
  ] as const
  failure = { errcode: sqliteCodes.full }
  await expect(world.store.commit(batch)).rejects.toMatchObject({ code: 'unavailable' })
  expect(snapshot(conversation)).toEqual(before)
  failure = undefined
  const outcomes = await world.store.commit(batch)
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['stored', 'stored', 'stored', 'stored', 'done'])
  expect(world.read(conversation).map((message) => message.seq)).toEqual([1, 2, 3, 4, 5])
  await world.restart()
  expect(world.read(conversation).map((message) => message.seq)).toEqual([1, 2, 3, 4, 5])
  expect(await world.code(send)).toBe('duplicate')
})

test('a reservation of a batch that failed is not there', async () => {
  const conversation = await world.opened()
  failure = { errcode: sqliteCodes.full }
  await expect(world.store.commit([world.reserve(conversation, 'ann', 0)])).rejects.toMatchObject({
    code: 'unavailable',
  })
  failure = undefined
  expect([world.store.reservations(), world.store.load('ann')]).toEqual([[], 0])
})

test('after an I/O error the store accepts nothing more, even if the disk seems well again', async () => {
  const conversation = await world.opened()
  failure = { errcode: sqliteCodes.ioerr | (4 << 8) }
  await expect(world.store.commit([world.send('vic')])).rejects.toMatchObject({ code: 'store_failed' })
  failure = undefined
  await expect(world.store.commit([world.send('vic')])).rejects.toMatchObject({ code: 'store_failed' })
  await expect(
    world.store.commit([{ kind: 'mark_read', conversation, role: 'agent', seq: 1 }]),
  ).rejects.toMatchObject({
    code: 'store_failed',
  })
  expect(world.store.position()).toBe(1)
})

test('a commit that failed although its rows reached the disk is found by the retry after a restart', async () => {
  const send = world.send('vic')
  failure = { errcode: sqliteCodes.ioerr, committed: true }
  await expect(world.store.commit([send])).rejects.toMatchObject({ code: 'store_failed' })
  failure = undefined
  await world.restart()
  expect(await world.code(send)).toBe('duplicate')
})

test('an operation that meets a defect is answered alone; its batch is carried out', async () => {
  const broken = { ...world.send('vic'), bodyHash: Number.NaN, body: null } as never
  const outcomes = await world.store.commit([world.send('vic'), broken, world.send('vic')])
  expect(outcomes).toMatchObject([
    { status: 'stored', seq: 1 },
    { status: 'rejected', code: 'internal' },
    { status: 'stored', seq: 2 },
  ])
  expect(defects.map((defect) => [defect.code, defect.cause instanceof Error])).toEqual([['internal', true]])
})

test('a database at its size limit answers unavailable, then goes on', async () => {
  const full = await World.create((clock) => {
    return Promise.resolve(
      sqlitePlace(clock, {
        commit: (db) => {
          db.exec('PRAGMA max_page_count = 80')
          return () => {
            db.exec('COMMIT')
          }
        },
      }),
    )
  })
  const body = JSON.stringify({ kind: 'text', text: 'x'.repeat(60_000) })
  const first = await full.stored(full.send('vic', { body }))
  let answer: unknown
  for (let i = 0; i < 10 && answer === undefined; i++) {
    await full.store.commit([full.send('vic', { body })]).catch((error: unknown) => {
      answer = error
    })
  }
  expect(answer).toMatchObject({ code: 'unavailable' })
  const small = await full.stored(full.send('vic'))
  expect(small.seq).toBe(full.store.position())
  expect(full.read(first.conversation)).toHaveLength(small.seq)
  await full.end()
})

test.each([
  ['ENOSPC', undefined, 'disk_full'],
  ['EDQUOT', undefined, 'disk_full'],
  ['EACCES', undefined, 'folder_unwritable'],
  ['EROFS', undefined, 'folder_unwritable'],
  ['EIO', undefined, 'store_failed'],
  ['ERR_SQLITE_ERROR', 13, 'disk_full'],
  ['ERR_SQLITE_ERROR', 11 | (2 << 8), 'store_corrupt'],
  ['ERR_SQLITE_ERROR', 26, 'store_corrupt'],
  ['ERR_SQLITE_ERROR', 10 | (3 << 8), 'store_failed'],
  ['ERR_SQLITE_ERROR', 8 | (1 << 8), 'folder_unwritable'],
  ['ERR_SQLITE_ERROR', 5, 'folder_in_use'],
  [undefined, undefined, 'internal'],
])('a folder that fails to open with %s %s is %s, with the folder named', (code, errcode, expected) => {
  const failure = openFailure(Object.assign(new Error('why'), { code, errcode }), '/srv/kf')
  expect([failure.code, failure.message.includes('/srv/kf')]).toEqual([expected, true])
  expect(failure.hint === undefined).toBe(expected === 'internal')
})

function snapshot(conversation: string): unknown {
  const { store } = world
  return [
    store.position(),
    store.conversation(conversation),
    store.load('ann'),
    store.queued('site'),
    store.directory.visitor('new'),
  ]
}

function failingPlace(clock: ManualClock = manualClock()): Place {
  return sqlitePlace(clock, {
    onDefect: (defect) => {
      defects.push(defect)
    },
    commit: (db) => () => {
      if (failure === undefined || failure.committed === true) db.exec('COMMIT')
      if (failure !== undefined)
        throw Object.assign(new Error('injected'), { code: 'ERR_SQLITE_ERROR', errcode: failure.errcode })
    },
  })
}
