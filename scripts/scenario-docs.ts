import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { scenarioSchema, stepNames, stepSchemas } from '../src/chaos/scenario/schema.ts'
import { keyTable, objectIn, replaceParts } from './key-table.ts'

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
  return replaceParts(page, 'docs/scenarios.md', parts)
}
