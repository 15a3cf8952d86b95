import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseScenario } from '../src/chaos/scenario/load.ts'
import {
  generateScenarioPage,
  scenarioJsonSchema,
  scenarioPage,
  scenarioSchemaFile,
} from './scenario-docs.ts'

const page = readFileSync(scenarioPage, 'utf8')

test('docs/schemas/scenario.json is what the schema says (else run: node scripts/generate-docs.ts)', () => {
  expect(readFileSync(scenarioSchemaFile, 'utf8')).toBe(scenarioJsonSchema())
})

test('docs/scenarios.md says what the schema says (else run: node scripts/generate-docs.ts)', () => {
  expect(page).toBe(generateScenarioPage(page))
})

test('a table without its markers is an error, not silence', () => {
  expect(() => generateScenarioPage(page.replace('<!-- end: ramp -->', ''))).toThrow(
    'docs/scenarios.md: the markers of "ramp" are missing',
  )
})

test('every scenario shown on the page can be run', () => {
  const shown = [...page.matchAll(/^```yaml\n(version: 1\n.*?)^```$/gms)].map((match) => match[1] ?? '')
  expect(shown.length).toBeGreaterThan(1)
  for (const text of shown) expect(parseScenario(text, 'docs/scenarios.md').version).toBe(1)
})

test('every shipped scenario names the schema for editors on its first line, and stands on the page', () => {
  const folder = new URL('../scenarios/', import.meta.url)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yml'))) {
    const [first] = readFileSync(new URL(file, folder), 'utf8').split('\n')
    expect(first, file).toBe('# yaml-language-server: $schema=../docs/schemas/scenario.json')
    expect(page).toContain(`| \`${file.replace('.yml', '')}\` |`)
  }
})
