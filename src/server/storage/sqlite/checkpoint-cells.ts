import type { DatabaseSync } from 'node:sqlite'
import { busyTimeoutMs } from './connection.ts'
import { int, one } from './rows.ts'

/** Places in the memory that writer and checkpoint thread share. */
export const cell = { requested: 0, done: 1, logFrames: 2, failure: 3, stopping: 4 } as const
export const cellCount = 5

export type Checkpoint = { readonly busy: boolean; readonly log: number; readonly checkpointed: number }

/** Copies what no reader holds back; waits for nobody. Frames are pages of 4 KiB. */
export function passive(db: DatabaseSync): Checkpoint {
  return checkpoint(db, 'PASSIVE')
}

/**
 * Copies all and empties the log; `busy` when a reader or another writer stood in the way for `waitMs`.
 * NOTE: the wait blocks the calling thread. A reader inside a transaction would stop the writer for all of it.
 */
export function truncate(db: DatabaseSync, waitMs: number): Checkpoint {
  db.exec(`PRAGMA busy_timeout = ${waitMs}`)
  try {
    return checkpoint(db, 'TRUNCATE')
  } finally {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  }
}

function checkpoint(db: DatabaseSync, mode: 'PASSIVE' | 'TRUNCATE'): Checkpoint {
  const result = one(db.prepare(`PRAGMA wal_checkpoint(${mode})`), (row) => ({
    busy: int(row, 'busy') !== 0,
    log: int(row, 'log'),
    checkpointed: int(row, 'checkpointed'),
  }))
  return result ?? { busy: true, log: 0, checkpointed: 0 }
}
