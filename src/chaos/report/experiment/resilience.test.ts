import { expect, test } from 'vitest'
import { invariants } from '../../check/verdict.ts'
import { type Resilience, resilienceMarkdown, resiliencePage } from './resilience.ts'
import { failedRun, resultInTest } from './result-in-test.ts'

const passed = resultInTest()
const all: Resilience = {
  rows: [
    { name: 'latency', title: 'Slow links?', result: passed, folder: '2026-07-19-chaos-latency' },
    { name: 'partition', title: 'Cut off?', result: failedRun, folder: '2026-07-19-chaos-partition' },
    { name: 'fsync-error', title: 'A disk that fails?', notRun: 'not run: needs strace' },
    {
      name: 'jitter',
      title: 'Uneven links?',
      result: { ...passed, verdicts: passed.verdicts.slice(0, 2) },
      folder: '2026-07-19-chaos-jitter',
    },
  ],
  machine: 'test CPU, 2 cores',
  version: '0.1.0',
  date: '2026-07-19T08:00:00.000Z',
  command: 'kf chaos run --all',
}

test('the page has a row for each scenario and a column for each promise, with times and links', () => {
  const lines = resilienceMarkdown(all, 'en').split('\n')
  expect(lines[0]).toBe('# Resilience')
  expect(lines).toContain('2 of 4 scenarios kept every promise · 2026-07-19 · kf 0.1.0 · test CPU, 2 cores')
  expect(lines).toContain(`| scenario | verdict | ${invariants.join(' | ')} | detect | recover |`)
  expect(lines).toContain(
    `| [latency](2026-07-19-chaos-latency/report.md) | PASS | ${invariants.map(() => '✓').join(' | ')} | 2.1 s | 6.4 s |`,
  )
  expect(lines).toContain(
    '| [partition](2026-07-19-chaos-partition/report.md) | FAIL | ✓ | ✗ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ? | ✓ | ✓ | ✓ | 2.1 s | 6.4 s |',
  )
  expect(lines).toContain('- partition: no_duplicate: conversation k3, client id c7f stored as seq 17 and 19')
})

test('a scenario that could not run is unknown in every column, and says what it needs', () => {
  const row = resilienceMarkdown(all, 'en')
    .split('\n')
    .find((line) => line.startsWith('| fsync-error'))
  expect(row).toBe(
    `| fsync-error | not run: needs strace | ${invariants.map(() => '?').join(' | ')} | - | - |`,
  )
})

test('a promise that a scenario does not check is neither kept nor unknown', () => {
  const row = resilienceMarkdown(all, 'en')
    .split('\n')
    .find((line) => line.startsWith('| [jitter]'))
  expect(row).toContain('| ✓ | ✓ | – | – |')
})

test('as HTML it says in words what its marks mean, in both languages', () => {
  const page = resiliencePage(all, 'zh')
  expect(page).toContain('<html lang="zh-CN">')
  expect(page).toContain('<a href="2026-07-19-chaos-partition/index.html">partition</a>')
  expect(page).toContain('<span class="bad" role="img" aria-label="违反">✗</span>')
  expect(page).toContain('4 个场景中有 2 个守住全部承诺')
})

test('nothing in it can leave its place', () => {
  const name = '<script>x</script>|"'
  const hostile = { ...all, rows: [{ name, title: name, notRun: name }] }
  expect(resiliencePage(hostile, 'en')).not.toContain('<script')
  expect(resilienceMarkdown(hostile, 'en')).not.toContain('<script')
})
