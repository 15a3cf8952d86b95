import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deriveReport } from './derive.ts'
import { goodRow, measuredRow, reportOf } from './report-in-test.ts'
import type { Series } from './series.ts'
import { writeReport } from './write.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kf-report-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const derived = ['table.txt', 'table.md', 'report.html'] as const

const series: Series = {
  measured_from_s: 1,
  measured_to_s: 3,
  seconds: [0, 1, 2, 3].map((second) => ({
    second,
    sent: 2_500,
    acked: second === 2 ? 0 : 2_500,
    errors: second === 2 ? 1 : 0,
    avg_ms: 2,
    p50_ms: second === 2 ? null : 1.2,
    p95_ms: 3,
    p99_ms: second === 2 ? null : 5.2,
    max_ms: 9,
    delivered_p99_ms: 6,
    connected: 5_000,
    reconnects: second === 3 ? 4 : 0,
    resumes: 0,
    lag_p99_ms: 1,
    slip_p99_ms: 1,
  })),
}

test('tables and page come from the raw results alone: made again, they are the same bytes', async () => {
  const rows = [measuredRow(goodRow)]
  await writeReport(folder, reportOf(rows), rows)
  await writeFile(join(folder, 'raw', '5000-target-series.json'), JSON.stringify(series))
  await deriveReport(folder)
  const first = await texts()
  for (const name of derived) await rm(join(folder, name))
  await deriveReport(folder)
  expect(await texts()).toEqual(first)
  expect(first[2]).toContain('Response time per second')
  expect(first[2]).toContain('Latency by percentile')
})

test('a fact that changes changes what is derived from it', async () => {
  const rows = [measuredRow(goodRow)]
  await writeReport(folder, reportOf(rows), rows)
  const details = join(folder, 'details.json')
  await writeFile(details, (await readFile(details, 'utf8')).replace('"avg_ms": 1.6', '"avg_ms": 7.7'))
  await deriveReport(folder)
  for (const text of await texts()) expect(text).toContain('7.7 ms')
})

test('the page speaks the language asked for', async () => {
  const rows = [measuredRow(goodRow)]
  await writeReport(folder, reportOf(rows), rows)
  await deriveReport(folder, 'zh')
  const [, , page] = await texts()
  expect(page).toContain('<html lang="zh-CN">')
  expect(page).toContain('测量工具可信吗？')
})

test.each([
  ['no folder at all', undefined, 'there is no'],
  ['an empty result', '{}', 'is not what kf bench --json prints'],
  ['no JSON', '{', 'is not JSON'],
])('refuses %s', async (_, text, message) => {
  if (text !== undefined) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'result.json'), text)
  }
  await expect(deriveReport(folder)).rejects.toMatchObject({
    code: 'not_a_report',
    message: expect.stringContaining(message) as unknown,
  })
})

async function texts(): Promise<readonly string[]> {
  return Promise.all(derived.map((name) => readFile(join(folder, name), 'utf8')))
}
