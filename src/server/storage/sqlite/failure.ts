import { codeOf, KfError, messageOf } from '../../../core/errors.ts'

/** Primary result codes of SQLite that kf tells apart (https://sqlite.org/rescode.html). */
export const sqliteCodes = {
  perm: 3,
  busy: 5,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
} as const

/** The primary result code of an error thrown by `node:sqlite`, or undefined when it is another error. */
export function sqliteCodeOf(thrown: unknown): number | undefined {
  if (codeOf(thrown) !== 'ERR_SQLITE_ERROR') return undefined
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return undefined
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined
}

/** After these nothing that is read back can be trusted: what the kernel holds may differ from what the disk holds. */
const fatal: readonly number[] = [
  sqliteCodes.ioerr,
  sqliteCodes.corrupt,
  sqliteCodes.notadb,
  sqliteCodes.readonly,
  sqliteCodes.cantopen,
]

/**
 * What a batch's error means: `unavailable` may pass by itself, `store_failed` never does, `internal` is a defect met by one of
 * the operations.
 */
export function commitFailure(thrown: unknown): KfError {
  const code = sqliteCodeOf(thrown)
  if (code === sqliteCodes.full) {
    return new KfError(
      'unavailable',
      'The store cannot grow: the disk or its quota is full. Nothing of the batch was kept.',
      {
        hint: 'Free disk space on the data folder; kf goes on by itself.',
        cause: thrown,
      },
    )
  }
  if (code === sqliteCodes.busy) {
    return new KfError(
      'unavailable',
      'Another program holds a lock on the store. Nothing of the batch was kept.',
      {
        hint: 'Stop whatever else writes to kf.db; kf goes on by itself.',
        cause: thrown,
      },
    )
  }
  if (code !== undefined && fatal.includes(code)) return storeFailed(thrown)
  return new KfError('internal', 'The store met a defect in carrying out an operation.', { cause: thrown })
}

export function storeFailed(thrown: unknown): KfError {
  return new KfError(
    'store_failed',
    `The store met an error it cannot outlive: ${messageOf(thrown)}. It accepts nothing more.`,
    {
      hint: 'Check the disk (dmesg, SMART), then start kf again: it recovers what was synced.',
      cause: thrown,
    },
  )
}

/** What a failure to open or migrate means to the operator. A `KfError` passes unchanged. */
export function openFailure(thrown: unknown, folder: string): KfError {
  if (thrown instanceof KfError) return thrown
  const sqlite = sqliteCodeOf(thrown)
  const system = codeOf(thrown)
  const details = { cause: thrown }
  if (sqlite === sqliteCodes.full || system === 'ENOSPC' || system === 'EDQUOT') {
    return new KfError('disk_full', `The disk of data folder ${folder} is full.`, {
      ...details,
      hint: 'Free space, or name another folder with --data.',
    })
  }
  if (sqlite === sqliteCodes.corrupt || sqlite === sqliteCodes.notadb) {
    return new KfError(
      'store_corrupt',
      `${folder}/kf.db is damaged or not a kf store: ${messageOf(thrown)}.`,
      {
        ...details,
        hint: 'Restore a backup into a fresh folder; keep the damaged one for rescue.',
      },
    )
  }
  if (sqlite === sqliteCodes.ioerr || system === 'EIO') {
    return new KfError('store_failed', `The disk of data folder ${folder} failed: ${messageOf(thrown)}.`, {
      ...details,
      hint: 'Check the disk (dmesg, SMART).',
    })
  }
  if (sqlite === sqliteCodes.busy) {
    return new KfError('folder_in_use', `Another program keeps ${folder}/kf.db busy.`, {
      ...details,
      hint: 'Stop it, or name another folder with --data.',
    })
  }
  const unwritable = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'EISDIR']
  if (
    sqlite === sqliteCodes.cantopen ||
    sqlite === sqliteCodes.readonly ||
    sqlite === sqliteCodes.perm ||
    (system !== undefined && unwritable.includes(system))
  ) {
    return new KfError(
      'folder_unwritable',
      `kf cannot write to data folder ${folder}: ${messageOf(thrown)}.`,
      {
        ...details,
        hint: 'Give the user that runs kf a folder of its own, or name another with --data.',
      },
    )
  }
  return new KfError('internal', `The store in ${folder} could not be opened: ${messageOf(thrown)}`, details)
}
