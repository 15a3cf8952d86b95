import { expect, test } from 'vitest'
import { displayWidth } from '../../core/display-width.ts'
import { emptyRow, type Row } from './row.ts'
import { tableLines, tableMarkdown, wrapped } from './table.ts'
import { reportWords } from './words.ts'

const row: Row = {
  concurrency: 5_000,
  connected: 5_000,
  avg_ms: 1.6,
  error_rate: 0,
  p50_ms: 1.2,
  p95_ms: 3,
  p99_ms: 5.2,
  p999_ms: 9.8,
  delivered_p99_ms: 6.1,
  messages_per_s: 2_498.4,
  server_cpu_cores: 0.54,
  server_rss_bytes: 92 * 1024 * 1024,

  server_rss_growth: null,
  sent: 150_000,
  acked: 150_000,
  errors: 0,
  lost: 0,
  duplicated: 0,
  out_of_order: 0,
  valid: true,
  invalid_reason: null,
}

test('every column in English', () => {
  expect(tableLines([row], reportWords.en, 130)).toEqual([
    ' concurrency  avg response time  error rate     p50     p95     p99   p99.9  delivered p99  msgs/s  server CPU  server RSS',
    '       5,000             1.6 ms      0.00 %  1.2 ms  3.0 ms  5.2 ms  9.8 ms         6.1 ms   2,498        0.54      92 MiB',
  ])
})

test('every column in Chinese, aligned by display width', () => {
  const lines = tableLines([row, { ...row, concurrency: 20_000, connected: 19_998 }], reportWords.zh, 130)
  expect(lines).toEqual([
    '        并发数  平均响应时间  错误率     P50     P95     P99   P99.9  送达 P99  消息/秒   CPU    内存',
    '         5,000        1.6 ms  0.00 %  1.2 ms  3.0 ms  5.2 ms  9.8 ms    6.1 ms    2,498  0.54  92 MiB',
    ' 19,998/20,000        1.6 ms  0.00 %  1.2 ms  3.0 ms  5.2 ms  9.8 ms    6.1 ms    2,498  0.54  92 MiB',
  ])
  expect(new Set(lines.map(displayWidth)).size).toBe(1)
})

test('columns fall off from the right; the first three never do', () => {
  for (const language of ['en', 'zh'] as const) {
    for (let width = 60; width < 130; width++) {
      for (const line of tableLines([row], reportWords[language], width))
        expect(displayWidth(line)).toBeLessThanOrEqual(width)
    }
  }
  expect(tableLines([row], reportWords.en, 10)).toEqual([
    ' concurrency  avg response time  error rate',
    '       5,000             1.6 ms      0.00 %',
  ])
})

test('an invalid row keeps its place and says why, within the width', () => {
  const invalid = emptyRow(
    20_000,
    20_000,
    'generator lag p99 61 ms (bound 10 ms); fix: free a core or use a second host',
  )
  const lines = tableLines([row, invalid], reportWords.en, 72)
  expect(lines.slice(2)).toEqual([
    '      20,000  INVALID  generator lag p99 61 ms (bound 10 ms); fix: free',
    '                       a core or use a second host',
  ])
})

test('Markdown has every column, and one of a reason does not break it', () => {
  const invalid = emptyRow(10, 10, 'a | b')
  expect(tableMarkdown([row, invalid], reportWords.en).split('\n')).toEqual([
    '| concurrency | avg response time | error rate | p50 | p95 | p99 | p99.9 | delivered p99 | msgs/s | server CPU | server RSS |',
    '| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
    '| 5,000 | 1.6 ms | 0.00 % | 1.2 ms | 3.0 ms | 5.2 ms | 9.8 ms | 6.1 ms | 2,498 | 0.54 | 92 MiB |',
    '| 10 | INVALID: a \\| b | - | - | - | - | - | - | - | - | - |',
    '',
  ])
})

test('lines break at spaces by display width; a long word stands alone', () => {
  expect(wrapped('磁盘 同步 很慢 incomprehensibilities ok', 9)).toEqual([
    '磁盘 同步',
    '很慢',
    'incomprehensibilities',
    'ok',
  ])
})
