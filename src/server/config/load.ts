import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import type { ServerSettings } from './server.ts'

/** Where configuration is looked for when `--config` is absent; that it is missing is no error. */
export const defaultConfigFolder = 'configs'

/**
 * Reads `server.toml` of a folder. `folder` absent: `./configs` if it is there, else nothing.
 * Throws `bad_config`: the message has one line per error, `file:line:column: key: what; fix`.
 */
export async function loadServerFile(folder: string | undefined, cwd: string): Promise<ServerSettings> {
  const file = join(resolve(cwd, folder ?? defaultConfigFolder), 'server.toml')
  const text = await readIfPresent(file, folder !== undefined)
  if (text === undefined) return {}
  // Imported only when there is something to parse: zod and smol-toml cost 40 ms of a cold start.
  const { parseServerToml } = await import('./server-toml.ts')
  const result = parseServerToml(text, dirname(file))
  if (result.ok) return result.settings
  const shown = relative(cwd, file).startsWith('..') ? file : relative(cwd, file)
  throw new KfError(
    'bad_config',
    result.problems.map((it) => `${shown}:${it.line}:${it.column}: ${it.text}`).join('\n'),
  )
}

async function readIfPresent(file: string, folderWasNamed: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' && !folderWasNamed) return undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new KfError('bad_config', `${file}: there is no such file`, {
        hint: 'name the folder that holds server.toml with --config, or leave --config out to run on defaults',
        cause: error,
      })
    }
    throw new KfError('bad_config', `${file}: cannot be read (${messageOf(error)})`, { cause: error })
  }
}
