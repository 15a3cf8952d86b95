import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { type ConfigFileName, configFileNames } from './snapshot.ts'

/** Where configuration is looked for when `--config` is absent; that it is missing is no error. */
export const defaultConfigFolder = 'configs'

/** The files of a folder as they are on the disk; all that end in `.toml`, also those that kf does not know. */
export type FolderFiles = Readonly<Record<string, Uint8Array>>

/**
 * `folder` absent: `./configs` if it is there, else nothing. Hidden files and editors' own are passed over.
 * Throws `bad_config` when a folder that was named is not there or holds none of the files, or when one cannot be read.
 */
export async function readConfigFolder(folder: string | undefined, cwd: string): Promise<FolderFiles> {
  const path = resolve(cwd, folder ?? defaultConfigFolder)
  const names = await namesIn(path, folder !== undefined)
  const files = await Promise.all(names.map(async (name) => [name, await contentOf(path, name)] as const))
  if (folder !== undefined && !names.some((name) => configFileNames.includes(name as ConfigFileName))) {
    throw new KfError('bad_config', `${path}: holds none of ${configFileNames.join(', ')}`, {
      hint: 'name the folder that holds them with --config, or leave --config out to run on defaults',
    })
  }
  return Object.fromEntries(files)
}

async function namesIn(path: string, wasNamed: boolean): Promise<readonly string[]> {
  try {
    const names = await readdir(path)
    return names.filter((name) => name.endsWith('.toml') && !/^[.#~]/.test(name)).toSorted()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' && !wasNamed) return []
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new KfError('bad_config', `${path}: there is no such folder`, {
        hint: 'name the folder that holds server.toml with --config, or leave --config out to run on defaults',
        cause: error,
      })
    }
    throw new KfError('bad_config', `${path}: cannot be read (${messageOf(error)})`, { cause: error })
  }
}

async function contentOf(path: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(path, name))
  } catch (error) {
    throw new KfError('bad_config', `${join(path, name)}: cannot be read (${messageOf(error)})`, {
      cause: error,
    })
  }
}
