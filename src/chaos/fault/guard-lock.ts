import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'

export type ChaosLock = { readonly release: () => void }

/**
 * One scenario at a time on a machine: faults of two would be taken for each other's. The kernel frees the lock when this process
 * ends, however it ends. `who`: for the next one's error, such as `partition, pid 4711`. Throws `chaos_running`, `state_folder`.
 *
 * NOTE: closing any descriptor of the file in this process frees the lock, so nothing else here opens it.
 */
export function lockChaos(stateFolder: string, who: string): ChaosLock {
  const holder = join(stateFolder, 'running')
  let db: DatabaseSync | undefined
  try {
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 })
    db = new DatabaseSync(join(stateFolder, 'chaos.lock'), { timeout: 0 })
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    writeFileSync(holder, who)
  } catch (error) {
    if (db?.isOpen === true) db.close()
    throw isBusy(error) ? running(nameIn(holder)) : unusable(stateFolder, error)
  }
  const held = db
  return {
    release: () => {
      if (held.isOpen) held.close()
    },
  }
}

const busy = 5

function isBusy(error: unknown): boolean {
  return (
    codeOf(error) === 'ERR_SQLITE_ERROR' &&
    error instanceof Error &&
    'errcode' in error &&
    error.errcode === busy
  )
}

function nameIn(holder: string): string {
  try {
    return readFileSync(holder, 'utf8').slice(0, 200)
  } catch {
    return '?'
  }
}

function running(who: string): KfError {
  return new KfError('chaos_running', `a chaos scenario is running already: ${who}`, {
    hint: 'wait for its end, or stop it with Ctrl-C; two at once would break each other',
    params: { who },
  })
}

function unusable(folder: string, cause: unknown): KfError {
  return new KfError(
    'state_folder',
    `the folder ${folder}, for the undo log, cannot be used: ${messageOf(cause)}`,
    {
      hint: 'without it nothing is injected; let it belong to this user, or set XDG_STATE_HOME',
      cause,
      params: { folder },
    },
  )
}
