import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { KfError } from '../../core/errors.ts'
import { loadScenario } from './load.ts'
import { complaint, head } from './scenario-in-test.ts'

const folder = mkdtempSync(join(tmpdir(), 'kf-scenario-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('a hostile or broken file', () => {
  test.each<{ what: string; text: string | Uint8Array; says: string }>([
    { what: 'empty', text: '', says: 'x.yml: is empty; begin with a shipped one: kf bench --list' },
    {
      what: 'comments only',
      text: '\uFEFF# nothing\n\n',
      says: 'x.yml: is empty; begin with a shipped one: kf bench --list',
    },
    {
      what: 'binary',
      text: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0]),
      says: 'x.yml: is not text in UTF-8; name a scenario, a YAML file',
    },
    {
      what: 'Latin-1',
      text: new Uint8Array([0x61, 0xe9, 0x62]),
      says: 'x.yml: is not text in UTF-8; name a scenario, a YAML file',
    },
    {
      what: 'huge',
      text: `# ${'x'.repeat(70_000)}`,
      says: 'x.yml: is larger than 65536 bytes; a scenario is a few hundred: is it the right file?',
    },
    { what: 'a list', text: '- 1', says: 'x.yml:1:1: is a list; keys with values are needed' },
    { what: 'a word', text: 'hello', says: 'x.yml:1:1: "hello" does not fit; keys with values are needed' },
    {
      what: 'two documents',
      text: `${head}---\n${head}`,
      says: 'x.yml:3:1: a second document begins here (---); a file holds one scenario',
    },
    {
      what: 'a tab',
      text: `${head}ramp:\n\tover: 5s\n`,
      says: 'x.yml:4:1: a tab indents this line; use spaces',
    },
    {
      what: 'an open quote',
      text: 'title: "x',
      says: 'x.yml:1:10: something is not closed or not separated here: a quote, a bracket, a comma, or the space after a colon',
    },
    {
      what: 'a key twice',
      text: `${head}seed: 1\nseed: 2\n`,
      says: 'x.yml:4:1: seed: stands here twice, first on line 3; keep one of them',
    },
    {
      what: 'a tag',
      text: `${head}seed: !!js/function x\n`,
      says: 'x.yml:3:7: tags (!) mean nothing in a scenario; take it out, or quote a text that begins with !',
    },
    {
      what: 'a merge key',
      text: `${head}<<: { seed: 1 }\n`,
      says: 'x.yml:3:1: <<: merge keys are not part of YAML 1.2; write the keys out, or use an alias for a whole value',
    },
    {
      what: '__proto__',
      text: `${head}__proto__: { seed: 1 }\n`,
      says: 'x.yml:3:1: __proto__: unknown key; take it out',
    },
    {
      what: 'constructor',
      text: `${head}ramp: { constructor: 1 }\n`,
      says: 'x.yml:3:9: constructor: unknown key; take it out',
    },
    {
      what: 'an unknown alias',
      text: `${head}flows: *f\n`,
      says: 'x.yml:3:8: *f: there is no &f before it; define it first, or quote a text that begins with *',
    },
    {
      what: 'a cycle',
      text: `${head}flows: &f [*f]\n`,
      says: 'x.yml:3:12: *f: repeats itself, since it stands inside &f; take it out',
    },
  ])('$what', ({ text, says }) => {
    expect(complaint(text)[0]).toBe(says)
  })

  test('whose aliases repeat each other over and over ends early', () => {
    const bomb = Array.from({ length: 9 }, (_, i) =>
      i === 0 ? 'k0: &k0 [x, x, x, x, x, x, x, x, x]' : `k${i}: &k${i} [${`*k${i - 1}, `.repeat(9)}]`,
    ).join('\n')
    expect(complaint(bomb).some((line) => line.includes('more than 100 aliases'))).toBe(true)
    const wide = `k0: &k0 [${'x, '.repeat(900)}]\nk1: [${'*k0, '.repeat(9)}]\n`
    expect(complaint(wide).some((line) => line.includes('more than 5000 values'))).toBe(true)
    // Nothing behind the bound is looked at any more.
    expect(complaint(`${wide}k2: *none\n`).some((line) => line.includes('*none'))).toBe(false)
  })

  test.each(['[', '{', '- ', '? ', '{a: ', '!', '&a ', '"', '|\n', '---\n', 'a: ', '\t', ',', '*a '])(
    'of nothing but %j is refused',
    (piece) => {
      const text = piece.repeat(Math.floor(60_000 / piece.length))
      expect(complaint(text)[0]).toMatch(/^x\.yml(:\d+:\d+)?: /)
    },
  )

  test('that does not exist, is a folder or ends in a folder that is none is named with the fix', async () => {
    const of = (path: string): Promise<unknown> =>
      loadScenario(path, 'x.yml').then(
        () => 'read',
        (error: unknown) => (error instanceof KfError ? error.message : error),
      )
    writeFileSync(join(folder, 'large.yml'), 'x'.repeat(100_000))
    expect(await of(join(folder, 'none.yml'))).toBe(
      'x.yml: there is no such file; kf bench --list shows the shipped scenarios',
    )
    expect(await of(join(folder, 'large.yml', 'x.yml'))).toBe(
      'x.yml: there is no such file; kf bench --list shows the shipped scenarios',
    )
    expect(await of(folder)).toBe('x.yml: is not a file; name a scenario, a YAML file')
    expect(await of('/dev/zero')).toBe('x.yml: is not a file; name a scenario, a YAML file')
    expect(await of(join(folder, 'large.yml'))).toBe(
      'x.yml: is larger than 65536 bytes; a scenario is a few hundred: is it the right file?',
    )
  })

  test('made of any pieces is accepted or refused in words, never more', () => {
    const piece = fc.constantFrom(
      'version: 1',
      'title: x',
      'flows:',
      'rest:',
      'steps:',
      '- ',
      '  ',
      '    ',
      '\n',
      '\n\n',
      ': ',
      'send: ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&a ',
      '*a',
      '!!x ',
      '"',
      "'",
      '|',
      '>',
      '#',
      '---\n',
      '...\n',
      '%',
      '\t',
      '__proto__: ',
      'expect: ack',
      'think: 1s',
      'name: a',
      '<<: ',
      '0',
      '1e999',
      '.nan',
      'null',
      '~',
      '?',
      '你好',
      '\u0000',
      '\ud800',
      '\u2028',
      'thresholds:',
      'avg_ms: ',
      '<= 1',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 60 }),
        (pieces) => {
          const [line] = complaint(pieces.join(''))
          return line !== undefined
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('made of any values at known keys is accepted or refused in words, never more', () => {
    const keys = [
      'version',
      'title',
      'mode',
      'concurrency',
      'rate',
      'ramp',
      'over',
      'agents',
      'trouble',
      'flows',
      'steps',
      'send',
      'expect',
      'list',
      'rest',
      'path',
      'body',
      'as',
      'thresholds',
      'avg_ms',
      'x',
    ]
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', maxDepth: 5 },
        fc.oneof(
          fc.string(),
          fc.double(),
          fc.boolean(),
          fc.constant(null),
          fc.constantFrom('1s', '5%', '<= 1', 'ack', 'a', '/'),
        ),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 6 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => complaint(JSON.stringify(value)).length > 0),
      { numRuns: 2_000 },
    )
  })
})
