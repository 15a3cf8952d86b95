import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { scenarioSchema, stepNames, stepSchemas } from '../src/chaos/scenario/schema.ts'

/** What docs/ says of scenario files, made from the schema that reads them. */
const root = new URL('..', import.meta.url)
export const scenarioPage = fileURLToPath(new URL('docs/scenarios.md', root))
export const scenarioSchemaFile = fileURLToPath(new URL('docs/schemas/scenario.json', root))

/** docs/schemas/scenario.json, for editors. Draft 7: the newest that all of them know. */
export function scenarioJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ $schema, ...rest }, null, 2)}\n`
}

/** docs/scenarios.md with its tables of keys made anew. Throws when one has lost its markers. */
export function generateScenarioPage(page: string): string {
  const { ramp, agents, trouble, flows, rest, thresholds } = scenarioSchema.shape
  const parts: Readonly<Record<string, string>> = {
    keys: keyTable(scenarioSchema),
    ramp: keyTable(objectIn(ramp)),
    agents: keyTable(objectIn(agents)),
    trouble: keyTable(objectIn(trouble)),
    flows: keyTable(objectIn(flows)),
    ...Object.fromEntries(stepNames.map((name) => [name, keyTable(stepSchemas[name])])),
    rest: keyTable(objectIn(rest)),
    thresholds: keyTable(objectIn(thresholds)),
  }
  let made = page
  for (const [name, text] of Object.entries(parts)) {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`]
    const [from, to] = [made.indexOf(begin), made.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/scenarios.md: the markers of "${name}" are missing`)
    made = `${made.slice(0, from + begin.length)}\n${text}\n${made.slice(to)}`
  }
  return made
}

// The object that describes an entry: of a list its items.
function objectIn(schema: z.ZodType): z.ZodObject {
  if (schema instanceof z.ZodObject) return schema
  const inner: unknown =
    schema instanceof z.ZodOptional
      ? schema.unwrap()
      : schema instanceof z.ZodArray
        ? schema.element
        : undefined
  if (inner instanceof z.ZodType) return objectIn(inner)
  throw new TypeError('the schema of a section is no object and no list of them')
}

function keyTable(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([key, value]) => {
    if (!(value instanceof z.ZodType)) throw new TypeError(`${key} is no schema`)
    const name = value instanceof z.ZodOptional ? `\`${key}\`` : `\`${key}\` *`
    return `| ${[name, valueText(value), descriptionOf(value)].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return ['| key | value | meaning |', '|---|---|---|', ...rows].join('\n')
}

// What the schema says to a value that fits nothing is what it needs.
function valueText(schema: z.ZodType): string {
  const message = schema.safeParse(Symbol('fits nothing')).error?.issues[0]?.message ?? ''
  return message.replace(/ is needed/, '').replace('keys with values are needed', 'keys, below')
}

function descriptionOf(schema: z.ZodType): string {
  return schema.description ?? (schema instanceof z.ZodOptional ? descriptionOf(objectOf(schema)) : '')
}

function objectOf(schema: z.ZodOptional): z.ZodType {
  const inner: unknown = schema.unwrap()
  if (inner instanceof z.ZodType) return inner
  throw new TypeError('an optional schema without a schema in it')
}
