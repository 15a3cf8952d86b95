import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { diffSnapshots } from './diff.ts'
import { parseConfig } from './parse.ts'
import { renderProblems } from './render.ts'
import { secretReader } from './secrets.ts'
import type { ConfigFiles, ParsedConfig } from './snapshot.ts'

/**
 * test/config-golden/CASE/: the files of a folder (and of `next/`, to compare with it), and in en.txt and zh.txt the exact output for
 * them. `KF_UPDATE_GOLDEN=1` writes the outputs anew: read every line of the difference before it is committed.
 */
const root = fileURLToPath(new URL('../../../test/config-golden/', import.meta.url))
const cases = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory())
const update = process.env['KF_UPDATE_GOLDEN'] === '1'

test('there are at least 60 cases in both languages', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60)
})

describe.each(cases)('configuration: %s', (name) => {
  test.each(['en', 'zh'] as const)('says in %s exactly what its golden file says', (language) => {
    const file = join(root, name, `${language}.txt`)
    const output = outputOf(join(root, name), language)
    if (update) {
      mkdirSync(join(root, name), { recursive: true })
      writeFileSync(file, output)
    }
    expect(output).toBe(readFileSync(file, 'utf8'))
  })
})

function outputOf(folder: string, language: 'en' | 'zh'): string {
  const [files, next] = [filesIn(folder), filesIn(join(folder, 'next'))]
  const [parsed, then] = [read(files, folder), read(next ?? {}, folder)]
  if (!parsed.ok) return `${renderProblems(parsed.problems, files ?? {}, language)}\n`
  if (next === undefined) return 'ok\n'
  if (!then.ok) return `${renderProblems(then.problems, next, language, (file) => `next/${file}`)}\n`
  const changes = diffSnapshots(parsed.snapshot, then.snapshot)
  return changes
    .map(
      ({ file, key, from, to, effect, scope }) =>
        `${file}: ${key}: ${from ?? '-'} -> ${to ?? '-'} (${effect}, ${scope})\n`,
    )
    .join('')
}

function read(files: ConfigFiles | undefined, folder: string): ParsedConfig {
  const variables = { KF_ADMIN_TOKEN: 'a-token-of-some-length', KF_SHORT: 'short', KF_EMPTY: '' }
  return parseConfig(files ?? {}, { secret: secretReader(variables, folder) })
}

function filesIn(folder: string): ConfigFiles | undefined {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.toml'))
    return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
  } catch {
    return undefined
  }
}
