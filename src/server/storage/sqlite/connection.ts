import { DatabaseSync } from 'node:sqlite'

export const storeFile = 'kf.db'

/** How long a connection waits for a lock of another. */
export const busyTimeoutMs = 5_000

/** The writer's connection. `durable: false` turns syncs off: only for the test build that proves the power-cut test's worth. */
export function openForWriting(path: string, options: { readonly durable: boolean }): DatabaseSync {
  const db = new DatabaseSync(path, {
    timeout: busyTimeoutMs,
    enableForeignKeyConstraints: false,
    allowExtension: false,
  })
  db.exec(`
    PRAGMA trusted_schema = OFF;
    PRAGMA synchronous = ${options.durable ? 'FULL' : 'OFF'};
    PRAGMA journal_mode = WAL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY;
  `)
  return db
}

/** A worker's connection, beside the writer. The file is mapped: all workers share one copy of it, the kernel's. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs, allowExtension: false })
  db.exec(
    'PRAGMA trusted_schema = OFF; PRAGMA cache_size = -4096; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY',
  )
  return db
}
