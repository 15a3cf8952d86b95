import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { claims } from '../bench/claims.ts'
import { peers } from '../bench/peers.ts'
import { readArguments } from '../bench/support/arguments.ts'
import { capacityPage } from '../bench/support/capacity-page.ts'
import { isMet, median, quotients, type Round, rounded } from '../bench/support/claim.ts'
import { figureIn, memory } from '../bench/support/page-text.ts'
import { peersPage } from '../bench/support/peers-page.ts'
import { capacityPagePath, readReports, targetsPagePath } from '../bench/write-page.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const cleanups: (() => unknown)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function bench(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'bench', 'run.ts'), ...args])
  cleanups.push(() => child.kill('SIGTERM'))
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  await once(child, 'close')
  return { code: child.exitCode, out, err }
}

test('a claim ends with one line of JSON that has its name, ratio, unit and samples, and is kept in the folder given', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kf-claims-test-'))
  cleanups.push(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const { code, out } = await bench('pipeline', '--quick', '--repeat', '2', '--json', '--out', folder)
  expect([0, 5]).toContain(code)
  const printed: unknown = JSON.parse(out.trim().split('\n').at(-1) ?? '')
  expect(printed).toMatchObject({
    name: 'pipeline',
    ratio: expect.any(Number) as number,
    unit: 'messages/s staged ÷ one at a time',
    samples: [expect.any(Number) as number, expect.any(Number) as number],
    bounds: [{ what: 'staged ÷ one at a time', op: '>=', bound: 2 }],
    valid: true,
    quick: true,
    command: 'npm run bench -- pipeline --json --repeat 2 --quick',
  })
  expect(readdirSync(folder)).toEqual(['pipeline.json'])
  expect(JSON.parse(readFileSync(join(folder, 'pipeline.json'), 'utf8'))).toMatchObject({
    ...(printed as object),
  })
})

test('a name that no claim has is answered with the one that was meant', async () => {
  const { code, out, err } = await bench('pipelin')
  expect({ code, out, err }).toEqual({
    code: 1,
    out: '',
    err: 'bench: no claim is called pipelin\nbench: fix: did you mean pipeline?\n',
  })
})

test('every claim can be loaded, and is called by its own name', async () => {
  for (const [name, load] of Object.entries(claims)) expect((await load()).name).toBe(name)
})

test('arguments are read or refused, with their bounds', () => {
  const known = ['capacity', 'memory']
  expect(readArguments(['memory', '--sockets', '10,20', '--seconds', '3', '--json'], known)).toEqual({
    names: ['memory'],
    all: false,
    json: true,
    repeat: undefined,
    out: 'reports',
    options: { quick: false, sockets: [10, 20], seconds: 3 },
  })
  expect(readArguments(['all', '--quick'], known)).toMatchObject({ names: known, all: true, out: undefined })
  const refused = (...argv: readonly string[]) => {
    try {
      readArguments(argv, known)
      return 'accepted'
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
  }
  expect(refused()).toBe('which claim is to be measured?')
  expect(refused('memory', 'capacity')).toBe('one name at a time, not also capacity')
  expect(refused('memory', '--repeat', '0')).toBe('--repeat 0: a whole number from 1 to 1000 is needed')
  expect(refused('memory', '--sockets', '5,')).toBe('--sockets : a whole number from 1 to 1000000 is needed')
})

test('figures are medians of quotients within a round, and promise no more digits than were measured', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([])).toBeNaN()
  expect(quotients([10, 9], [5, 3])).toEqual([2, 3])
  expect(rounded(1234.56)).toBe(1230)
  expect(isMet({ what: '', value: 2, op: '>=', bound: 2 })).toBe(true)
  expect(isMet({ what: '', value: Number.NaN, op: '<=', bound: 2 })).toBe(false)
})

test('docs/capacity.md says what reports/ says', () => {
  const page = readFileSync(capacityPagePath, 'utf8')
  expect(capacityPage(page, readReports(join(root, 'reports')))).toBe(page)
})

test('docs/targets.md says what reports/ says of peers', () => {
  const page = readFileSync(targetsPagePath, 'utf8')
  expect(peersPage(page, readReports(join(root, 'reports')))).toBe(page)
})

test('peers stand beside kf with what each run beside it gave, and a comparison that is none says so', () => {
  const page = '<!-- generated: peers -->\n<!-- end: peers -->'
  const side = { messages_per_s: 10_000, echo_ratio: 0.2, relay_ratio: 0.4, cpu_us: 60, echo_cpu_us: 15 }
  const at = { kf: { ...side, messages_per_s: 30_000, cpu_us: 20 }, 'socketio-durable': side }
  const result = { ratio: 3, cpu_ratio: 3, at, invalid_reason: null }
  const text = peersPage(page, new Map([['peers', result]]))
  expect(text).toContain(
    '| kf: durable, with all features on | 30,000/s | 0.20 | 0.40 | 20.0 µs · 15.0 µs · — | — |',
  )
  expect(text).toContain('| `socketio-memory`: nothing is kept | — | — | — | — · — · — | — |')
  expect(text).toContain('kf ÷ the best of them: 3.00 in messages/s, 3.00 in CPU per message')
  const disturbed = new Map([['peers', { ...result, invalid_reason: 'other processes' }]])
  expect(peersPage(page, disturbed)).toContain('*INVALID: other processes.*')
})

test('against peers the best of each round counts, and a side that is no measurement spoils it', () => {
  const round = (kf: number, durable: number, memoryOnly: number, invalid: string | null = null): Round => ({
    kf: { messages_per_s: kf, cpu_us: 20, invalid: null },
    'socketio-durable': { messages_per_s: durable, cpu_us: 60, invalid },
    'socketio-memory': { messages_per_s: memoryOnly, cpu_us: 50, invalid: null },
  })
  const options = { quick: false, sockets: undefined, seconds: undefined }
  const found = peers.conclude([round(30, 10, 12), round(30, 20, 15)], options)
  expect(found.samples).toEqual([2.5, 1.5])
  expect(found).toMatchObject({ ratio: 2.5, invalid: null, figures: { cpu_ratio: 2.5 } })
  expect(found.bounds.map(isMet)).toEqual([true, true])
  const spoiled = peers.conclude([round(30, 10, 12, 'too idle')], options)
  expect(spoiled.invalid).toBe('socketio-durable: too idle')
})

test('what was not measured is a dash, never a figure', () => {
  const page = ['figures', 'sizing', 'techniques']
    .map((name) => `<!-- generated: ${name} -->\n<!-- end: ${name} -->`)
    .join('\n')
  const empty = capacityPage(page, new Map())
  expect(empty).toContain('| staged pipeline ÷ one message at a time | — | pipeline |')
  expect(empty).not.toContain('NaN')
  const some = capacityPage(page, new Map([['pipeline', { ratio: 29.4 }]]))
  expect(some).toContain('| staged pipeline ÷ one message at a time | 29.40 | pipeline |')
  expect(() => capacityPage('', new Map())).toThrow('docs/capacity.md: the markers of "figures" are missing')
  expect(figureIn(new Map([['a', { b: { c: 'text' } }]]), ['a', 'b', 'c'])).toBeNull()
  expect([memory(900), memory(9_000), memory(2e9), memory(null)]).toEqual([
    '900 B',
    '8.8 KiB',
    '1.9 GiB',
    '—',
  ])
})
