import { randomBytes } from 'node:crypto'
import { access, chmod, constants, mkdir, readFile, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { type FileLock, lockFile } from '../storage/sqlite/lock.ts'

/** Names inside the data folder. */
export const folderNames = {
  lock: 'supervisor.lock',
  adminSocket: 'admin.sock',
  adminToken: 'admin.token',
  /** The supervisor's process id, for whoever asks who holds the folder. */
  pid: 'supervisor.pid',
  /** Sockets between writer and workers; holds nothing worth a backup. */
  run: 'run',
} as const

/** Below this much free space a start is refused: the store could not even checkpoint. */
export const minFreeBytes = 16 * 1024 * 1024

/**
 * Creates the data folder when it is absent (mode 0700) and checks that it can hold a store.
 * Throws `folder_unwritable`, `disk_full`.
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (!(await stat(folder)).isDirectory()) throw new NotAFolder()
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    await checkFree(folder)
    await mkdir(join(folder, folderNames.run), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw asFolderError(folder, error)
  }
}

/**
 * Takes the data folder for this process; the kernel frees it when the process ends, however it ends. Waits `waitMs` for
 * another one to go. Throws `folder_in_use` naming the process that has it.
 */
export async function lockFolder(folder: string, waitMs: number): Promise<FileLock> {
  try {
    return await lockFile(join(folder, folderNames.lock), { waitMs })
  } catch (error) {
    if (codeOf(error) !== 'folder_in_use') throw error
    const pid = await readFile(join(folder, folderNames.pid), 'utf8').then(
      (text) => text.trim(),
      () => '?',
    )
    throw new KfError('folder_in_use', `the data folder ${folder} is in use by another kf (pid ${pid})`, {
      hint: 'stop that one, or name another folder with --data',
      cause: error,
      params: { folder, pid },
    })
  }
}

/** The token of the administrative listener: read, or created (0600) at the first start. Throws as `prepareFolder`. */
export async function adminToken(folder: string): Promise<string> {
  const file = join(folder, folderNames.adminToken)
  try {
    const known = (await readFile(file, 'utf8').catch(ignoreAbsent))?.trim()
    if (known !== undefined && known.length >= 32) return known
    const token = randomBytes(32).toString('base64url')
    await writeFile(file, `${token}\n`, { mode: 0o600 })
    await chmod(file, 0o600)
    return token
  } catch (error) {
    throw asFolderError(folder, error)
  }
}

class NotAFolder extends Error {}

async function checkFree(folder: string): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(folder)
  const free = bavail * bsize
  // Some file systems report no sizes at all.
  if (blocks === 0 || free >= minFreeBytes) return
  throw new KfError(
    'disk_full',
    `the disk of the data folder ${folder} has ${mib(free)} MiB free; ${mib(minFreeBytes)} MiB are the least`,
    {
      hint: 'free some space, or name another folder with --data',
      params: { folder, free: mib(free), least: mib(minFreeBytes) },
    },
  )
}

function asFolderError(folder: string, error: unknown): KfError {
  if (error instanceof KfError) return error
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new KfError('disk_full', `the disk of the data folder ${folder} is full`, {
      hint: 'free some space, or name another folder with --data',
      cause: error,
      params: { folder, free: 0, least: mib(minFreeBytes) },
    })
  }
  const trouble = troubleOf(error, code)
  const why = { ...troubles, other: messageOf(error) }[trouble]
  return new KfError('folder_unwritable', `the data folder ${folder} cannot be used: ${why}`, {
    hint: 'name a folder that this user may write with --data',
    cause: error,
    params: { folder, why, trouble },
  })
}

const troubles = {
  file: 'a file stands in its place',
  read_only: 'its file system is read-only',
  forbidden: 'this user may not write there',
} as const

function troubleOf(error: unknown, code: string | undefined): keyof typeof troubles | 'other' {
  if (error instanceof NotAFolder || code === 'ENOTDIR' || code === 'EEXIST') return 'file'
  if (code === 'EROFS') return 'read_only'
  return code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'other'
}

function ignoreAbsent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined
  throw error
}

function mib(bytes: number): number {
  return Math.floor(bytes / 1024 / 1024)
}
