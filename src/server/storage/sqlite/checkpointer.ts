import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { cell, cellCount, passive, truncate } from './checkpoint-cells.ts'
import { sqliteCodes } from './failure.ts'
import { int, one, text } from './rows.ts'

const pageBytes = 4_096
/** Log not yet in the database file that starts a pass. */
const passEveryBytes = 4 * 2 ** 20
/** Size of the log past which the writer empties it itself, right after a pass: 36 ms at most. */
const truncateBytes = 32 * 2 ** 20

/** Keeps the log short. Called after each commit; never waits, save for the rare truncation. */
export type Checkpointer = {
  /** Throws when a pass met an I/O error: what it synced is not to be trusted then. */
  readonly afterCommit: () => void
  readonly stop: () => Promise<void>
}

export function startCheckpointer(db: DatabaseSync, path: string, durable: boolean): Checkpointer {
  const cells = new Int32Array(new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT))
  const pending = pendingBytes(db, `${path}-wal`)
  let thread: Worker | undefined
  let threadDied = false
  let requested = 0
  let handled = 0
  let refusedAtBytes = 0

  const start = (): Worker => {
    const started = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      workerData: { path, cells, durable },
    })
    started.unref()
    started.on('error', () => {
      threadDied = true
    })
    return started
  }

  // A reader that stays in the way costs its 10 ms once per 4 MiB of growth, not once per commit.
  const truncateIfLong = (logBytes: number): void => {
    if (logBytes < refusedAtBytes) refusedAtBytes = 0
    if (logBytes <= Math.max(truncateBytes, refusedAtBytes + passEveryBytes)) return
    refusedAtBytes = truncate(db, 10).busy ? logBytes : 0
  }

  return {
    afterCommit: () => {
      if (Atomics.load(cells, cell.failure) === sqliteCodes.ioerr) {
        throw Object.assign(new Error('A checkpoint met an I/O error.'), {
          code: 'ERR_SQLITE_ERROR',
          errcode: sqliteCodes.ioerr,
        })
      }
      const done = Atomics.load(cells, cell.done)
      if (done !== handled) {
        handled = done
        truncateIfLong(Atomics.load(cells, cell.logFrames) * pageBytes)
      }
      if ((requested !== done && !threadDied) || pending() < passEveryBytes) return
      if (threadDied) {
        passive(db)
        return
      }
      thread ??= start()
      requested++
      Atomics.store(cells, cell.requested, requested)
      Atomics.notify(cells, cell.requested)
    },
    stop: async () => {
      if (thread === undefined || threadDied) return
      const ended = new Promise<void>((resolve) => {
        thread?.once('exit', () => {
          resolve()
        })
      })
      Atomics.store(cells, cell.stopping, 1)
      Atomics.add(cells, cell.requested, 1)
      Atomics.notify(cells, cell.requested)
      thread.ref()
      await ended
    },
  }
}

/** Bytes of log not yet in the database file. Before SQLite 3.51, which cannot say, the whole log file counts. */
function pendingBytes(db: DatabaseSync, walPath: string): () => number {
  const version = one(db.prepare('SELECT sqlite_version() AS version'), (row) => text(row, 'version')) ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < 3 || (major === 3 && minor < 51))
    return () => statSync(walPath, { throwIfNoEntry: false })?.size ?? 0
  const noop = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  return () => (one(noop, (row) => int(row, 'log') - int(row, 'checkpointed')) ?? 0) * pageBytes
}
