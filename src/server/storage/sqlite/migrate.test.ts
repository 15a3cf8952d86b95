import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../../core/clock.ts'
import { cryptoRandomBytes } from '../../../core/ids.ts'
import { migrate, schemaVersion } from './migrate.ts'
import { migrations } from './migrations/all.ts'
import type { Migration } from './migrations/migration.ts'
import { openSqliteStore } from './open.ts'

/** Built by the first released schema (`fixtures/build.ts`); never built anew. */
const fixture = new URL('./fixtures/schema-1.db', import.meta.url)

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-migrate-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const next: Migration = {
  version: (migrations.at(-1)?.version ?? 0) + 1,
  name: 'next',
  sql: `ALTER TABLE message ADD COLUMN language TEXT;
        UPDATE message SET language = 'zh' WHERE seq = 1`,
}

test('versions grow by one from 1', () => {
  expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, i) => i + 1))
})

test('a folder written under schema 1 opens with all it held', async () => {
  copyFileSync(fixture, join(folder, 'kf.db'))
  const store = await openSqliteStore({ folder, clock: manualClock(), random: cryptoRandomBytes })
  expect(store.position()).toBe(5)
  expect(
    store.replay(0, 10).map((message) => [message.stream, message.seq, message.from.id, message.body]),
  ).toEqual([
    ['public', 1, 'visitor-1', '{"kind":"text","text":"你好"}'],
    ['public', 2, 'desk', expect.stringContaining('"assigned"')],
    ['public', 3, 'agent-1', '{"kind":"text","text":"hello"}'],
    ['internal', 1, 'agent-1', '{"kind":"text","text":"note"}'],
    ['public', 1, 'visitor-2', '{"kind":"text","text":"还有人吗"}'],
  ])
  expect(store.conversationsOfAgent('agent-1')).toMatchObject([
    { state: 'assigned', epoch: 1, public: { head: 3 }, internal: { head: 1 } },
  ])
  expect(store.queued('site-1')).toHaveLength(1)
  expect(store.directory.agentByLogin('agent@example.com')?.name).toBe('客服')
  expect(store.revisions.live()).toBeUndefined()
  await store.commit([
    {
      kind: 'put_revision',
      revision: { parent: 0, hash: 'h', who: 'kf', message: '', files: {} },
    },
    { kind: 'set_live_revision', revision: 1, expected: 0 },
  ])
  expect(store.revisions.live()).toEqual({ revision: 1 })
  await store.close()
})

test('a later version is applied to an old folder once, and keeps its rows', () => {
  const path = join(folder, 'kf.db')
  copyFileSync(fixture, path)
  const db = new DatabaseSync(path)
  expect(migrate(db, [...migrations, next], folder)).toBe(1)
  expect(schemaVersion(db)).toBe(next.version)
  expect(db.prepare("SELECT count(*) AS n FROM message WHERE language = 'zh'").get()).toEqual({ n: 3 })
  expect(migrate(db, [...migrations, next], folder)).toBe(next.version)
  expect(() => migrate(db, migrations, folder)).toThrow(
    expect.objectContaining({ code: 'store_from_newer_kf' }),
  )
  db.close()
})

test('a migration that fails leaves the version before it', () => {
  const db = new DatabaseSync(':memory:')
  const broken: Migration = { ...next, sql: 'CREATE TABLE half (a); SELECT no_such_function()' }
  expect(() => migrate(db, [...migrations, broken], folder)).toThrow('no such function')
  expect(schemaVersion(db)).toBe(migrations.length)
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined()
  db.close()
})
