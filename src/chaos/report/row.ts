import type { GeneratorResult, HistogramData } from '../load/ipc.ts'
import type { Integrity } from './account.ts'
import { LatencyHistogram } from './histogram.ts'

/** One line of the table, as `--json` prints it: exactly these fields. What was not measured is null, never 0. */
export type Row = {
  readonly concurrency: number
  readonly connected: number
  readonly avg_ms: number | null
  readonly error_rate: number | null
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
  readonly p999_ms: number | null
  readonly delivered_p99_ms: number | null
  readonly messages_per_s: number | null
  readonly server_cpu_cores: number | null
  readonly server_rss_bytes: number | null
  /** A share: 0.1 when a tenth was added in the second half of the time. */
  readonly server_rss_growth: number | null
  readonly sent: number
  readonly acked: number
  readonly errors: number
  readonly lost: number
  readonly duplicated: number
  readonly out_of_order: number
  readonly valid: boolean
  readonly invalid_reason: string | null
}

export type Measured = {
  readonly concurrency: number
  readonly connected: number
  /** Length of the measured window. */
  readonly seconds: number
  readonly results: readonly GeneratorResult[]
  readonly integrity: Integrity
  readonly serverCpuCores: number | null
  readonly serverRssBytes: number | null
  readonly serverRssGrowth: number | null
  readonly invalidReason: string | null
}

export type RowHistograms = {
  readonly latency: LatencyHistogram
  readonly delivered: LatencyHistogram
  readonly slip: LatencyHistogram
  readonly loopLag: LatencyHistogram
  readonly receiveLag: LatencyHistogram
}

export function mergeHistograms(results: readonly GeneratorResult[]): RowHistograms {
  return {
    latency: merged(results.map((result) => result.latency)),
    delivered: merged(results.map((result) => result.delivered)),
    slip: merged(results.map((result) => result.slip)),
    loopLag: merged(results.map((result) => result.loopLag)),
    receiveLag: merged(results.map((result) => result.receiveLag)),
  }
}

export function merged(parts: readonly HistogramData[]): LatencyHistogram {
  const whole = new LatencyHistogram()
  for (const part of parts) whole.add(new LatencyHistogram(part.counts, part.sumMs))
  return whole
}

export function buildRow(measured: Measured): Row {
  const { results, integrity } = measured
  const { latency, delivered } = mergeHistograms(results)
  const sum = (field: 'sent' | 'acked' | 'errors' | 'ackedInWindow'): number =>
    results.reduce((total, result) => total + result[field], 0)
  const sent = sum('sent')
  // What was sent and is neither acked nor given up, because the run was cut short, has no ack: an error like any other.
  const errors = Math.max(sum('errors'), sent - sum('acked'))
  return {
    concurrency: measured.concurrency,
    connected: measured.connected,
    avg_ms: rounded(latency.meanMs),
    error_rate: sent === 0 ? null : errors / sent,
    p50_ms: rounded(latency.quantileMs(0.5)),
    p95_ms: rounded(latency.quantileMs(0.95)),
    p99_ms: rounded(latency.quantileMs(0.99)),
    p999_ms: rounded(latency.quantileMs(0.999)),
    delivered_p99_ms: rounded(delivered.quantileMs(0.99)),
    messages_per_s: measured.seconds > 0 ? rounded(sum('ackedInWindow') / measured.seconds) : null,
    server_cpu_cores: rounded(measured.serverCpuCores),
    server_rss_bytes: measured.serverRssBytes,
    server_rss_growth: rounded(measured.serverRssGrowth),
    sent,
    acked: sum('acked'),
    errors,
    lost: integrity.lost,
    duplicated: integrity.duplicated,
    out_of_order: integrity.outOfOrder,
    valid: measured.invalidReason === null,
    invalid_reason: measured.invalidReason,
  }
}

/** A row that could not be measured at all. */
export function emptyRow(concurrency: number, connected: number, reason: string): Row {
  return {
    concurrency,
    connected,
    avg_ms: null,
    error_rate: null,
    p50_ms: null,
    p95_ms: null,
    p99_ms: null,
    p999_ms: null,
    delivered_p99_ms: null,
    messages_per_s: null,
    server_cpu_cores: null,
    server_rss_bytes: null,
    server_rss_growth: null,
    sent: 0,
    acked: 0,
    errors: 0,
    lost: 0,
    duplicated: 0,
    out_of_order: 0,
    valid: false,
    invalid_reason: reason,
  }
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000
}
