import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { experimentSchema, measureNames, measureUnits } from '../src/chaos/experiment/schema.ts'
import { actionSchema, choiceSchema } from '../src/chaos/experiment/schema-method.ts'
import type { FaultKind } from '../src/chaos/fault/fault.ts'
import { faultKinds } from '../src/chaos/fault/kinds.ts'
import { unwrapped } from '../src/chaos/yaml/issues.ts'
import { keyRows, keyTable, objectIn, replaceParts } from './key-table.ts'

/** What docs/ says of chaos scenarios, made from the schema that reads them and from the faults themselves. */
const root = new URL('..', import.meta.url)
export const chaosPage = fileURLToPath(new URL('docs/chaos.md', root))
const chaosSchemaFile = fileURLToPath(new URL('docs/schemas/chaos.json', root))

type Json = { [key: string]: unknown }

/** docs/schemas/chaos.json, for editors: each fault with its own keys. Draft 7: the newest that all of them know. */
export function chaosJsonSchema(kinds: Iterable<FaultKind> = faultKinds.values()): string {
  const { $schema, ...rest } = jsonOf(experimentSchema)
  const all = [...kinds]
  const properties = rest['properties'] as {
    readonly method: Json
    readonly random: { readonly properties: { readonly faults: Json } }
  }
  properties.method['items'] = { anyOf: all.map((kind) => entryOf(kind, actionSchema)) }
  properties.random.properties.faults['items'] = { anyOf: all.map((kind) => entryOf(kind, choiceSchema)) }
  return `${JSON.stringify({ $schema, ...rest }, null, 2)}\n`
}

// The keys that every fault has, with those of this one, and no others.
function entryOf(kind: FaultKind, common: z.ZodObject): Json {
  const [shared, own] = [jsonOf(common), jsonOf(kind.params)]
  const properties: Json = {
    ...(shared['properties'] as Json),
    ...(own['properties'] as Json | undefined),
    fault: { const: kind.name, description: kind.describe.en },
  }
  if (kind.momentary) delete properties['for']
  const required = [
    ...((shared['required'] as readonly string[] | undefined) ?? []),
    ...((own['required'] as readonly string[] | undefined) ?? []),
    ...(kind.momentary ? [] : ['for']),
  ]
  return { type: 'object', title: kind.name, properties, required, additionalProperties: false }
}

function jsonOf(schema: z.ZodType): Json {
  return { ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) }
}

/** docs/chaos.md with its tables made anew. Throws when one has lost its markers. */
export function generateChaosPage(page: string, kinds: Iterable<FaultKind> = faultKinds.values()): string {
  const { topology, workload, safety, steady_state, random, checks } = experimentSchema.shape
  const inTopology = objectIn(topology).shape
  return replaceParts(page, 'docs/chaos.md', {
    keys: keyTable(experimentSchema),
    topology: keyTable(objectIn(topology)),
    nodes: keyTable(objectIn(schemaOf(inTopology['nodes']))),
    attach: keyTable(objectIn(schemaOf(inTopology['attach']))),
    workload: keyTable(objectIn(workload)),
    safety: keyTable(objectIn(safety)),
    measures: measureTable(),
    probes: keyTable(objectIn(schemaOf(objectIn(steady_state).shape['probes']))),
    method: keyTable(actionSchema),
    random: keyTable(objectIn(random)),
    checks: keyTable(objectIn(checks)),
    minimum: keyTable(objectIn(schemaOf(objectIn(checks).shape['minimum']))),
    faults: faultSections([...kinds]),
  })
}

function schemaOf(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodType) return schema
  throw new TypeError('a section without a schema')
}

function measureTable(): string {
  const written = { share: '`> 5%`', time: '`<= 200ms`', number: '`>= 100`', size: '`<= 512MiB`' } as const
  const meanings = objectIn(schemaOf(objectIn(experimentSchema.shape.safety).shape['abort_if'])).shape
  const rows = measureNames.map(
    (name) =>
      `| \`${name}\` | ${written[measureUnits[name]]} | ${schemaOf(meanings[name]).description ?? descriptionIn(meanings[name])} |`,
  )
  return ['| measure | bounds are written | meaning |', '|---|---|---|', ...rows].join('\n')
}

function descriptionIn(schema: unknown): string {
  return unwrapped(schemaOf(schema)).description ?? ''
}

const aims: Readonly<Record<string, string>> = {
  link: 'a link, such as `visitors->node`',
  node: 'a node',
  worker: 'a node, for one of its workers',
  writer: 'a node, for its writer; needs two workers or more',
  clients: '`visitors` or `agents`',
  config: 'a node',
}

function faultSections(kinds: readonly FaultKind[]): string {
  return kinds
    .map((kind) => {
      const needs = kind.needs.filter((one) => one !== 'toxiproxy')
      const facts = [
        `On ${aims[kind.on] ?? kind.on}.`,
        kind.momentary ? 'Over by itself.' : 'Lasts for `for`.',
        ...(needs.length > 0 ? [`Needs ${needs.join(', ')}.`] : []),
        ...(kind.storeCannotCommit === true ? ['The store cannot commit meanwhile.'] : []),
      ]
      const bare = unwrapped(kind.params)
      const rows = bare instanceof z.ZodObject ? keyRows(bare) : []
      const table = rows.length === 0 ? [] : ['', '| key | value | meaning |', '|---|---|---|', ...rows]
      return [`### \`${kind.name}\``, '', kind.describe.en, facts.join(' '), ...table].join('\n')
    })
    .join('\n\n')
}

/** Every file that is made from the source. */
export function chaosDocs(): readonly (readonly [string, string])[] {
  return [
    [chaosPage, generateChaosPage(readFileSync(chaosPage, 'utf8'))],
    [chaosSchemaFile, chaosJsonSchema()],
  ]
}
