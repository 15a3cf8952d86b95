import { expect, test } from 'vitest'
import type { Engine } from './engines.ts'
import { type Machine, provide } from './provide.ts'

function scene(options: {
  readonly root?: boolean
  readonly go?: boolean
  readonly ci?: boolean
  readonly aptWorks?: boolean
}) {
  const present = new Set<string>()
  const said: string[] = []
  const engine = (name: string, neededBy: string): Engine => ({
    name,
    neededBy: [neededBy],
    isPresent: () => present.has(name),
    packages: [`${name}-package`],
    skipVariable: `KF_SKIP_${name.toUpperCase()}`,
  })
  const machine: Machine = {
    canInstall: options.root ?? false,
    canBuild: options.go ?? false,
    strict: options.ci ?? false,
    install: (packages) => {
      if (options.aptWorks ?? true) for (const name of packages) present.add(name.replace('-package', ''))
      return true
    },
    build: (tool) => {
      present.add(tool)
      return true
    },
    say: (line) => said.push(line),
  }
  return { engines: [engine('browser', 'test/'), engine('tracer', 'src/server/')], machine, present, said }
}

test('what is there already costs neither a word nor an install', () => {
  const { engines, machine, present, said } = scene({ root: true })
  present.add('browser').add('tracer')
  expect(provide(engines, [], machine)).toEqual({ skips: {}, ok: true })
  expect(said).toEqual([])
})

test('root installs what is missing in one go and says so', () => {
  const { engines, machine, said } = scene({ root: true })
  expect(provide(engines, [], machine)).toEqual({ skips: {}, ok: true })
  expect(said).toEqual([
    'test: installing browser, tracer: apt-get update && apt-get install -y browser-package tracer-package',
  ])
})

test('only the engines of the named tests are put in place', () => {
  const { engines, machine, said } = scene({ root: true })
  expect(provide(engines, ['src/core'], machine)).toEqual({ skips: {}, ok: true })
  expect(provide(engines, ['test/browser.test.ts'], machine)).toEqual({ skips: {}, ok: true })
  expect(said).toEqual(['test: installing browser: apt-get update && apt-get install -y browser-package'])
})

test('who may not install is told the command, and the tests get the reason to skip', () => {
  const { engines, machine, said } = scene({})
  expect(provide(engines, ['test'], machine)).toEqual({
    skips: { KF_SKIP_BROWSER: 'browser is missing' },
    ok: true,
  })
  expect(said).toEqual([
    'test: SKIP: browser is missing, test/ left out; fix: as root, apt-get update && apt-get install -y browser-package',
  ])
})

test('in CI a missing piece is a failure', () => {
  const { engines, machine, said } = scene({ root: true, ci: true, aptWorks: false })
  expect(provide(engines, ['test'], machine).ok).toBe(false)
  expect(said[1]).toBe(
    'test: FAILED: browser is missing, test/ left out; fix: as root, apt-get update && apt-get install -y browser-package',
  )
})

const proxy = (present: ReadonlySet<string>): Engine => ({
  name: 'proxy-server',
  neededBy: ['src/chaos/'],
  isPresent: () => present.has('proxy'),
  packages: [],
  tool: 'proxy',
  skipVariable: 'KF_SKIP_PROXY',
})

test('what no package brings is built where Go is, root or not', () => {
  const { machine, present, said } = scene({ go: true })
  expect(provide([proxy(present)], ['src'], machine)).toEqual({ skips: {}, ok: true })
  expect(said).toEqual(['test: building proxy: kf tools install proxy'])
})

test('without Go it is left out, or a failure in CI, with what helps', () => {
  const { machine, present, said } = scene({ root: true, ci: true })
  expect(provide([proxy(present)], [], machine)).toEqual({
    skips: { KF_SKIP_PROXY: 'proxy-server is missing' },
    ok: false,
  })
  expect(said).toEqual([
    'test: FAILED: proxy-server is missing, src/chaos/ left out; fix: install Go, then kf tools install proxy',
  ])
})
