import { describe, expect, test } from 'vitest'
import { checkImports } from './check-imports.ts'
import { LAYERS } from './import-rules.ts'

const check = (...files: readonly [path: string, text: string][]) =>
  checkImports(
    files.map(([path, text]) => ({ path, text })),
    LAYERS,
  ).map(({ file, line, text }) => `${file}:${line}: ${text}`)

describe('what the house allows', () => {
  test('each layer may import what lies below it', () => {
    const allowed = check(
      ['src/protocol/a.ts', "import { KfError } from '../core/errors.ts'\n"],
      ['src/client/a.ts', "import { decode } from '../protocol/a.ts'\n"],
      ['src/web/agent/main.tsx', "import { connect } from '../../client/a.ts'\nimport { h } from 'preact'\n"],
      ['src/chaos/load/a.ts', "import { connect } from '../../client/a.ts'\nimport net from 'node:net'\n"],
      [
        'src/cli/a.ts',
        "import { serve } from '../server/entry.ts'\nimport { run } from '../chaos/load/a.ts'\n",
      ],
      [
        'src/server/storage/sqlite/a.ts',
        "import { b } from '../../engines/b.ts'\nimport { c } from './c.ts'\n",
      ],
      ['src/server/pipeline/a.ts', "import { b } from '../storage/b.ts'\n"],
      ['src/server/transport/a.ts', "import { b } from '../pipeline/a.ts'\n"],
      ['src/server/worker.ts', "import { b } from './transport/a.ts'\nimport { c } from './desk/c.ts'\n"],
    )
    expect(allowed).toEqual([])
  })

  test('siblings may import the types of each other', () => {
    expect(
      check(
        ['src/server/desk/a.ts', "import type { Stage } from '../pipeline/stage.ts'\n"],
        ['src/server/pipeline/b.ts', "import { type Desk, type Queue } from '../desk/desk.ts'\n"],
        ['src/server/bus/c.ts', "export type { Store } from '../storage/store.ts'\n"],
        ['src/server/people/d.ts', "import type { AdminCall } from '../roles.ts'\n"],
      ),
    ).toEqual([])
  })

  test('a test may import whatever it tries out', () => {
    expect(check(['src/core/ids.test.ts', "import { a } from '../server/app.ts'\n"])).toEqual([])
  })
})

describe('what the house forbids', () => {
  test('an import against the direction is named with its line, the reason and the fix', () => {
    expect(check(['src/core/ids.ts', "// ids\nimport { Frame } from '../protocol/frames.ts'\n"])).toEqual([
      'src/core/ids.ts:2: src/core/ may not import src/protocol/ (src/protocol/frames.ts): ' +
        'core imports nothing of the rest; move what both need into core',
    ])
  })

  test.each([
    ['src/protocol/a.ts', '../client/session.ts'],
    ['src/client/a.ts', '../web/shared/i18n.ts'],
    ['src/web/agent/a.ts', '../../server/api/rest.ts'],
    ['src/chaos/load/a.ts', '../../server/storage/store.ts'],
    ['src/cli/a.ts', '../server/storage/sqlite.ts'],
    ['src/cli/a.ts', '../web/shared/i18n.ts'],
    ['src/server/config/a.ts', '../storage/store.ts'],
    ['src/server/storage/a.ts', '../pipeline/stage.ts'],
    ['src/server/pipeline/a.ts', '../transport/hub.ts'],
    ['src/server/api/a.ts', '../app.ts'],
    ['src/server/app.ts', '../client/session.ts'],
    ['src/server/app.ts', '../chaos/load/pacer.ts'],
    ['src/core/a.ts', '../../scripts/build.ts'],
  ])('%s may not import %s, not even its types', (path, specifier) => {
    expect(check([path, `import { a } from '${specifier}'\n`])).toHaveLength(1)
    expect(check([path, `import type { A } from '${specifier}'\n`])).toHaveLength(1)
  })

  test.each([
    ['src/server/storage/a.ts', '../bus/bus.ts'],
    ['src/server/desk/a.ts', '../pipeline/stage.ts'],
    ['src/server/transport/a.ts', '../api/rest.ts'],
    ['src/server/config/a.ts', '../telemetry/log.ts'],
    ['src/server/people/a.ts', '../roles.ts'],
  ])('%s may not import values of its sibling %s', (path, specifier) => {
    expect(check([path, `import { type A, b } from '${specifier}'\n`])).toHaveLength(1)
    expect(check([path, `export * from '${specifier}'\n`])).toHaveLength(1)
    expect(check([path, `const late = () => import('${specifier}')\n`])).toHaveLength(1)
  })

  test.each(['src/protocol/', 'src/client/', 'src/web/agent/'])('%s may not import node:', (folder) => {
    expect(check([`${folder}a.ts`, "import { readFile } from 'node:fs/promises'\n"])).toEqual([
      `${folder}a.ts:1: ${folder.replace('agent/', '')} may not import node:fs/promises: ` +
        'it runs in the browser too; take what it needs as a parameter',
    ])
  })

  test('an import over several lines is seen', () => {
    expect(
      check(['src/core/a.ts', "import {\n  one,\n  two,\n} from '../protocol/frames.ts'\n"]),
    ).toHaveLength(1)
  })

  test('a folder that no rule names is told to get one', () => {
    expect(check(['src/extra/a.ts', ''])).toEqual([
      'src/extra/a.ts:1: src/extra/a.ts belongs to no layer: name its folder in scripts/import-rules.ts',
    ])
  })
})

describe('cycles', () => {
  test('a ring of values is reported once, with every file of it', () => {
    expect(
      check(
        ['src/core/a.ts', "import { b } from './b.ts'\n"],
        ['src/core/b.ts', "import { c } from './c.ts'\n"],
        ['src/core/c.ts', "\nimport { a } from './a.ts'\n"],
      ),
    ).toEqual([
      'src/core/c.ts:2: import cycle: src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts; ' +
        'move what both need into a third file, or pass it as a parameter',
    ])
  })

  test('a file that imports itself is a cycle', () => {
    expect(check(['src/core/a.ts', "import { a } from './a.ts'\n"])).toHaveLength(1)
  })

  test('a ring closed by a type import is none, nor are two ways to the same file', () => {
    expect(
      check(
        ['src/core/a.ts', "import { b } from './b.ts'\nimport { c } from './c.ts'\n"],
        ['src/core/b.ts', "import { c } from './c.ts'\nimport type { A } from './a.ts'\n"],
        ['src/core/c.ts', ''],
      ),
    ).toEqual([])
  })
})
