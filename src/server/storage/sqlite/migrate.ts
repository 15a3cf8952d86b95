import type { DatabaseSync } from 'node:sqlite'
import { KfError } from '../../../core/errors.ts'
import type { Migration } from './migrations/migration.ts'
import { int } from './rows.ts'

/**
 * Brings a database to the newest schema, one transaction per step, and returns the version it had.
 * `store_from_newer_kf` when the folder knows a schema this kf does not: nothing is touched then.
 */
export function migrate(db: DatabaseSync, migrations: readonly Migration[], folder: string): number {
  const found = schemaVersion(db)
  const newest = migrations.at(-1)?.version ?? 0
  if (found > newest) {
    throw new KfError(
      'store_from_newer_kf',
      `Data folder ${folder} has schema version ${found}; this kf knows versions up to ${newest}.`,
      {
        hint: 'Start the newer kf that wrote it, or name another folder with --data. Schemas only go forward.',
      },
    )
  }
  for (const step of migrations) {
    if (step.version <= found) continue
    db.exec('BEGIN IMMEDIATE')
    try {
      db.exec(step.sql)
      db.exec(`PRAGMA user_version = ${step.version}`)
      db.exec('COMMIT')
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
  return found
}

export function schemaVersion(db: DatabaseSync): number {
  const row = db.prepare('PRAGMA user_version').get()
  return row === undefined ? 0 : int(row, 'user_version')
}
