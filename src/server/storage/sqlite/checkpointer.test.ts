import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { textBody, World } from '../conformance/world.ts'
import { sqlitePlace } from './place.ts'

const mebibyte = 2 ** 20
const body = textBody('x'.repeat(60_000))

let folder = ''
let world: World
beforeEach(async () => {
  world = await World.create((clock) => {
    const place = sqlitePlace(clock)
    folder = place.folder()
    return Promise.resolve(place)
  })
})
afterEach(() => world.end())

test('a growing log is copied into the database beside the writer, and begins anew', async () => {
  // Ends only if the log is written over again and again while the database grows.
  while (sizeOf('kf.db') < 2 * sizeOf('kf.db-wal') + 8 * mebibyte) await grow()
  expect(world.read((await world.stored(world.send('vic'))).conversation)).toHaveLength(
    world.store.position(),
  )
})

test('a log that a reader held back is emptied once the reader let go', async () => {
  const reader = new DatabaseSync(join(folder, 'kf.db'), { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM message').get()
  while (sizeOf('kf.db-wal') < 40 * mebibyte) await grow()
  reader.exec('COMMIT')
  reader.close()
  while (sizeOf('kf.db-wal') >= 32 * mebibyte) await grow()
  expect(sizeOf('kf.db')).toBeGreaterThan(32 * mebibyte)
})

/** One mebibyte or so. */
async function grow(): Promise<void> {
  await world.store.commit(Array.from({ length: 16 }, () => world.send('vic', { body })))
}

function sizeOf(file: string): number {
  return statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0
}
