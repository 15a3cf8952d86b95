import { existsSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { defaultConfigFolder, type FolderFiles, readConfigFolder } from '../../server/config/folder.ts'
import type { ParsedConfig } from '../../server/config/snapshot.ts'

/** A folder of configuration as the CLI found it. */
export type LocalFolder = {
  /** Absolute. */
  readonly path: string
  readonly files: FolderFiles
  /** Checked by form only where it is about secrets: they are the server's. */
  readonly parsed: ParsedConfig
  /** A file's name as it is written in messages: from where the operator stands, if that is shorter. */
  readonly shown: (file: string) => string
}

/** Throws `config_folder` where there is no folder or none of the files in it, `bad_config` for what cannot be read. */
export async function openFolder(dir: string | undefined, cwd: string): Promise<LocalFolder> {
  const path = resolve(cwd, dir ?? defaultConfigFolder)
  const shown = (file: string): string => shownPath(join(path, file), cwd)
  if (!existsSync(path)) throw noFolder(shownPath(path, cwd))
  const files = await readConfigFolder(path, cwd).catch((error: unknown) => {
    if (error instanceof KfError && error.hint !== undefined) throw noFolder(shownPath(path, cwd))
    throw error
  })
  const { parseConfig } = await import('../../server/config/parse.ts')
  return { path, files, parsed: parseConfig(files), shown }
}

export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path)
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near
}

function noFolder(path: string): KfError {
  return new KfError('config_folder', `${path}: there are no files of configuration`, {
    hint: 'kf config init writes new ones, kf config pull those that are live; or name their folder',
    params: { path },
  })
}
