import { expect, test } from 'vitest'
import type { MeasuredRow } from '../load/bench.ts'
import type { Integrity } from './account.ts'
import { finalLines, markdownOf } from './final.ts'
import type { Complaint, Trust } from './judge.ts'
import { emptyRow, type Row } from './row.ts'
import { type Report, storedRow } from './stored.ts'
import { thresholdsOf } from './verdict.ts'
import { type ReportLanguage, reportWords } from './words.ts'

const integrity: Integrity = {
  lost: 0,
  undelivered: 0,
  duplicated: 0,
  outOfOrder: 0,
  disorder: { senders: 0, agentsStreams: 0, visitorsStreams: 0, stored: 0 },
  acked: 150_000,
  answersAcked: 150_000,
  answersUnacked: 0,
  readBackAsked: 5_000,
  readBackComplete: 5_000,
}
const trust: Trust = {
  mode: 'open',
  loopLagP99Ms: 2,
  receiveLagP99Ms: 0.4,
  slipP99Ms: 1.4,
  busiestGeneratorCores: 0.3,
  generatorCores: 0.3,
  serverCores: 0.54,
  otherCores: 0,
  stealShare: 0,
  memoryPressure: 0,
  cpuPressure: 0,
  ioPressure: 0,
  serverPinnedCores: null,
  generatorPinnedCores: null,
  memoryBackedStore: null,
  ownServer: true,
}

const valid: Row = {
  ...emptyRow(5_000, 5_000, ''),
  avg_ms: 1.6,
  error_rate: 0,
  p50_ms: 1.2,
  p95_ms: 3,
  p99_ms: 5.2,
  p999_ms: 9.8,
  delivered_p99_ms: 6.1,
  messages_per_s: 2_500,
  server_cpu_cores: 0.54,
  server_rss_bytes: 92 * 1024 * 1024,
  valid: true,
  invalid_reason: null,
}

function measured(row: Row, complaint: Complaint | null, echo: Row): MeasuredRow {
  const outcome = {
    row,
    complaint,
    integrity,
    histograms: null,
    usage: null,
    trust,
    connectedAgents: 100,
    reasons: [],
    targetLog: '',
    targetEnded: null,
  }
  return {
    concurrency: row.concurrency,
    agents: 100,
    sizing: { workers: 1, generators: 1 },
    outcome,
    references: [{ name: 'echo', outcome: { ...outcome, row: echo } }],
    failure: null,
  }
}

function screen(rows: readonly MeasuredRow[], language: ReportLanguage): readonly string[] {
  return finalLines(finalOf(rows), reportWords[language], 120)
}

function finalOf(rows: readonly MeasuredRow[]): Report {
  return {
    result: {
      command: 'kf bench --seed 7',
      seed: 7,
      mode: 'open',
      rate: 0.5,
      machine: { disk: 'ext4', disk_sync_p50_ms: 0.3, disk_sync_p99_ms: 4 },
      versions: {},
      started_at: '2026-07-19T08:00:00.000Z',
      duration_s: 252,
      rows: rows.map(({ outcome }) => outcome.row),
    },
    details: {
      language: 'en',
      interrupted: false,
      report: 'reports/2026-07-19-bench-kf-open/',
      rows: rows.map((row) => storedRow(row, thresholdsOf(row.outcome.row, 'open', row.outcome.integrity))),
    },
  }
}

const echo: Row = { ...valid, avg_ms: 0.8, p99_ms: 2.1, server_cpu_cores: 0.1 }

test('the final screen: verdict, table, thresholds, integrity, comparison, report, the command that repeats it', () => {
  expect(screen([measured(valid, null, echo)], 'en')).toEqual([
    'PASS  1 of 1 rows valid   open, 1 msg/2 s/visitor   seed 7   4m12s',
    '',
    ' concurrency  avg response time  error rate     p50     p95     p99   p99.9  delivered p99  msgs/s  server CPU',
    '       5,000             1.6 ms      0.00 %  1.2 ms  3.0 ms  5.2 ms  9.8 ms         6.1 ms   2,500        0.54',
    '',
    ' ✓ avg <= 10 ms   5,000: 1.6 ms',
    ' ✓ error rate <= 0 %   5,000: 0.00 %',
    ' ✓ connected = asked   5,000: 5,000/5,000',
    ' ✓ answers without ack <= 0   5,000: 0',
    ' ✓ acked but undelivered <= 0   5,000: 0',
    ' ✓ integrity   lost 0, doubled 0, out of order 0   150,000 messages acked   150,000 answers acked   5,000/5,000',
    '   conversations read back',
    '   generator   5,000: 0.30 cores, 120.0 µs/msg, lag p99 2.0 ms, receive lag p99 0.4 ms, slip p99 1.4 ms',
    '   echo floor   5,000: avg 0.8 ms, p99 2.1 ms, 0.10 cores',
    '   disk sync   p50 0.3 ms, p99 4.0 ms, ext4',
    ' report  reports/2026-07-19-bench-kf-open/',
    ' again  kf bench --seed 7',
  ])
})

test('an invalid row keeps its place, says why in the language asked for, and nothing is judged by it', () => {
  const complaint: Complaint = { kind: 'loop_lag', value: '61 ms', bound: '10 ms' }
  const slow: Row = {
    ...valid,
    concurrency: 20_000,
    connected: 20_000,
    avg_ms: 99,
    valid: false,
    invalid_reason: 'x',
  }
  const lines = screen([measured(valid, null, echo), measured(slow, complaint, echo)], 'zh')
  expect(lines[0]).toBe(
    '无效  2 行中 1 行有效; 20,000 无法判定   开环，每访客每 2 s 一条   seed 7   4m12s  exit 6',
  )
  expect(lines[4]).toBe(
    ' 20,000  无效  发生器滞后 P99 61 ms（上限 10 ms）；解决办法：空出一个核，或用第二台主机',
  )
  expect(lines[6]).toBe(' ? 平均响应时间 <= 10 ms   5,000: 1.6 ms   20,000: 99 ms ?')
})

test('Markdown states loop, rate and seed above the table', () => {
  expect(markdownOf(finalOf([measured(valid, null, echo)]), reportWords.en).split('\n')[0]).toBe(
    'open, 1 msg/2 s/visitor, seed 7',
  )
})
