import type { z } from 'zod'
import type { Place } from '../../core/snippet.ts'
import { assemble, defaultOf } from './assemble.ts'
import { guardText } from './guard.ts'
import { definedKeys, type Key } from './keys.ts'
import { readValue, type Value } from './kinds.ts'
import { type Misfit, quoted, typeOf } from './misfit.ts'
import { rules } from './rules.ts'
import { fileSchemas, leafSchema } from './schema.ts'
import { secretProblem } from './secrets.ts'
import {
  type ConfigEnv,
  type ConfigFileName,
  type ConfigFiles,
  configFileNames,
  type ParsedConfig,
  type Problem,
  type Sources,
  type ValueSource,
} from './snapshot.ts'
import { type Path, readToml, type TomlText } from './toml-text.ts'
import { fixForFile, fixForKey, settingAt, whyNoKey } from './unknown.ts'

/**
 * Reads all files at once: a whole snapshot, or every problem in the order of the files. Files that are not given have their
 * defaults. Never throws, whatever the files hold.
 */
export function parseConfig(files: ConfigFiles, env: ConfigEnv = {}): ParsedConfig {
  const problems: Problem[] = unknownFiles(files)
  const read = new Map<string, TomlText>()
  for (const file of configFileNames) {
    const content = Object.hasOwn(files, file) ? files[file] : undefined
    if (content === undefined) continue
    const toml = readFile(file, content)
    if (toml.ok) read.set(file, toml.toml)
    else problems.push(toml.problem)
  }
  for (const [file, toml] of read) problems.push(...schemaProblems(file as ConfigFileName, toml))
  const unread = configFileNames.filter((file) => Object.hasOwn(files, file) && !read.has(file))
  const values = new Map<Key, Held>()
  for (const key of definedKeys()) if (!unread.includes(key.file)) values.set(key, holdValue(key, read, env))
  problems.push(...flagProblems(values), ...secretProblems(values, env), ...contradictions(values))
  if (problems.length > 0) return { ok: false, problems: inOrder(problems) }
  return { ok: true, snapshot: snapshotOf(values), sources: sourcesOf(values) }
}

/** A key's value and where it stands; `misfit` where it has one. */
type Held = {
  readonly value: Value
  readonly misfit?: Misfit
  readonly source: ValueSource
  readonly place?: Place
}

function readFile(file: string, content: string | Uint8Array): ReturnType<typeof readToml> {
  const guarded = guardText(file, content)
  return guarded.ok ? readToml(file, guarded.text) : guarded
}

function unknownFiles(files: ConfigFiles): Problem[] {
  return Object.keys(files)
    .filter((name) => !configFileNames.some((known) => known === name))
    .map((name) => ({
      ...whole(name),
      code: 'unknown_file' as const,
      what: { en: 'unknown file', zh: '未知的文件' },
      fix: fixForFile(name),
    }))
}

function whole(file: string): Pick<Problem, 'file' | 'line' | 'column' | 'length' | 'key'> {
  return { file, line: 1, column: 1, length: 1, key: '' }
}

function schemaProblems(file: ConfigFileName, toml: TomlText): Problem[] {
  const result = fileSchemas[file].safeParse(toml.value)
  if (result.success) return []
  // A list has an issue for each wrong member, and one look at it finds them all.
  const seen = new Set<string>()
  return result.error.issues.flatMap((issue) => problemsOf(issue, file, toml, seen))
}

function problemsOf(
  issue: z.core.$ZodIssue,
  file: ConfigFileName,
  toml: TomlText,
  seen: Set<string>,
): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? '' : part))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => unknownKey(file, [...path.map(String), name], toml))
  }
  const named = settingAt(file, path)
  if (named === undefined) return [notATable(file, path, toml)]
  const at = path.slice(0, named.length)
  const read = readValue(named.setting, at.reduce(within, toml.value))
  const key = at.join('.')
  if (read.ok || seen.has(key)) return []
  seen.add(key)
  return [read.misfit, ...(read.others ?? [])].map((misfit) => problemAt(file, at, toml, misfit))
}

function problemAt(file: ConfigFileName, path: Path, toml: TomlText, misfit: Misfit): Problem {
  const { index, ...said } = misfit
  const exact = index === undefined ? path : [...path, index]
  const key = index === undefined ? path.join('.') : `${path.join('.')}[${index}]`
  return { file, ...toml.valueAt(exact), key, ...said }
}

function unknownKey(file: ConfigFileName, path: readonly string[], toml: TomlText): Problem {
  const why = whyNoKey(path)
  const name = path.at(-1) ?? ''
  return {
    file,
    ...toml.keyAt(path),
    key: path.map((part) => (/^[A-Za-z0-9_-]{1,60}$/.test(part) ? part : quoted(part))).join('.'),
    code: 'unknown_key',
    what: { en: 'unknown key', zh: '未知的键' },
    ...(why === undefined ? {} : { why }),
    fix: why === undefined ? fixForKey(file, path.slice(0, -1), name) : { en: 'remove it', zh: '请删除它' },
  }
}

function notATable(file: ConfigFileName, path: Path, toml: TomlText): Problem {
  const key = path.join('.')
  return {
    file,
    ...toml.valueAt(path),
    key,
    code: 'wrong_type',
    what: typeOf(path.reduce(within, toml.value)),
    why: { en: `${key} is a table`, zh: `${key} 是表` },
    fix: { en: `write [${key}] and its keys below it`, zh: `请写 [${key}]，并把它的键写在下面` },
  }
}

function within(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
  return (value as Readonly<Record<string | number, unknown>>)[part]
}

function holdValue(key: Key, read: ReadonlyMap<string, TomlText>, { flags = {} }: ConfigEnv): Held {
  const { file, setting } = key
  const flagged = file === 'server.toml' && Object.hasOwn(flags, key.key) ? flags[key.key] : undefined
  if (flagged !== undefined) {
    const written = setting.kind === 'whole-or-none' ? numberIn(flagged) : flagged
    return { ...valueFor(key, written), source: { from: 'flag', flag: `--${key.key.replaceAll('_', '-')}` } }
  }
  const toml = read.get(file)
  const path = key.key.split('.')
  const written = toml === undefined ? undefined : path.reduce(within, toml.value as unknown)
  if (toml === undefined || written === undefined) {
    return { value: defaultOf(key), source: { from: 'default' } }
  }
  const place = toml.valueAt(path)
  const { line, column } = toml.keyAt(path)
  return { ...valueFor(key, written), source: { from: 'file', file, line, column }, place }
}

function valueFor({ setting }: Key, written: unknown): Pick<Held, 'value' | 'misfit'> {
  const result = leafSchema(setting).safeParse(written)
  if (result.success) return { value: result.data as Value }
  const read = readValue(setting, written)
  return read.ok ? { value: read.value } : { value: undefined, misfit: read.misfit }
}

function numberIn(text: string): number | string {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : text
}

function flagProblems(values: ReadonlyMap<Key, Held>): Problem[] {
  return [...values].flatMap(([{ key }, { misfit, source }]) => {
    if (misfit === undefined || source.from !== 'flag') return []
    const { index: _index, ...said } = misfit
    return [{ ...whole(source.flag), key, ...said }]
  })
}

function secretProblems(values: ReadonlyMap<Key, Held>, { secret }: ConfigEnv): Problem[] {
  if (secret === undefined) return []
  return [...values].flatMap(([key, { misfit, place, value }]) => {
    if (!key.secret || misfit !== undefined || typeof value !== 'string') return []
    const said = secretProblem(secret(value))
    return said === undefined ? [] : [{ file: key.file, ...(place ?? start), key: key.key, ...said }]
  })
}

const start: Place = { line: 1, column: 1, length: 1 }

function contradictions(values: ReadonlyMap<Key, Held>): Problem[] {
  const byId = new Map([...values].map(([key, held]) => [key.id, { key, ...held }]))
  const snapshot = snapshotOf(values)
  return rules.flatMap(({ keys, broken }) => {
    const held = keys.flatMap((id) => byId.get(id) ?? [])
    // A key of a file that could not be read, or that is wrong by itself.
    if (held.length < keys.length || held.some(({ misfit }) => misfit !== undefined)) return []
    const said = broken(snapshot)
    if (said === undefined) return []
    const written = held.find(({ source }) => source.from !== 'default') ?? held[0]
    if (written === undefined) return []
    const file = written.source.from === 'flag' ? written.source.flag : written.key.file
    return [
      { file, ...(written.place ?? start), key: written.key.key, code: 'contradiction' as const, ...said },
    ]
  })
}

function snapshotOf(values: ReadonlyMap<Key, Held>) {
  return assemble((key) => values.get(key)?.value ?? defaultOf(key))
}

function sourcesOf(values: ReadonlyMap<Key, Held>): Sources {
  return Object.fromEntries([...values].map(([key, { source }]) => [key.id, source]))
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const rank = (file: string): number => {
    const known = (configFileNames as readonly string[]).indexOf(file)
    return known < 0 ? configFileNames.length : known
  }
  return problems.toSorted((a, b) => rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column)
}
