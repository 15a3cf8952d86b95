import { resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { didYouMean } from '../../core/suggest.ts'
import { type NumberKey, pipelineKeys } from './pipeline.ts'
import type { ServerSettings } from './server.ts'
import { type Parsed, parseCidr, parseListen, parsePublicUrl, parseWorkers } from './values.ts'

export type Problem = { readonly line: number; readonly column: number; readonly text: string }

export type ServerToml =
  | { readonly ok: true; readonly settings: ServerSettings }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Parses and validates `server.toml`: every error at once. A relative `data` is relative to the file's folder. */
export function parseServerToml(text: string, folder: string): ServerToml {
  let document: unknown
  try {
    document = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const what = (error.message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '')
    return { ok: false, problems: [{ line: error.line, column: error.column, text: `not TOML: ${what}` }] }
  }
  const result = schema.safeParse(document)
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => describe(issue, text))
    return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) }
  }
  const { listen, admin_listen, public_url, trusted_proxies, workers, data, pipeline } = result.data
  return {
    ok: true,
    settings: {
      listen,
      adminListen: admin_listen,
      publicUrl: public_url,
      trustedProxies: trusted_proxies,
      workers,
      data: data === undefined ? undefined : resolve(folder, data),
      pipeline,
    },
  }
}

const { ingress, filter, desk, persist } = pipelineKeys
const pipelineSchema = z.strictObject({
  ingress: z.strictObject({ batch: numberOf(ingress.batch) }).prefault({}),
  filter: z
    .strictObject({
      concurrency: numberOf(filter.concurrency),
      queue: numberOf(filter.queue),
      within_ms: numberOf(filter.within_ms),
    })
    .prefault({}),
  desk: z.strictObject({ concurrency: numberOf(desk.concurrency), queue: numberOf(desk.queue) }).prefault({}),
  persist: z
    .strictObject({
      queue: numberOf(persist.queue),
      batch: numberOf(persist.batch),
      target_ms: numberOf(persist.target_ms),
      interval_ms: numberOf(persist.interval_ms),
    })
    .prefault({}),
})

const schema = z.strictObject({
  listen: parsedBy(z.string(), parseListen).optional(),
  admin_listen: parsedBy(z.string(), parseListen).optional(),
  public_url: parsedBy(z.string(), parsePublicUrl).optional(),
  trusted_proxies: z.array(parsedBy(z.string(), parseCidr)).optional(),
  workers: parsedBy(z.number(), parseWorkers).optional(),
  data: z.string().min(1, 'is empty; write the path of a folder, or leave it out for ./data').optional(),
  pipeline: pipelineSchema.optional(),
})

/** The keys of each table, by its name; '' is the file itself. */
const keys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(schema.shape),
  pipeline: Object.keys(pipelineKeys),
  ...Object.fromEntries(
    Object.entries(pipelineKeys).map(([section, own]) => [`pipeline.${section}`, Object.keys(own)]),
  ),
}

const notToSet = "works on a worker's own loop, so its concurrency is `workers`; it has no queue"
const explained: Readonly<Record<string, string>> = { 'pipeline.parse': notToSet, 'pipeline.route': notToSet }

function numberOf({ default: preset, min, max }: NumberKey) {
  const bounds = `write a whole number from ${min} to ${max}; leave it out for ${preset}`
  return z
    .number()
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, {
      error: ({ input }) => `${String(input)} is out of bounds; ${bounds}`,
    })
    .default(preset)
}

function parsedBy<In, Out>(base: z.ZodType<In>, parseValue: (value: In) => Parsed<Out>) {
  return base.transform((value, context) => {
    const parsed = parseValue(value)
    if (parsed.ok) return parsed.value
    context.addIssue({ code: 'custom', message: `${parsed.what}; ${parsed.fix}` })
    return z.NEVER
  })
}

function describe(issue: z.core.$ZodIssue, text: string): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const table = issue.path.map(String)
    return issue.keys.map((key) => {
      const path = [...table, key]
      const name = path.join('.')
      return { ...positionOf(path, text), text: `${name}: unknown key; ${fixOf(key, table.join('.'))}` }
    })
  }
  const path = issue.path.map(String)
  const place = path.length === 0 ? 'server.toml' : path.join('.').replace(/\.(\d+)/g, '[$1]')
  return [{ ...positionOf(path, text), text: `${place}: ${whatOf(issue)}` }]
}

function fixOf(key: string, table: string): string {
  const known = keys[table] ?? []
  const why = explained[`${table}.${key}`]
  if (why !== undefined) return why
  const meant = didYouMean(key, known)
  return meant === undefined ? `the keys are ${known.join(', ')}` : `did you mean ${meant}?`
}

const kinds: Readonly<Record<string, string>> = { array: 'a list of strings', object: 'a table' }

function whatOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message
  return `is not ${kinds[issue.expected] ?? `a ${issue.expected}`}; see docs/operations.md`
}

// smol-toml has no positions of valid keys. A key stands at the head of its line, bare, quoted, dotted or as a table's name; it
// belongs to the table whose header stands last above it.
function positionOf(
  path: readonly string[],
  text: string,
): { readonly line: number; readonly column: number } {
  const wanted = path.filter((part) => !/^\d+$/.test(part)).join('.')
  let table = ''
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^(\s*\[\[?\s*)([^\]#]+?)\s*\]/.exec(line)
    const assigned = header ?? /^(\s*)([^=#[]+?)\s*=/.exec(line)
    if (assigned === null) continue
    const name = (assigned[2] ?? '').replace(/\s*\.\s*/g, '.').replace(/["']/g, '')
    if (header !== null) table = name
    const full = header !== null || table === '' ? name : `${table}.${name}`
    if (wanted !== '' && (full === wanted || full.startsWith(`${wanted}.`)))
      return { line: index + 1, column: (assigned[1] ?? '').length + 1 }
  }
  return { line: 1, column: 1 }
}
