import { expect, test } from 'vitest'
import { judgedRest, type RestReport, type RestRow, restLines, restThresholds } from './rest.ts'
import { verdictOf } from './verdict.ts'
import { reportWords } from './words.ts'

const row: RestRow = {
  name: '历史 history',
  asked_per_s: 200,
  requests_per_s: 199.5,
  avg_ms: 1.23,
  p50_ms: 1.1,
  p95_ms: 2,
  p99_ms: 4.9,
  p999_ms: 8,
  sent: 1_000,
  errors: 2,
  error_rate: 0.002,
  reasons: [{ reason: 'status 503', count: 2 }],
}
const asked = [
  { metric: 'p99_ms', op: '<=', value: 5 },
  { metric: 'error_rate', op: '<=', value: 0 },
  { metric: 'messages_per_s', op: '>=', value: 190 },
] as const

function alone(complaint: RestReport['complaint'] = null): RestReport {
  return { concurrency: null, complaint, steps: [{ row, thresholds: restThresholds(row, asked) }] }
}

test('steps are a table of their own, then their bounds and the causes of their errors', () => {
  expect(restLines([alone()], reportWords.en)).toEqual([
    ' REST step     requests/s     avg     p50     p99      errors',
    ' 历史 history   199.5/200  1.2 ms  1.1 ms  4.9 ms  2 (0.20 %)',
    ' ✓ 历史 history   p99 <= 5 ms   4.9 ms',
    ' ✗ 历史 history   error rate <= 0 %   0.20 %',
    ' ✓ 历史 history   msgs/s >= 190   200',
    ' ! 历史 history   2 × status 503',
    '',
  ])
})

test('by themselves they are judged like rows; what cannot be trusted is invalid and decides nothing', () => {
  expect(verdictOf(judgedRest(alone()), false).exitCode).toBe(5)
  const busy = alone({ kind: 'other_processes', value: '0.80 cores', bound: '0.15 cores' })
  expect(verdictOf(judgedRest(busy), false).exitCode).toBe(6)
  expect(restLines([busy], reportWords.en).filter((line) => /✓|✗/.test(line))).toEqual([])
})

test('beside sockets they are shown with the row they ran beside, and not judged', () => {
  const beside: RestReport = { concurrency: 5_000, complaint: null, steps: [{ row, thresholds: [] }] }
  expect(restLines([beside], reportWords.zh)[1]).toMatch(/^ 5,000 \+ 历史 history/)
  expect(judgedRest(beside)).toEqual([])
})
