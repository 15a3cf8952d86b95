import { hostname } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { defaultData } from '../../server/config/server.ts'
import type { Problem } from '../../server/config/snapshot.ts'
import type { ConfigErrorAnswer } from '../../server/entry.ts'
import type { CommandContext } from '../commands/table.ts'
import { type LocalFolder, openFolder } from './folder.ts'
import { type AskDetails, type ConfigServer, type ServerFlags, serverOf } from './server.ts'

/** What the server finds wrong with files. */
export class RefusedFiles extends KfError {
  readonly problems: readonly Problem[]

  constructor(error: ConfigErrorAnswer['error'], problems: readonly Problem[]) {
    super(error.code, error.message)
    this.problems = problems
  }
}

/** The server that the flags mean; without any, the one of this host's data folder as `server.toml` or the default names it. */
export async function findServer(
  flags: ServerFlags & { readonly dir?: string },
  { state }: CommandContext,
  known?: LocalFolder,
): Promise<ConfigServer> {
  if (flags.server !== undefined) return serverOf(flags, '', state)
  if (flags.data !== undefined) return serverOf(flags, resolve(state.cwd, flags.data), state)
  const folder = known ?? (await openFolder(flags.dir, state.cwd).catch(() => undefined))
  return serverOf(flags, dataOf(folder, state.cwd), state)
}

/** The answer to a request; throws what the server says is wrong as `KfError` with its code. */
export async function call<Answer>(
  server: ConfigServer,
  method: string,
  path: string,
  details: AskDetails = {},
): Promise<Answer> {
  const { status, body } = await server.ask(method, path, details)
  if (status >= 200 && status < 300) return body as Answer
  const { error } = body as Partial<ConfigErrorAnswer>
  if (error === undefined) throw new KfError('unavailable', `${server.name} answered ${status}`)
  if (error.problems !== undefined) throw new RefusedFiles(error, error.problems)
  const { code, hint, message, params } = error
  throw new KfError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(params === undefined ? {} : { params }),
  })
}

/** Who changes it, for history and audit log: `name@host`. */
export function whoOf({ state }: CommandContext): { readonly who?: string } {
  const name = state.env['USER'] ?? state.env['LOGNAME'] ?? ''
  return name === '' ? {} : { who: `${name}@${hostname()}`.slice(0, 100) }
}

function dataOf(folder: LocalFolder | undefined, cwd: string): string {
  if (folder?.parsed.ok !== true || folder.parsed.sources['server.toml:data']?.from !== 'file') {
    return resolve(cwd, defaultData)
  }
  const { data } = folder.parsed.snapshot.node
  return isAbsolute(data) ? data : resolve(folder.path, data)
}
