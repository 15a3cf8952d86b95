import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ManualClock } from '../../../core/clock.ts'
import { cryptoRandomBytes } from '../../../core/ids.ts'
import type { Place } from '../conformance/world.ts'
import type { Reader, Store } from '../store.ts'
import { openSqliteReader, openSqliteStore, type StoreOptions } from './open.ts'

/** For tests: a folder of its own, and a kill that takes the files as they stand, without a flush. */
export function sqlitePlace(
  clock: ManualClock,
  options: Partial<StoreOptions> = {},
): Place & { readonly folder: () => string } {
  const root = mkdtempSync(join(tmpdir(), 'kf-store-'))
  let generation = 0
  const folder = (): string => join(root, String(generation))
  const open = (): Promise<Store> =>
    openSqliteStore({ folder: folder(), clock, random: cryptoRandomBytes, waitMs: 0, ...options })
  return {
    folder,
    open,
    reader: (): Reader => openSqliteReader({ folder: folder() }),
    afterKill: () => {
      const killed = folder()
      generation++
      copyStore(killed, folder())
      return open()
    },
    dispose: () => {
      rmSync(root, { recursive: true, force: true })
      return Promise.resolve()
    },
  }
}

/** The database and its log as a killed process leaves them; the shared-memory index dies with the last process. */
export function copyStore(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    filter: (source) => !source.endsWith('-shm') && !source.endsWith('.lock'),
  })
}
