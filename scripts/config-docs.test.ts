import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allKeys } from '../src/server/config/keys.ts'
import { configFileNames } from '../src/server/config/snapshot.ts'
import { configDocs, readme, readmeBounds } from './config-docs.ts'

test.each(configDocs())(
  '%s is what the source says (else run: node scripts/generate-docs.ts)',
  (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text)
  },
)

test('every key stands on a page once', () => {
  const rows = configDocs().flatMap(([, text]) => text.split('\n').filter((line) => line.startsWith('| `')))
  expect(rows).toHaveLength(allKeys().length)
})

test('docs/config/README.md names every file and the bounds of one', () => {
  for (const said of [...configFileNames, ...readmeBounds()]) expect(readme()).toContain(said)
})
