import { expect, test } from 'vitest'
import { rewriteUrls } from './bundle-urls.ts'

const root = new URL('..', import.meta.url).pathname.replace(/\/$/, '')

function rewrite(source: string, path = 'src/server/supervisor.ts') {
  const copied: string[] = []
  const { code, errors } = rewriteUrls(source, `${root}/${path}`, {
    root,
    entries: { worker: 'src/server/worker.ts', generator: 'src/chaos/load/generator.ts' },
    copy: (from, to) => copied.push(`${from} -> ${to}`),
  })
  return { code, copied, errors: errors.map(({ line, text }) => `${line}: ${text}`) }
}

test('a forked entry is found beside the bundle', () => {
  expect(rewrite("fork(new URL('./worker.ts', import.meta.url))").code).toBe(
    "fork(new URL('./worker.js', import.meta.url))",
  )
  expect(rewrite("new URL('./generator.ts', import.meta.url)", 'src/chaos/load/run.ts').code).toBe(
    "new URL('./generator.js', import.meta.url)",
  )
})

test('an address over several lines is found too', () => {
  expect(rewrite("new URL(\n  './worker.ts',\n  import.meta.url,\n)").code).toBe(
    "new URL('./worker.js', import.meta.url)",
  )
})

test('the built pages are reached from the bundle itself, the rest of the package one folder up', () => {
  expect(rewrite("new URL('../../dist/web/', import.meta.url)").code).toBe(
    "new URL('./web/', import.meta.url)",
  )
  expect(rewrite("new URL('../../configs/server.toml', import.meta.url)").code).toBe(
    "new URL('../configs/server.toml', import.meta.url)",
  )
})

test('a data file below src is copied into the build', () => {
  const source = "new URL('./other.ts', import.meta.url); new URL('./texts/zh.txt', import.meta.url)"
  const { code, copied, errors } = rewrite(source, 'src/chaos/load/a.ts')
  expect(code).toContain("new URL('./assets/chaos/load/texts/zh.txt', import.meta.url)")
  expect(copied).toEqual(['src/chaos/load/texts/zh.txt -> dist/assets/chaos/load/texts/zh.txt'])
  expect(errors).toHaveLength(1)
})

test('what would lead nowhere in the package fails the build with its line', () => {
  expect(rewrite("\nnew URL('./other.ts', import.meta.url)").errors).toEqual([
    '2: src/server/other.ts is no entry: add it to PROGRAM_ENTRIES in scripts/entries.ts',
  ])
  expect(rewrite("new URL('../../../elsewhere', import.meta.url)").errors).toEqual([
    '1: ../elsewhere is outside of the package',
  ])
  expect(rewrite("new URL('./missing.txt', import.meta.url)").errors).toEqual([
    '1: src/server/missing.txt is no file, and src/ is not part of the package',
  ])
  expect(rewrite('const here = import.meta.dirname').errors).toEqual([
    "1: import.meta.dirname means another folder in dist/: write new URL('…', import.meta.url)",
  ])
})

test('an address that is not relative stays as it is', () => {
  const source = "new URL('/a', base); new URL('ws://127.0.0.1', import.meta.url)"
  expect(rewrite(source)).toEqual({ code: source, copied: [], errors: [] })
})
