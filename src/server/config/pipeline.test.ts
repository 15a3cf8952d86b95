import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultPipeline, type NumberKey, pipelineKeys } from './pipeline.ts'

const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')

test('docs/operations.md lists every key of [pipeline] with its default and bounds, and no other', () => {
  const documented = page.split('\n').filter((line) => line.startsWith('| `pipeline.'))
  const coded = Object.entries(pipelineKeys).flatMap(([section, keys]) =>
    Object.entries(keys).map(
      ([key, { default: preset, min, max, help }]) =>
        `| \`pipeline.${section}.${key}\` | ${preset} | ${min} | ${max} | ${help} |`,
    ),
  )
  expect(documented).toEqual(coded)
})

test('the defaults lie within their bounds', () => {
  for (const keys of Object.values<Record<string, NumberKey>>(pipelineKeys)) {
    for (const { default: preset, min, max } of Object.values(keys)) {
      expect(preset).toBeGreaterThanOrEqual(min)
      expect(preset).toBeLessThanOrEqual(max)
    }
  }
  expect(Object.keys(defaultPipeline)).toEqual(Object.keys(pipelineKeys))
})
