import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffSnapshots, textOf } from './diff.ts'
import { canonical, hashOf } from './hash.ts'
import { initFile } from './init.ts'
import { definedKeys } from './keys.ts'
import { parseConfig } from './parse.ts'
import { renderProblems } from './render.ts'
import { type ConfigFiles, configFileNames, type Snapshot } from './snapshot.ts'

/** Every key with a line of its own, as `kf config init` writes it, without the # in front of keys. */
const valid: Readonly<Record<string, string>> = Object.fromEntries(
  configFileNames.map((file) => [file, initFile(file, 'en').replace(/^# ([a-z_]+ = )/gm, '$1')]),
)

const piece = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    '"""',
    '[',
    ']',
    '{',
    '}',
    '=',
    '.',
    '#',
    '\n',
    '\r\n',
    '\r',
    '\0',
    '\uFEFF',
    '\uD800',
    '😀',
    '中',
    '__proto__',
    'constructor',
    'toString',
    '1e400',
    'nan',
    '-inf',
    '0x_1',
    '2026-13-45',
    '99:99:99',
    '9'.repeat(400),
    '[[a]]',
    '[limits]',
    'workers = 2',
    'a.b.c = 1',
    '"off"',
    '"5s"',
    '"64KiB"',
    '= =',
    '\\u12',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
    '${X}',
    'true',
  ),
  fc.string({ maxLength: 8 }),
)
const edit = fc.record({ at: fc.nat(), drop: fc.nat(30), put: piece, twice: fc.boolean() })

function mutate(
  text: string,
  edits: readonly { at: number; drop: number; put: string; twice: boolean }[],
): string {
  return edits.reduce((now, { at, drop, put, twice }) => {
    const from = at % (now.length + 1)
    const cut = now.slice(from, from + drop)
    return `${now.slice(0, from)}${put}${twice ? cut + cut : ''}${now.slice(from + drop)}`
  }, text)
}

const mutated = fc
  .record({
    server: fc.array(edit, { maxLength: 4 }),
    ratelimit: fc.array(edit, { maxLength: 4 }),
    asBytes: fc.boolean(),
  })
  .map(({ server, ratelimit, asBytes }): ConfigFiles => {
    const files = {
      'server.toml': mutate(valid['server.toml'] ?? '', server),
      'ratelimit.toml': mutate(valid['ratelimit.toml'] ?? '', ratelimit),
    }
    return asBytes
      ? Object.fromEntries(
          Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]),
        )
      : files
  })

test('whatever is written, there are problems with a place and a fix, or a snapshot that comes back from its own text', () => {
  fc.assert(
    fc.property(mutated, (files) => {
      const parsed = parseConfig(files)
      if (parsed.ok) {
        expect(Object.keys(parsed.sources)).toHaveLength(definedKeys().length)
        roundTrip(parsed.snapshot)
        return
      }
      expect(parsed.problems.length).toBeGreaterThan(0)
      for (const problem of parsed.problems) {
        expect(problem.line).toBeGreaterThan(0)
        expect(problem.column).toBeGreaterThan(0)
        expect(
          problem.what.en.length * problem.what.zh.length * problem.fix.en.length * problem.fix.zh.length,
        ).not.toBe(0)
      }
      for (const language of ['en', 'zh'] as const) {
        const text = renderProblems(parsed.problems, files, language)
        expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
        expect(text).not.toContain('undefined')
      }
    }),
    { numRuns: 2_000 },
  )
})

describe('random bytes', () => {
  test('give problems or a snapshot, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const parsed = parseConfig({ 'server.toml': bytes })
        if (parsed.ok) roundTrip(parsed.snapshot)
        else expect(parsed.problems.length).toBeGreaterThan(0)
      }),
      { numRuns: 2_000 },
    )
  })
})

test('nothing of the program is changed by any name in a file', () => {
  parseConfig({ 'server.toml': '[__proto__]\npolluted = 1\n[constructor.prototype]\npolluted = 1\n' })
  expect(Object.keys(Object.prototype)).toEqual([])
  expect('polluted' in {}).toBe(false)
})

function roundTrip(snapshot: Snapshot): void {
  const again = parseConfig(written(snapshot))
  if (!again.ok) throw new Error(renderProblems(again.problems, written(snapshot), 'en'))
  expect(canonical(again.snapshot)).toBe(canonical(snapshot))
  expect(hashOf(again.snapshot)).toBe(hashOf(snapshot))
  expect(diffSnapshots(snapshot, again.snapshot)).toEqual([])
  expect(canonical(JSON.parse(JSON.stringify(snapshot)))).toBe(canonical(snapshot))
}

/** Files that hold all of a snapshot's values. */
function written(snapshot: Snapshot): Readonly<Record<string, string>> {
  return Object.fromEntries(
    configFileNames.map((file) => [
      file,
      definedKeys()
        .flatMap((key) => {
          const text = key.file === file ? textOf(snapshot, key) : undefined
          return text === undefined ? [] : [`${key.key} = ${text}`]
        })
        .join('\n'),
    ]),
  )
}
