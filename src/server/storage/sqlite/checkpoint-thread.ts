import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import { cell, passive } from './checkpoint-cells.ts'
import { sqliteCodeOf } from './failure.ts'

/**
 * Moves the log into the database file, beside the writer. Sleeps on shared memory, not on its event loop: the writer asks by
 * raising `requested`, and reads the answer without waiting for a message.
 */
run(workerData)

function run(data: unknown): void {
  if (
    typeof data !== 'object' ||
    data === null ||
    !('path' in data) ||
    !('cells' in data) ||
    !('durable' in data)
  )
    return
  const { path, cells, durable } = data
  if (typeof path !== 'string' || !(cells instanceof Int32Array)) return
  const db = new DatabaseSync(path, { timeout: 0 })
  db.exec(`PRAGMA synchronous = ${durable === true ? 'FULL' : 'OFF'}; PRAGMA cache_size = -2048`)
  let seen = 0
  for (;;) {
    Atomics.wait(cells, cell.requested, seen)
    seen = Atomics.load(cells, cell.requested)
    if (Atomics.load(cells, cell.stopping) === 1) break
    try {
      Atomics.store(cells, cell.logFrames, passive(db).log)
    } catch (error) {
      Atomics.store(cells, cell.failure, sqliteCodeOf(error) ?? -1)
    }
    Atomics.store(cells, cell.done, seen)
  }
  db.close()
}
