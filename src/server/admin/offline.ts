import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { KfError } from '../../core/errors.ts'
import { cryptoRandomBytes } from '../../core/ids.ts'
import type { AdminCall } from '../people/calls.ts'
import { carryOut } from '../people/people.ts'
import { storeFile } from '../storage/sqlite/connection.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { lockFolder } from '../supervisor/folder.ts'

/**
 * Carries out one call on the store of a node that does not run, as the node's writer would.
 * Throws `folder_in_use` while a node runs, `no_store` where none ever ran, and what opening a store throws.
 */
export async function administerOffline(data: string, call: AdminCall): Promise<unknown> {
  if (!existsSync(join(data, storeFile))) {
    throw new KfError('no_store', `${data} is not a data folder of kf`, {
      hint: 'name it with --data; `kf serve` creates one at its first start',
      params: { folder: data },
    })
  }
  const lock = await lockFolder(data, 0)
  try {
    const store = await openSqliteStore({ folder: data, clock: systemClock, random: cryptoRandomBytes })
    try {
      return await carryOut(
        store,
        { now: systemClock.now, random: cryptoRandomBytes, pause: () => Promise.resolve() },
        call,
      )
    } finally {
      await store.close()
    }
  } finally {
    lock.release()
  }
}
