import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadExperiment } from '../src/chaos/experiment/load.ts'
import { faultKinds } from '../src/chaos/fault/kinds.ts'
import { chaosDocs, chaosPage, generateChaosPage } from './chaos-docs.ts'

const page = readFileSync(chaosPage, 'utf8')

test.each(chaosDocs())(
  '%s is what the source says (else run: node scripts/generate-docs.ts)',
  (path, made) => {
    expect(readFileSync(path, 'utf8')).toBe(made)
  },
)

test('a table without its markers is an error, not silence', () => {
  expect(() => generateChaosPage(page.replace('<!-- end: safety -->', ''))).toThrow(
    'docs/chaos.md: the markers of "safety" are missing',
  )
})

test('every fault is on the page', () => {
  for (const name of faultKinds.keys()) expect(page).toContain(`### \`${name}\``)
})

test('every scenario shown on the page can be run', () => {
  const shown = [...page.matchAll(/^```yaml\n(version: 1\n.*?)^```$/gms)].map((match) => match[1] ?? '')
  expect(shown.length).toBeGreaterThan(1)
  for (const text of shown) expect(loadExperiment(text, 'docs/chaos.md').version).toBe(1)
})

test('every shipped scenario can be run, asks its question on its first line, and stands on the page', () => {
  const folder = new URL('../scenarios/chaos/', import.meta.url)
  const files = readdirSync(folder)
  expect(files.length).toBeGreaterThanOrEqual(19)
  for (const file of files) {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const [first, second] = text.split('\n')
    const { title, name } = loadExperiment(text, file)
    expect(first).toBe(`title: ${title}`)
    expect(title).toMatch(/\?$/)
    expect(second).toBe('# yaml-language-server: $schema=../../docs/schemas/chaos.json')
    expect(page).toContain(`| \`${name}\` | ${title} |`)
  }
})
