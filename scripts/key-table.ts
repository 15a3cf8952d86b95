import { z } from 'zod'
import { unwrapped } from '../src/chaos/yaml/issues.ts'

/** Replaces what stands between `<!-- generated: NAME -->` and `<!-- end: NAME -->`. Throws when a part has lost its markers. */
export function replaceParts(page: string, file: string, parts: Readonly<Record<string, string>>): string {
  let made = page
  for (const [name, text] of Object.entries(parts)) {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`]
    const [from, to] = [made.indexOf(begin), made.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`${file}: the markers of "${name}" are missing`)
    made = `${made.slice(0, from + begin.length)}\n${text}\n${made.slice(to)}`
  }
  return made
}

/** The object that describes an entry: of a list its items. */
export function objectIn(schema: z.ZodType): z.ZodObject {
  const bare = unwrapped(schema)
  if (bare instanceof z.ZodObject) return bare
  const inner: unknown = bare instanceof z.ZodArray ? bare.element : undefined
  if (inner instanceof z.ZodType) return objectIn(inner)
  throw new TypeError('the schema of a section is no object and no list of them')
}

/** Keys, what their values are, and what they mean; a star for those that must be there. */
export function keyTable(schema: z.ZodObject): string {
  return ['| key | value | meaning |', '|---|---|---|', ...keyRows(schema)].join('\n')
}

export function keyRows(schema: z.ZodObject): readonly string[] {
  return Object.entries(schema.shape).map(([key, value]) => {
    if (!(value instanceof z.ZodType)) throw new TypeError(`${key} is no schema`)
    const name = value.safeParse(undefined).success ? `\`${key}\`` : `\`${key}\` *`
    return `| ${[name, valueText(value), descriptionOf(value)].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
}

// What the schema says to a value that fits nothing is what it needs.
function valueText(schema: z.ZodType): string {
  const message = schema.safeParse(Symbol('fits nothing')).error?.issues[0]?.message ?? ''
  return message.replace(/ (?:is|are) needed/, '').replace(/^keys with values/, 'keys, below')
}

function descriptionOf(schema: z.ZodType): string {
  const inner = unwrapped(schema)
  const text = schema.description ?? (inner === schema ? '' : descriptionOf(inner))
  const byDefault = defaultOf(schema)
  return byDefault === undefined || text.includes('by default')
    ? text
    : `${text} \`${byDefault}\` by default.`.trim()
}

function defaultOf(schema: z.ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return undefined
  return String(schema.def.defaultValue)
}
