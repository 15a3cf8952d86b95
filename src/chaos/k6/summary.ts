import { KfError } from '../../core/errors.ts'
import type { Reason } from '../load/ipc.ts'
import type { Visits } from '../load/visits.ts'
import type { Integrity } from '../report/account.ts'
import type { Row } from '../report/row.ts'
import type { Flow } from '../scenario/scenario.ts'

/** What a k6 summary says about a run of kf's script. Times in milliseconds. */
export type K6Figures = {
  readonly format: 'handleSummary' | 'summary-export' | 'machine-readable'
  /** By name without `kf_`; all of the script's are there. */
  readonly counters: ReadonlyMap<string, number>
  /** Null where nothing was timed. */
  readonly ack: TrendFigures | null
  readonly delivered: TrendFigures | null
  readonly slip: TrendFigures | null
}

/** Null: k6 was told to leave it out. */
export type TrendFigures = Readonly<Record<'avg' | 'p50' | 'p95' | 'p99' | 'p999', number | null>>

/** What k6 cannot know of a row. */
export type Around = {
  readonly concurrency: number
  /** Length of the measured window. */
  readonly seconds: number
  readonly serverCpuCores: number | null
  readonly serverRssBytes: number | null
  readonly invalidReason: string | null
}

const needed = [
  'connected',
  'sent',
  'acked',
  'errors',
  'acked_in_window',
  'acked_total',
  'delivered_total',
  'lost',
  'duplicated',
  'out_of_order',
] as const

/**
 * Reads k6's summary of a run of kf's script, in any of its three documented formats: the object that `handleSummary` gets,
 * what `--summary-export` writes, and the machine-readable one of k6 1.5 and later. Throws `k6_summary` with the place of
 * what is wrong.
 */
export function readSummary(raw: unknown): K6Figures {
  const { format, metrics } = metricsOf(raw)
  const counters = new Map<string, number>()
  for (const [name, values] of metrics) {
    if (!name.startsWith('kf_') || name.includes('{') || values['count'] === undefined || 'avg' in values)
      continue
    counters.set(name.slice('kf_'.length), numberAt(values, 'count', name))
  }
  const missing = needed.filter((name) => !counters.has(name))
  if (missing.length > 0) {
    throw new KfError(
      'k6_summary',
      `the k6 summary has no ${missing.map((name) => `kf_${name}`).join(', ')}`,
      {
        hint: 'it must come from a run of the script that kf wrote; did k6 end before its VUs began?',
      },
    )
  }
  const trend = (name: string): TrendFigures | null => {
    const values = metrics.get(name)
    return values === undefined ? null : trendOf(values, name)
  }
  return {
    format,
    counters,
    ack: trend('kf_ack_ms'),
    delivered: trend('kf_delivered_ms'),
    slip: trend('kf_slip_ms'),
  }
}

/** The row of a run: as every engine's, with what k6 does not know as it was measured around it, or null. */
export function rowOfK6({ counters, ack, delivered }: K6Figures, around: Around): Row {
  const of = (name: string): number => counters.get(name) ?? 0
  const sent = of('sent')
  // What was sent and is neither acked nor given up, because the run was cut short, is an error like any other.
  const errors = Math.max(of('errors'), sent - of('acked'))
  return {
    concurrency: around.concurrency,
    connected: of('connected'),
    avg_ms: rounded(ack?.avg ?? null),
    error_rate: sent === 0 ? null : errors / sent,
    p50_ms: rounded(ack?.p50 ?? null),
    p95_ms: rounded(ack?.p95 ?? null),
    p99_ms: rounded(ack?.p99 ?? null),
    p999_ms: rounded(ack?.p999 ?? null),
    delivered_p99_ms: rounded(delivered?.p99 ?? null),
    messages_per_s: around.seconds > 0 ? rounded(of('acked_in_window') / around.seconds) : null,
    server_cpu_cores: rounded(around.serverCpuCores),
    server_rss_growth: null,
    server_rss_bytes: around.serverRssBytes,
    sent,
    acked: of('acked'),
    errors,
    lost: of('lost'),
    duplicated: of('duplicated'),
    out_of_order: of('out_of_order'),
    valid: around.invalidReason === null,
    invalid_reason: around.invalidReason,
  }
}

/** `delivers`: agents were there to hear. */
export function integrityOfK6({ counters }: K6Figures, delivers: boolean): Integrity {
  const of = (name: string): number => counters.get(name) ?? 0
  const outOfOrder = of('out_of_order')
  return {
    lost: of('lost'),
    undelivered: delivers ? Math.max(0, of('acked_total') - of('delivered_total')) : 0,
    duplicated: of('duplicated'),
    outOfOrder,
    // The script counts disorder where it reads the store back.
    disorder: { senders: 0, agentsStreams: 0, visitorsStreams: 0, stored: outOfOrder },
    acked: of('acked_total'),
    answersAcked: of('answers_acked'),
    answersUnacked: Math.max(0, of('answers_sent') - of('answers_acked')),
    readBackAsked: of('read_back_asked'),
    readBackComplete: of('read_back_complete'),
  }
}

/** Why messages failed and what else went wrong, the most frequent first. */
export function reasonsOfK6({ counters }: K6Figures, ackWithinMs: number): readonly Reason[] {
  const texts = {
    no_ack: `no ack within ${ackWithinMs} ms`,
    rejected: 'refused for good',
    busy_retries: 'refused for now, sent again',
    too_late: 'a step of a flow came too late',
    closed: 'a connection closed by itself',
  }
  return Object.entries(texts)
    .map(([name, reason]) => ({ reason, count: counters.get(name) ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
}

/** What visitors went through, over the whole run; `flows` in the order of the load. */
export function visitsOfK6({ counters }: K6Figures, flows: readonly Pick<Flow, 'name'>[]): Visits {
  const of = (name: string): number => counters.get(name) ?? 0
  return {
    reconnects: of('reconnects'),
    resumes: of('resumes'),
    flows: flows.map(({ name }, i) => ({
      name,
      started: of(`flow_${i}_started`),
      finished: of(`flow_${i}_finished`),
      failed: of(`flow_${i}_failed`),
      cutShort: of(`flow_${i}_cut_short`),
    })),
    flowsNotBegun: of('flows_not_begun'),
  }
}

type Values = Readonly<Record<string, unknown>>

function metricsOf(raw: unknown): {
  readonly format: K6Figures['format']
  readonly metrics: ReadonlyMap<string, Values>
} {
  if (!isRecord(raw)) throw malformed('', 'is no object')
  if (isRecord(raw['results']))
    return { format: 'machine-readable', metrics: listed(raw['results']['metrics']) }
  if (!isRecord(raw['metrics'])) throw malformed('metrics', 'is no object')
  const entries = Object.entries(raw['metrics'])
  const nested = entries.some(([, metric]) => isRecord(metric) && 'values' in metric)
  const metrics = new Map<string, Values>()
  for (const [name, metric] of entries) {
    const values = nested && isRecord(metric) ? metric['values'] : metric
    if (!isRecord(values)) throw malformed(`metrics.${name}`, 'has no values')
    metrics.set(name, values)
  }
  return { format: nested ? 'handleSummary' : 'summary-export', metrics }
}

function listed(raw: unknown): ReadonlyMap<string, Values> {
  if (!Array.isArray(raw)) throw malformed('results.metrics', 'is no list')
  const metrics = new Map<string, Values>()
  for (const [i, metric] of raw.entries()) {
    const item: unknown = metric
    if (!isRecord(item) || typeof item['name'] !== 'string' || !isRecord(item['values']))
      throw malformed(`results.metrics[${i}]`, 'has no name or no values')
    metrics.set(item['name'], item['values'])
  }
  return metrics
}

function trendOf(values: Values, name: string): TrendFigures {
  const at = (...keys: readonly string[]): number | null => {
    const key = keys.find((one) => values[one] !== undefined && values[one] !== null)
    return key === undefined ? null : numberAt(values, key, name)
  }
  return { avg: at('avg'), p50: at('med', 'p(50)'), p95: at('p(95)'), p99: at('p(99)'), p999: at('p(99.9)') }
}

function numberAt(values: Values, key: string, name: string): number {
  const value = values[key]
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw malformed(`${name}.${key}`, `is ${JSON.stringify(value)}, not a number from 0 on`)
}

function malformed(place: string, what: string): KfError {
  return new KfError('k6_summary', `the k6 summary is not one: ${place === '' ? 'it' : place} ${what}`, {
    hint: 'give what handleSummary or --summary-export of k6 wrote',
  })
}

function isRecord(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000
}
