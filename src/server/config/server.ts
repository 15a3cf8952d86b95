import { isAbsolute, resolve } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { defaultPipeline, type PipelineConfig } from './pipeline.ts'
import { type Address, type Parsed, parseListen, parsePublicUrl, parseWorkers } from './values.ts'

/**
 * The configuration of one node, complete and validated: a snapshot, never changed in place. It crosses to writer and
 * workers as JSON.
 *
 * Only `server.toml` exists so far: all its keys belong to this node and take effect at a start. `load.ts` is the door for
 * further files.
 */
export type ServerConfig = {
  readonly listen: Address
  readonly adminListen: Address
  /** Ends with a slash; absent: the address a request came to. */
  readonly publicUrl?: string
  /** CIDR blocks whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[]
  readonly workers: number
  /** The data folder, absolute. */
  readonly data: string
  readonly pipeline: PipelineConfig
}

/** What a file or the flags say; the rest comes from the defaults. */
export type ServerSettings = {
  readonly [Key in keyof ServerConfig]?: ServerConfig[Key] | undefined
}

/** Flags as typed, unparsed. */
export type ServerFlags = {
  readonly listen?: string | undefined
  readonly adminListen?: string | undefined
  readonly publicUrl?: string | undefined
  readonly workers?: string | undefined
  readonly data?: string | undefined
}

export const defaultListen: Address = { host: '127.0.0.1', port: 7000 }
export const defaultAdminListen: Address = { host: '127.0.0.1', port: 7001 }
export const defaultData = './data'

/** Throws `bad_flag` naming each flag that cannot be read, one line each. */
export function parseFlags(flags: ServerFlags): ServerSettings {
  const problems: string[] = []
  const read = <T>(
    flag: string,
    text: string | undefined,
    parse: (text: string) => Parsed<T>,
  ): T | undefined => {
    if (text === undefined) return undefined
    const parsed = parse(text)
    if (parsed.ok) return parsed.value
    problems.push(`--${flag}: ${parsed.what}; ${parsed.fix}`)
    return undefined
  }
  const settings = {
    listen: read('listen', flags.listen, parseListen),
    adminListen: read('admin-listen', flags.adminListen, parseListen),
    publicUrl: read('public-url', flags.publicUrl, parsePublicUrl),
    workers: read('workers', flags.workers, parseWorkers),
    data: flags.data,
  }
  if (problems.length > 0) throw new KfError('bad_flag', problems.join('\n'))
  return settings
}

/** Flags win over the file, the file over the defaults. `cwd` resolves a relative data folder. */
export function resolveConfig(
  layers: { readonly flags: ServerSettings; readonly file: ServerSettings },
  defaults: { readonly cwd: string; readonly workers: number },
): ServerConfig {
  const { flags, file } = layers
  const publicUrl = flags.publicUrl ?? file.publicUrl
  const data = flags.data ?? file.data ?? defaultData
  return {
    listen: flags.listen ?? file.listen ?? defaultListen,
    adminListen: flags.adminListen ?? file.adminListen ?? defaultAdminListen,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    trustedProxies: flags.trustedProxies ?? file.trustedProxies ?? [],
    workers: flags.workers ?? file.workers ?? defaults.workers,
    data: isAbsolute(data) ? data : resolve(defaults.cwd, data),
    pipeline: flags.pipeline ?? file.pipeline ?? defaultPipeline,
  }
}
