import type { MeasuredRow } from '../load/bench.ts'
import { LatencyHistogram } from './histogram.ts'
import type { Trust } from './judge.ts'
import { emptyRow, type Row } from './row.ts'
import { type Report, storedRow } from './stored.ts'
import { thresholdsOf } from './verdict.ts'

/** A trustworthy open row of 5,000, and reports made of such rows, for tests. */
export const goodRow: Row = {
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

export const goodTrust: Trust = {
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

export function measuredRow(row: Row, outcome: Partial<MeasuredRow['outcome']> = {}): MeasuredRow {
  const latency = new LatencyHistogram()
  for (let i = 0; i < 1_000; i++) latency.record(1 + i / 100)
  const whole: MeasuredRow['outcome'] = {
    row,
    complaint: null,
    integrity: null,
    histograms: {
      latency,
      delivered: new LatencyHistogram(),
      slip: new LatencyHistogram(),
      loopLag: new LatencyHistogram(),
      receiveLag: new LatencyHistogram(),
    },
    usage: null,
    trust: goodTrust,
    connectedAgents: 100,
    reasons: [],
    targetLog: '',
    targetEnded: null,
    ...outcome,
  }
  return {
    concurrency: row.concurrency,
    agents: 100,
    sizing: { workers: 1, generators: 1 },
    outcome: whole,
    references: [],
    failure: null,
  }
}

export function reportOf(rows: readonly MeasuredRow[], result: Partial<Report['result']> = {}): Report {
  return {
    result: {
      command: 'kf bench --seed 7',
      seed: 7,
      mode: 'open',
      rate: 0.5,
      machine: { cpu: 'test', cores: 2, memory_bytes: 8 * 2 ** 30, kernel: '6.1', disk: 'ext4' },
      versions: { kf: '0.1.0' },
      started_at: '2026-07-19T08:00:00.000Z',
      duration_s: 252,
      rows: rows.map(({ outcome }) => outcome.row),
      ...result,
    },
    details: {
      language: 'en',
      interrupted: false,
      report: 'reports/2026-07-19-bench-kf-open/',
      rows: rows.map((row) => storedRow(row, thresholdsOf(row.outcome.row, 'open', row.outcome.integrity))),
    },
  }
}
