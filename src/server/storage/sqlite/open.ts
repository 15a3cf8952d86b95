import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../core/clock.ts'
import { KfError } from '../../../core/errors.ts'
import { type RandomBytes, randomBase32 } from '../../../core/ids.ts'
import type { Break } from '../../config/break.ts'
import type { Reader, Store } from '../store.ts'
import { openTables } from './batch.ts'
import { truncate } from './checkpoint-cells.ts'
import { startCheckpointer } from './checkpointer.ts'
import { busyTimeoutMs, openForReading, openForWriting, storeFile } from './connection.ts'
import { readDirectory } from './directory.ts'
import { openFailure } from './failure.ts'
import { headsEvery, recoverHeads } from './head-writer.ts'
import { lockFile } from './lock.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/all.ts'
import { pageReader, storedOf } from './page.ts'
import { one, text } from './rows.ts'
import { SqliteStore, type StoreParts } from './sqlite-store.ts'

export type StoreOptions = {
  /** Created when absent; holds kf.db and the writer's lock. */
  readonly folder: string
  readonly clock: Clock
  readonly random: RandomBytes
  /** Test builds only. */
  readonly break?: Break
  /** How long to wait for another writer to let go of the folder. 5 s when absent. */
  readonly waitMs?: number
  /** Conversations and visitors kept in memory. 65,536 when absent. */
  readonly inMemory?: number
  /** Messages from one round of writing heads to the next. 65,536 when absent. */
  readonly headsEvery?: number
  /** Told of an operation that met a defect (answered `internal`), with its cause, for the log. */
  readonly onDefect?: (error: KfError) => void
  /** Given the connection, the function that carries out COMMIT; a test makes it fail. */
  readonly commit?: (db: DatabaseSync) => () => void
}

/**
 * Opens the store for its one writer. Nothing is answered from a log that was not synced: it is copied into the database file
 * first, since a row of it may vanish at the next power cut, and yet its retry would be acked.
 *
 * Errors: `folder_in_use`, `folder_unwritable`, `disk_full`, `store_corrupt`, `store_from_newer_kf`, `store_failed`.
 */
export async function openSqliteStore(options: StoreOptions): Promise<Store> {
  const { folder, clock, random } = options
  prepareFolder(folder)
  const lock = await lockFile(join(folder, 'writer.lock'), { waitMs: options.waitMs ?? 5_000 })
  const path = join(folder, storeFile)
  const durable = options.break !== 'no-sync'
  let db: DatabaseSync | undefined
  try {
    db = openForWriting(path, { durable })
    mustTruncate(db, folder)
    migrate(db, migrations, folder)
    const incarnation =
      options.break === 'new-incarnation' ? randomBase32(26, random) : incarnationOf(db, random)
    recoverHeads(db)
    mustTruncate(db, folder)
    syncFolder(folder)
    db.prepare('DELETE FROM session WHERE expires_at <= ?').run(clock.now())
    // Without the look-up, a second row under an id is what the index would refuse.
    if (options.break === 'no-dedupe') db.exec('DROP INDEX IF EXISTS message_id')
    const commit = options.commit?.(db)
    return new SqliteStore({
      db,
      tables: openTables(db, {
        random,
        inMemory: options.inMemory ?? 65_536,
        fenced: options.break !== 'skip-fence',
        deduped: options.break !== 'no-dedupe',
        capped: options.break !== 'over-capacity',
      }),
      incarnation,
      clock,
      checkpointer: startCheckpointer(db, path, durable),
      ...(commit === undefined ? {} : { commit }),
      ...(options.break === 'ack-before-commit' ? committedLate(db) : {}),
      ...(options.break === 'false-ack' ? committedAnyway(db) : {}),
      ...(options.onDefect === undefined ? {} : { onDefect: options.onDefect }),
      headsEvery: options.headsEvery ?? headsEvery,
      onClosed: lock.release,
    })
  } catch (error) {
    if (db?.isOpen === true) db.close()
    lock.release()
    throw openFailure(error, folder)
  }
}

/** A worker's own connection. The store must exist: the writer opens first. */
export function openSqliteReader(options: { readonly folder: string }): Reader {
  try {
    const db = openForReading(join(options.folder, storeFile))
    const page = pageReader(db)
    return {
      page: (query) => page(query, storedOf),
      directory: readDirectory(db),
      close: () => {
        if (db.isOpen) db.close()
      },
    }
  } catch (error) {
    throw openFailure(error, options.folder)
  }
}

function prepareFolder(folder: string): void {
  try {
    const created = mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (created !== undefined) syncFolder(dirname(created))
  } catch (error) {
    throw openFailure(error, folder)
  }
}

// A new file is durable only with its entry in the folder.
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function mustTruncate(db: DatabaseSync, folder: string): void {
  if (!truncate(db, busyTimeoutMs).busy) return
  throw new KfError('folder_in_use', `Another program reads ${folder}/${storeFile} and holds its log back.`, {
    hint: 'Stop it and start kf again.',
  })
}

/** What was answered is committed only when the next transaction begins. No checkpoint runs within one. */
function committedLate(db: DatabaseSync): Pick<StoreParts, 'begin' | 'commit' | 'checkpointer'> {
  return {
    checkpointer: { afterCommit: () => undefined, stop: () => Promise.resolve() },
    begin: () => {
      db.exec(db.isTransaction ? 'COMMIT; BEGIN IMMEDIATE' : 'BEGIN IMMEDIATE')
    },
    commit: () => undefined,
  }
}

/** What could not be committed is answered as if it were. */
function committedAnyway(db: DatabaseSync): Pick<StoreParts, 'commit'> {
  return {
    commit: () => {
      try {
        db.exec('COMMIT')
      } catch {
        if (db.isTransaction) db.exec('ROLLBACK')
      }
    },
  }
}

function incarnationOf(db: DatabaseSync, random: RandomBytes): string {
  const known = one(db.prepare('SELECT incarnation FROM meta'), (row) => text(row, 'incarnation'))
  if (known !== undefined) return known
  const fresh = randomBase32(26, random)
  db.prepare('INSERT INTO meta (incarnation, heads_position) VALUES (?, 0)').run(fresh)
  return fresh
}
