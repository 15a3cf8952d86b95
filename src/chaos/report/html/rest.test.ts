import { expect, test } from 'vitest'
import { reportOf } from '../report-in-test.ts'
import { type RestRow, restThresholds } from '../rest.ts'
import { reportWords } from '../words.ts'
import { reportPage } from './page.ts'

const row: RestRow = {
  name: 'history<b>',
  asked_per_s: 200,
  requests_per_s: 199.5,
  avg_ms: 1.23,
  p50_ms: 1.1,
  p95_ms: 2,
  p99_ms: 4.9,
  p999_ms: 8,
  sent: 1_000,
  errors: 0,
  error_rate: 0,
  reasons: [],
}

test('requests have a table of their own with their bounds; without sockets it is the only one', () => {
  const report = reportOf([])
  const thresholds = restThresholds(row, [{ metric: 'p99_ms', op: '<=', value: 5 }])
  const rest = [{ concurrency: null, complaint: null, steps: [{ row, thresholds }] }]
  const page = reportPage({ ...report, details: { ...report.details, rest } }, [], reportWords.zh)
  expect(page).toContain('<h2>REST 步骤</h2>')
  expect(page).toContain('<th scope="row">history&lt;b&gt;</th><td>199.5/200</td><td>1.2 ms</td>')
  expect(page).toContain('<li class="good">history&lt;b&gt;   P99 &lt;= 5 ms   4.9 ms: 满足</li>')
  expect(page).not.toContain('<h2>阈值</h2>')
})

test('without requests the page says nothing of them', () => {
  expect(reportPage(reportOf([]), [], reportWords.en)).not.toContain('REST')
})
