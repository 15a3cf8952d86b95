import { expect, test } from 'vitest'
import { emptyRow, type Row } from './row.ts'
import { type JudgedRow, thresholdsOf, verdictOf } from './verdict.ts'

const row = (changes: Partial<Row>): Row => ({
  ...emptyRow(100, 100, ''),
  avg_ms: 2,
  error_rate: 0,
  valid: true,
  invalid_reason: null,
  ...changes,
})
const judged = (changes: Partial<Row>): JudgedRow => {
  const made = row(changes)
  return { row: made, thresholds: thresholdsOf(made, 'open', null) }
}

test.each([
  {
    name: 'all valid and within bounds',
    rows: [judged({})],
    interrupted: false,
    expected: { outcome: 'pass', exitCode: 0, validRows: 1 },
  },
  {
    name: 'too slow',
    rows: [judged({ avg_ms: 10.1 })],
    interrupted: false,
    expected: { outcome: 'fail', exitCode: 5, validRows: 1 },
  },
  {
    name: 'any error',
    rows: [judged({ error_rate: 0.0001 })],
    interrupted: false,
    expected: { outcome: 'fail', exitCode: 5, validRows: 1 },
  },
  {
    name: 'fewer connected than asked',
    rows: [judged({ connected: 99 })],
    interrupted: false,
    expected: { outcome: 'fail', exitCode: 5, validRows: 1 },
  },
  {
    name: 'slow, but the instrument was not to be trusted',
    rows: [judged({}), judged({ avg_ms: 99, valid: false })],
    interrupted: false,
    expected: { outcome: 'invalid', exitCode: 6, validRows: 1 },
  },
  {
    name: 'loss in a row of an untrusted instrument',
    rows: [judged({ lost: 1, valid: false })],
    interrupted: false,
    expected: { outcome: 'fail', exitCode: 5, validRows: 0 },
  },
  {
    name: 'interrupted',
    rows: [judged({})],
    interrupted: true,
    expected: { outcome: 'interrupted', exitCode: 130, validRows: 1 },
  },
  {
    name: 'no row at all',
    rows: [],
    interrupted: false,
    expected: { outcome: 'invalid', exitCode: 6, validRows: 0 },
  },
])('$name: $expected.outcome', ({ rows, interrupted, expected }) => {
  expect(verdictOf(rows, interrupted)).toEqual(expected)
})

test('a closed loop has no bound on the average', () => {
  expect(thresholdsOf(row({ avg_ms: 250 }), 'closed', null).map(({ name }) => name)).toEqual([
    'errorRate',
    'connected',
  ])
})

test("a scenario's thresholds take the place of the usual ones; what was not measured does not hold", () => {
  const asked = [
    { metric: 'p99_ms', op: '<=', value: 20 },
    { metric: 'delivered_p99_ms', op: '<=', value: 20 },
    { metric: 'messages_per_s', op: '>=', value: 500 },
  ] as const
  const found = row({ avg_ms: 250, p99_ms: 20, delivered_p99_ms: null, messages_per_s: 499 })
  expect(thresholdsOf(found, 'open', null, asked)).toEqual([
    { name: 'p99', bound: 20, value: 20, holds: true },
    { name: 'deliveredP99', bound: 20, value: null, holds: false },
    { name: 'throughput', op: '>=', bound: 500, value: 499, holds: false },
    { name: 'connected', bound: found.concurrency, value: found.connected, holds: true },
  ])
})
