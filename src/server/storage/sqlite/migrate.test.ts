import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../../core/clock.ts'
import { cryptoRandomBytes } from '../../../core/ids.ts'
import { textBody } from '../conformance/world.ts'
import { hashBody, type Operation } from '../store.ts'
import { migrate, schemaVersion } from './migrate.ts'
import { migrations } from './migrations/all.ts'
import type { Migration } from './migrations/migration.ts'
import { openSqliteStore } from './open.ts'

/** Built with the code of that version (`fixtures/build.ts`); never built anew. */
const fixture = (version: number): URL => new URL(`./fixtures/schema-${version}.db`, import.meta.url)

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

// `position`: the last one given out; of the sixth message the site was erased.
test.each([
  { version: 1, position: 5, erased: false, live: undefined },
  { version: 2, position: 6, erased: true, live: undefined },
  { version: 3, position: 6, erased: true, live: { revision: 1 } },
])(
  'a folder written under schema $version opens with all it held',
  async ({ version, position, erased, live }) => {
    copyFileSync(fixture(version), join(folder, 'kf.db'))
    const store = await openSqliteStore({ folder, clock: manualClock(), random: cryptoRandomBytes })
    expect(store.position()).toBe(position)
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
    expect(store.directory.site('load')).toBeUndefined()
    const [toErased] = await store.commit([sendTo('load')])
    expect(toErased?.status === 'rejected').toBe(erased)
    expect(store.revisions.live()).toEqual(live)
    const parent = live?.revision ?? 0
    await store.commit([
      { kind: 'put_revision', revision: { parent, hash: 'g', who: 'kf', message: '', files: {} } },
      { kind: 'set_live_revision', revision: parent + 1, expected: parent },
    ])
    expect(store.revisions.live()).toEqual({ revision: parent + 1 })
    await store.close()
  },
)

test('every version has a folder that it wrote', () => {
  const missing = migrations.filter(({ version }) => !existsSync(fixture(version)))
  expect(missing.map(({ version }) => `fixtures/schema-${version}.db`)).toEqual([])
})

test.each(migrations.map(({ version }) => version))(
  'from schema %i each step is taken in order, once, up to the newest',
  (version) => {
    const path = join(folder, 'kf.db')
    copyFileSync(fixture(version), path)
    const db = new DatabaseSync(path)
    expect(schemaVersion(db)).toBe(version)
    const before = rowsIn(db, 'message')
    for (const { version: to } of migrations) {
      expect(migrate(db, migrations.slice(0, Math.max(version, to)), folder)).toBe(Math.max(version, to - 1))
      expect(schemaVersion(db)).toBe(Math.max(version, to))
    }
    expect(rowsIn(db, 'message')).toBe(before)
    expect(schemaOf(db)).toEqual(schemaOf(newDatabase()))
    db.close()
  },
)

test('a later version is applied to an old folder once, and keeps its rows', () => {
  const path = join(folder, 'kf.db')
  copyFileSync(fixture(1), path)
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

function newDatabase(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  migrate(db, migrations, ':memory:')
  return db
}

// By whatever steps it came there, a schema is the same.
function schemaOf(db: DatabaseSync): readonly unknown[] {
  return db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all()
}

function rowsIn(db: DatabaseSync, table: string): number {
  return Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
}

function sendTo(site: string): Operation {
  const body = textBody('later')
  return {
    kind: 'append',
    id: '01890000-0000-7000-8000-0000000000ff',
    site,
    sender: { role: 'visitor', id: 'visitor-9' },
    visitor: { id: 'visitor-9', site, tokenHash: '09' },
    stream: 'public',
    body,
    bodyHash: hashBody('public', body),
  }
}
