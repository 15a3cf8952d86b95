import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LatencyHistogram } from './histogram.ts'
import { goodRow, measuredRow, reportOf } from './report-in-test.ts'
import type { MeasuredStep } from './rest.ts'
import { writeReport } from './write.ts'

const folder = mkdtempSync(join(tmpdir(), 'kf-write-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function step(name: string, answers: number): MeasuredStep {
  const latency = new LatencyHistogram()
  for (let i = 0; i < answers; i++) latency.record(2)
  return {
    latency,
    row: {
      name,
      asked_per_s: 5,
      requests_per_s: 5,
      avg_ms: 2,
      p50_ms: 2,
      p95_ms: 2,
      p99_ms: 2,
      p999_ms: 2,
      sent: answers,
      errors: 0,
      error_rate: 0,
      reasons: [],
    },
  }
}

test("the times of a scenario's requests stay as raw results, those of answered ones", async () => {
  const rows = [measuredRow(goodRow, { rest: [step('read history', 3), step('never', 0)] })]
  await writeReport(folder, reportOf(rows), rows, [step('历史', 1)])
  expect(readdirSync(join(folder, 'raw')).filter((name) => name.includes('rest'))).toEqual([
    '5000-rest-read_history-latency.hdr',
    'rest-历史-latency.hdr',
  ])
})
