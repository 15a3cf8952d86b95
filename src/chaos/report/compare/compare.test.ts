import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { goodRow, measuredRow, reportOf } from '../report-in-test.ts'
import type { Row } from '../row.ts'
import type { BenchResult } from '../stored.ts'
import { type Comparison, compare } from './compare.ts'
import { mustBeComparable, readRuns } from './runs.ts'
import { comparisonLines } from './text.ts'

const defaults = { tolerance: undefined, forced: [] }

function run(change: Partial<Row> = {}, more: Partial<BenchResult> = {}): BenchResult {
  return reportOf([measuredRow({ ...goodRow, sent: 1_000, acked: 1_000, ...change })], more).result
}

function side(name: string, ...results: readonly BenchResult[]) {
  return { name, results }
}

function judgement(comparison: Comparison, metric: string): string | undefined {
  return comparison.rows[0]?.metrics.find((one) => one.metric === metric)?.judgement
}

const scattered = (around: number): readonly BenchResult[] =>
  [0.97, 0.99, 1, 1.02, 1.04].map((factor) => run({ avg_ms: around * factor, p50_ms: around * factor }))

test('a run against itself is the same in everything', () => {
  const comparison = compare(side('a', run()), side('b', run()), defaults)
  expect(new Set(comparison.rows[0]?.metrics.map((one) => one.judgement))).toEqual(new Set(['same']))
  expect(comparison.worse).toBe(false)
})

test.each([
  ['slower than its bound', { avg_ms: 1.6 * 1.11 }, 'avg_ms', 'worse'],
  ['slower within it', { avg_ms: 1.6 * 1.09 }, 'avg_ms', 'same'],
  ['faster', { avg_ms: 1.2 }, 'avg_ms', 'better'],
  ['a tail within its wider bound', { p99_ms: 5.2 * 1.2 }, 'p99_ms', 'same'],
  ['less throughput', { messages_per_s: 2_300, server_cpu_cores: 0.5 }, 'messages_per_s', 'worse'],
  ['more throughput', { messages_per_s: 2_700 }, 'messages_per_s', 'better'],
  ['more CPU for each message', { server_cpu_cores: 0.6 }, 'cpu_us_per_message', 'worse'],
  ['more errors', { errors: 2 }, 'error_rate', 'worse'],
  ['an error in a thousand', { errors: 1 }, 'error_rate', 'same'],
  ['one message lost', { lost: 1 }, 'lost', 'worse'],
])('one run each, %s: %o', (_, change, metric, expected) => {
  const comparison = compare(side('a', run()), side('b', run(change)), defaults)
  expect(judgement(comparison, metric)).toBe(expected)
  expect(comparison.worse).toBe(expected === 'worse')
})

test('repeats: worse only where the whole interval lies beyond the bound', () => {
  const before = side('a', ...scattered(2))
  const at = (around: number): string | undefined =>
    judgement(compare(before, side('b', ...scattered(around)), defaults), 'avg_ms')
  expect([at(2), at(2.18), at(2.6), at(1.4)]).toEqual(['same', 'unclear', 'worse', 'better'])
})

test('a metric that one run does not know is not compared', () => {
  const comparison = compare(side('a', run()), side('b', run({ delivered_p99_ms: null })), defaults)
  expect(judgement(comparison, 'delivered_p99_ms')).toBeUndefined()
})

test('a tolerance takes the place of all bounds of ratios', () => {
  const change = { p999_ms: 9.8 * 1.3 }
  const at = (tolerance: number | undefined): string | undefined =>
    judgement(compare(side('a', run()), side('b', run(change)), { tolerance, forced: [] }), 'p999_ms')
  expect([at(undefined), at(0.1)]).toEqual(['same', 'worse'])
})

test.each([
  [
    'an invalid row',
    run({ valid: false, invalid_reason: 'slip' }),
    'measurement_invalid',
    'is INVALID: slip',
  ],
  [
    'another mode',
    run({}, { mode: 'closed', rate: null }),
    'not_comparable',
    'differ in mode: open and closed',
  ],
  ['another rate', run({}, { rate: 1 }), 'not_comparable', 'differ in rate: 0.5 and 1'],
  [
    'another machine',
    run({}, { machine: { ...run().machine, cores: 8 } }),
    'not_comparable',
    'differ in cores: 2 and 8',
  ],
  ['other rows', run({ concurrency: 7 }), 'not_comparable', 'no row in common'],
])('refuses %s', (_, other, code, message) => {
  expect(() => mustBeComparable(side('a', run()), side('b', other), false)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) as unknown }),
  )
})

test('forced, it says what should not have differed', () => {
  const other = run({}, { rate: 1 })
  const obstacles = mustBeComparable(side('a', run()), side('b', other), true)
  const forced = obstacles.map(({ en }) => en)
  expect(obstacles).toEqual([
    { en: 'the runs differ in rate: 0.5 and 1', zh: '各次运行的 rate 不同：0.5 和 1' },
  ])
  expect(
    comparisonLines(compare(side('a', run()), side('b', other), { ...defaults, forced }), 'en'),
  ).toContain(' ! compared although the runs differ in rate: 0.5 and 1')
})

test('the sync time of a disk, the seed and the command may differ', () => {
  const other = run({}, { seed: 9, command: 'x', machine: { ...run().machine, disk_sync_p99_ms: 9 } })
  expect(mustBeComparable(side('a', run()), side('b', other), false)).toEqual([])
})

test('as text: the verdict, what it rests on, and every metric with its bound', () => {
  const comparison = compare(side('old', run()), side('new', run({ avg_ms: 2 })), defaults)
  expect(comparisonLines(comparison, 'en').slice(0, 5)).toEqual([
    'WORSE  old -> new   1 run before, 1 after',
    ' one run on each side: no interval can be given, the bounds alone decide',
    '',
    ' 5,000 visitors            before     after  ratio  interval       bound',
    ' avg response time         1.6 ms    2.0 ms   1.25         -     <= 1.10  WORSE',
  ])
  expect(comparisonLines(comparison, 'zh')[0]).toBe('变差  old -> new   之前 1 次运行，之后 1 次')
})

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kf-compare-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a path is a result, a report, or a folder of reports', async () => {
  for (const name of ['1', '2']) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'result.json'), JSON.stringify(run()))
  }
  const counts = await Promise.all(
    [folder, join(folder, '1'), join(folder, '1', 'result.json')].map(
      async (path) => (await readRuns(path)).results.length,
    ),
  )
  expect(counts).toEqual([2, 1, 1])
})

test.each([['nowhere'], ['.'], ['bad.json']])('refuses %s, which is none of them', async (name) => {
  await writeFile(join(folder, 'bad.json'), '{"rows": [1]}')
  await expect(readRuns(join(folder, name))).rejects.toMatchObject({ code: 'not_a_report' })
})
