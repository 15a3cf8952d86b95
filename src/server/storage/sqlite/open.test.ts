import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { manualClock } from '../../../core/clock.ts'
import { cryptoRandomBytes, uuidv7 } from '../../../core/ids.ts'
import { type Append, hashBody, type Store } from '../store.ts'
import { openSqliteReader, openSqliteStore } from './open.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'kf-store-'))
  folders.push(made)
  return made
}

function send(text: string, conversation?: string): Append {
  const body = JSON.stringify({ kind: 'text', text })
  return {
    kind: 'append',
    id: uuidv7(1_700_000_000_000),
    site: 's',
    sender: { role: 'visitor', id: 'v' },
    visitor: { id: 'v', site: 's', tokenHash: 'h' },
    stream: 'public',
    body,
    bodyHash: hashBody('public', body),
    ...(conversation === undefined ? {} : { conversation }),
  }
}
const open = (at: string): Promise<Store> =>
  openSqliteStore({ folder: at, clock: manualClock(), random: cryptoRandomBytes })

test('a message is there after the store was closed and opened again', async () => {
  const at = folder()
  const store = await open(at)
  const [first] = await store.commit([send('one')])
  if (first?.status !== 'stored') throw new Error(JSON.stringify(first))
  const dup = send('two', first.conversation)
  await store.commit([dup, send('three'), dup])
  expect(store.position()).toBe(3)
  const reader = openSqliteReader({ folder: at })
  const before = store.conversation(first.conversation)
  if (before === undefined) throw new Error('gone')
  expect(
    reader
      .page({
        conversation: first.conversation,
        stream: 'public',
        head: before.public,
        before: 10,
        limit: 10,
      })
      .map((m) => [m.seq, m.body]),
  ).toEqual([
    [1, '{"kind":"text","text":"one"}'],
    [2, '{"kind":"text","text":"two"}'],
    [3, '{"kind":"text","text":"three"}'],
  ])
  reader.close()
  await store.close()
  const again = await open(at)
  expect(again.incarnation).toBe(store.incarnation)
  expect(again.conversation(first.conversation)).toEqual(before)
  expect((await again.commit([dup]))[0]).toMatchObject({ status: 'duplicate', seq: 2, position: 2 })
  await again.close()
})
