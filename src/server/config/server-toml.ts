import { resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { didYouMean } from '../../core/suggest.ts'
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
  const { listen, admin_listen, public_url, trusted_proxies, workers, data } = result.data
  return {
    ok: true,
    settings: {
      listen,
      adminListen: admin_listen,
      publicUrl: public_url,
      trustedProxies: trusted_proxies,
      workers,
      data: data === undefined ? undefined : resolve(folder, data),
    },
  }
}

const schema = z.strictObject({
  listen: parsedBy(z.string(), parseListen).optional(),
  admin_listen: parsedBy(z.string(), parseListen).optional(),
  public_url: parsedBy(z.string(), parsePublicUrl).optional(),
  trusted_proxies: z.array(parsedBy(z.string(), parseCidr)).optional(),
  workers: parsedBy(z.number(), parseWorkers).optional(),
  data: z.string().min(1, 'is empty; write the path of a folder, or leave it out for ./data').optional(),
})

const keys = Object.keys(schema.shape)

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
    return issue.keys.map((key) => {
      const meant = didYouMean(key, keys)
      const fix = meant === undefined ? `the keys are ${keys.join(', ')}` : `did you mean ${meant}?`
      return { ...positionOf(key, text), text: `${key}: unknown key; ${fix}` }
    })
  }
  const [key, ...inside] = issue.path.map(String)
  const place = key === undefined ? 'server.toml' : [key, ...inside.map((index) => `[${index}]`)].join('')
  const what =
    issue.code === 'invalid_type'
      ? `is not ${issue.expected === 'array' ? 'a list of strings' : `a ${issue.expected}`}; see docs/operations.md`
      : issue.message
  return [{ ...positionOf(key ?? '', text), text: `${place}: ${what}` }]
}

// smol-toml has no positions of valid keys. The file is flat: a key stands at the head of its line, bare, quoted or as a
// table's name.
function positionOf(key: string, text: string): { readonly line: number; readonly column: number } {
  const escaped = key.replace(/[^\w-]/g, '\\$&')
  const pattern = new RegExp(`^(\\s*(?:\\[\\[?\\s*)?)(["']?)${escaped}\\2\\s*[.=\\]]`)
  for (const [index, line] of text.split('\n').entries()) {
    const match = pattern.exec(line)
    if (match !== null) return { line: index + 1, column: (match[1] ?? '').length + 1 }
  }
  return { line: 1, column: 1 }
}
