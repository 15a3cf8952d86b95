import { join, relative, resolve } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { assemble, defaultOf } from './assemble.ts'
import { defaultConfigFolder, type FolderFiles, readConfigFolder } from './folder.ts'
import { definedKeys, type Key } from './keys.ts'
import { readValue, type Value } from './kinds.ts'
import { rules } from './rules.ts'
import { secretReader } from './secrets.ts'
import { parseFlags, type ServerConfig, type ServerFlags, serverConfigOf } from './server.ts'
import type { ConfigEnv, ConfigFiles, ParsedConfig, Snapshot, Sources, ValueSource } from './snapshot.ts'

export type LoadOptions = {
  /** As `--config` names it. */
  readonly folder: string | undefined
  readonly cwd: string
  readonly flags: ServerFlags
  /** Where nothing says how many. */
  readonly workers: number
  /** Of the environment, for secrets. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** A node's configuration as its disk and its flags have it, and how to read it again. */
export type LoadedConfig = {
  readonly config: ServerConfig
  readonly files: Readonly<Record<string, string>>
  readonly snapshot: Snapshot
  readonly sources: Sources
  /** What the folder holds now, as text. */
  readonly read: () => Promise<Readonly<Record<string, string>>>
  /** With this node's flags and secrets. */
  readonly parse: (files: ConfigFiles) => Promise<ParsedConfig>
}

/**
 * Reads the folder's files. Throws `bad_flag`, and `bad_config` whose message is every problem at once, as render.ts shows them; its
 * params hold the Chinese one.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { cwd, folder, variables, workers } = options
  const flags = parseFlags(options.flags)
  const path = resolve(cwd, folder ?? defaultConfigFolder)
  const secret = secretReader(variables, path)
  const parse = (files: ConfigFiles): Promise<ParsedConfig> => parseOrDefaults(files, { flags, secret })
  const onDisk = await readConfigFolder(folder, cwd)
  const parsed = await parse(onDisk)
  if (!parsed.ok) throw await configError(parsed, onDisk, path, cwd)
  const { snapshot, sources } = parsed
  return {
    config: serverConfigOf(snapshot, sources, { cwd, folder: path, workers, secret }),
    files: asText(onDisk),
    snapshot,
    sources,
    read: async () => asText(await readConfigFolder(folder, cwd)),
    parse,
  }
}

// zod and the TOML parsers cost 40 ms of a cold start, so they are loaded when there is something to parse. Flags are well by
// now, but for what they contradict, which only the parser knows.
async function parseOrDefaults(files: ConfigFiles, env: ConfigEnv): Promise<ParsedConfig> {
  if (Object.keys(files).length === 0) {
    const made = withoutFiles(env.flags ?? {})
    if (rules.every(({ broken }) => broken(made.snapshot) === undefined)) return made
  }
  const { parseConfig } = await import('./parse.ts')
  return parseConfig(files, env)
}

function withoutFiles(
  flags: Readonly<Record<string, string | undefined>>,
): Extract<ParsedConfig, { readonly ok: true }> {
  const flagOf = ({ file, key }: Key): string | undefined => (file === 'server.toml' ? flags[key] : undefined)
  const valueFor = (key: Key): Value => {
    const text = flagOf(key)
    if (text === undefined) return defaultOf(key)
    const read = readValue(key.setting, key.unit === 'count' ? Number(text) : text)
    return read.ok ? read.value : undefined
  }
  const sources = definedKeys().map((key): [string, ValueSource] => [
    key.id,
    flagOf(key) === undefined
      ? { from: 'default' }
      : { from: 'flag', flag: `--${key.key.replaceAll('_', '-')}` },
  ])
  return { ok: true, snapshot: assemble(valueFor), sources: Object.fromEntries(sources) }
}

async function configError(
  { problems }: Extract<ParsedConfig, { readonly ok: false }>,
  files: FolderFiles,
  path: string,
  cwd: string,
): Promise<KfError> {
  const { renderProblems } = await import('./render.ts')
  const shown = (file: string): string => {
    const near = relative(cwd, join(path, file))
    return near.startsWith('..') ? join(path, file) : near
  }
  return new KfError('bad_config', renderProblems(problems, files, 'en', shown), {
    params: { zh: renderProblems(problems, files, 'zh', shown) },
  })
}

function asText(files: FolderFiles): Readonly<Record<string, string>> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, decoder.decode(bytes)]))
}
