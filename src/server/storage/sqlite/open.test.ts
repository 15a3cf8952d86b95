import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../../core/clock.ts'
import { cryptoRandomBytes } from '../../../core/ids.ts'
import { agentRecord } from '../conformance/world.ts'
import type { Store } from '../store.ts'
import { migrations } from './migrations/all.ts'
import { openSqliteReader, openSqliteStore, type StoreOptions } from './open.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kf-open-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function open(options: Partial<StoreOptions> = {}): Promise<Store> {
  return openSqliteStore({
    folder: join(root, 'data'),
    clock: manualClock(),
    random: cryptoRandomBytes,
    waitMs: 0,
    ...options,
  })
}

function sql(statements: string): void {
  const db = new DatabaseSync(join(root, 'data', 'kf.db'))
  db.exec(statements)
  db.close()
}

test('a first open creates the folder and an identity that stays', async () => {
  const first = await open()
  expect(first.incarnation).toMatch(/^[a-z2-7]{26}$/)
  expect(first.position()).toBe(0)
  await first.close()
  const second = await open()
  expect(second.incarnation).toBe(first.incarnation)
  await second.close()
})

test('a second writer on the folder is refused, and the first goes on', async () => {
  const store = await open()
  await expect(open()).rejects.toMatchObject({ code: 'folder_in_use' })
  expect(await store.commit([{ kind: 'put_agent', agent: agentRecord('ann') }])).toEqual([{ status: 'done' }])
  await store.close()
  const next = await open()
  await next.close()
})

test('a folder from a newer kf is refused with both versions, and left as it is', async () => {
  await (await open()).close()
  sql('PRAGMA user_version = 99')
  await expect(open()).rejects.toMatchObject({
    code: 'store_from_newer_kf',
    message: `Data folder ${join(root, 'data')} has schema version 99; this kf knows versions up to ${migrations.length}.`,
    hint: 'Start the newer kf that wrote it, or name another folder with --data. Schemas only go forward.',
  })
  await expect(open()).rejects.toMatchObject({ code: 'store_from_newer_kf' })
})

test('a file that is not a store is called damaged', async () => {
  await (await open()).close()
  writeFileSync(join(root, 'data', 'kf.db'), 'x'.repeat(8_192))
  await expect(open()).rejects.toMatchObject({ code: 'store_corrupt' })
})

test('a path that cannot be a folder is called unwritable', async () => {
  writeFileSync(join(root, 'file'), '')
  await expect(open({ folder: join(root, 'file', 'data') })).rejects.toMatchObject({
    code: 'folder_unwritable',
  })
  await expect(open({ folder: join(root, 'file') })).rejects.toMatchObject({ code: 'folder_unwritable' })
})

test('a reader without a store says so', () => {
  expect(() => openSqliteReader({ folder: root })).toThrow(
    expect.objectContaining({ code: 'folder_unwritable' }),
  )
})

test('nothing is left in the log after a close, nor after an open', async () => {
  const wal = join(root, 'data', 'kf.db-wal')
  const store = await open()
  const reader = openSqliteReader({ folder: join(root, 'data') })
  await store.commit([{ kind: 'put_agent', agent: agentRecord('ann') }])
  expect(reader.directory.agent('ann')?.login).toBe('ann@example.com')
  reader.close()
  await store.close()
  expect(existsSync(wal)).toBe(false)
})

test('sessions that ran out are gone at the next open', async () => {
  const clock = manualClock()
  const store = await open({ clock })
  const session = { tokenHash: 't', agent: 'ann', createdAt: 1, expiresAt: clock.now() + 10 }
  await store.commit([
    { kind: 'put_agent', agent: agentRecord('ann') },
    { kind: 'put_session', session },
  ])
  await store.close()
  clock.advance(10)
  const next = await open({ clock })
  expect(next.directory.session('t')).toBeUndefined()
  await next.close()
})
