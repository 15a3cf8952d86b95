import { isAbsolute, resolve } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { defaultSnapshot } from './assemble.ts'
import type { SecretRead, SecretReference, Snapshot, Sources } from './snapshot.ts'
import { type Address, type Parsed, parseListen, parsePublicUrl, parseWorkers } from './values.ts'

/** What a start of this node goes by: the node's part of its snapshot, made whole. It does not change while it runs. */
export type ServerConfig = {
  readonly listen: Address
  readonly adminListen: Address
  /** At the start; ends with a slash; absent: the address a request came to. */
  readonly publicUrl?: string
  readonly workers: number
  /** The data folder, absolute. */
  readonly data: string
  /** Absent: the one in the data folder. Never crosses to writer and workers. */
  readonly adminToken?: string
}

/** Flags as typed, unparsed. */
export type ServerFlags = {
  readonly listen?: string | undefined
  readonly adminListen?: string | undefined
  readonly publicUrl?: string | undefined
  readonly workers?: string | undefined
  readonly data?: string | undefined
}

const { node } = defaultSnapshot()
export const defaultListen: Address = node.listen
export const defaultAdminListen: Address = node.admin_listen
export const defaultData = node.data

/** The flags by key, as a snapshot takes them. Throws `bad_flag` naming each flag that cannot be read, one line each. */
export function parseFlags(flags: ServerFlags): Readonly<Record<string, string | undefined>> {
  const problems: string[] = []
  const check = <T>(flag: string, text: string | undefined, parse: (text: string) => Parsed<T>): void => {
    if (text === undefined) return
    const parsed = parse(text)
    if (!parsed.ok) problems.push(`--${flag}: ${parsed.what}; ${parsed.fix}`)
  }
  check('listen', flags.listen, parseListen)
  check('admin-listen', flags.adminListen, parseListen)
  check('public-url', flags.publicUrl, parsePublicUrl)
  check('workers', flags.workers, parseWorkers)
  if (problems.length > 0) throw new KfError('bad_flag', problems.join('\n'))
  return {
    listen: flags.listen,
    admin_listen: flags.adminListen,
    public_url: flags.publicUrl,
    workers: flags.workers,
    data: flags.data,
  }
}

/** A relative data folder starts at `folder`, the one of the files, where a file names it, else at `cwd`. */
export function serverConfigOf(
  snapshot: Snapshot,
  sources: Sources,
  from: {
    readonly cwd: string
    readonly folder: string
    /** Where nothing says how many. */
    readonly workers: number
    readonly secret: (reference: SecretReference) => SecretRead
  },
): ServerConfig {
  const { listen, admin_listen: adminListen, admin_token: reference, workers, data } = snapshot.node
  const { public_url: publicUrl } = snapshot.cluster.server
  const base = sources['server.toml:data']?.from === 'file' ? from.folder : from.cwd
  const token = reference === undefined ? undefined : from.secret(reference)
  return {
    listen,
    adminListen,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    workers: workers ?? from.workers,
    data: isAbsolute(data) ? data : resolve(base, data),
    ...(token?.ok === true ? { adminToken: token.value } : {}),
  }
}
