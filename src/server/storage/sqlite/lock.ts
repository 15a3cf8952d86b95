import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../../core/clock.ts'
import { KfError } from '../../../core/errors.ts'
import { openFailure, sqliteCodeOf, sqliteCodes } from './failure.ts'

export type FileLock = { readonly release: () => void }

const retryEveryMs = 50

/**
 * Takes an exclusive lock on `path` that the kernel frees when this process dies; the file may stay, it means nothing.
 * Waits at most `waitMs` for another holder, then `folder_in_use`. An unwritable folder gives `folder_unwritable`.
 *
 * NOTE: never open or copy this file otherwise in the process that holds the lock: closing any descriptor of it frees the
 * kernel's lock.
 */
export async function lockFile(path: string, options: { readonly waitMs: number }): Promise<FileLock> {
  const deadline = systemClock.monotonic() + options.waitMs
  for (;;) {
    const lock = tryLock(path)
    if (lock !== undefined) return lock
    if (systemClock.monotonic() >= deadline) {
      throw new KfError(
        'folder_in_use',
        `Another process holds ${path}; waited ${options.waitMs} ms for it.`,
        {
          hint: 'Stop the other kf on this data folder, or name another folder with --data.',
        },
      )
    }
    // Not the clock's timer: that one never keeps the process alive, and here the process has nothing else to live for.
    await new Promise<void>((resolve) => {
      setTimeout(resolve, retryEveryMs)
    })
  }
}

function tryLock(path: string): FileLock | undefined {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { timeout: 0 })
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    if (db?.isOpen === true) db.close()
    if (sqliteCodeOf(error) === sqliteCodes.busy) return undefined
    throw openFailure(error, path.slice(0, path.lastIndexOf('/')))
  }
  const held = db
  return {
    release: () => {
      if (held.isOpen) held.close()
    },
  }
}
