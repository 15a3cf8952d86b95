import type { LoadMode } from '../load/ipc.ts'
import type { ScenarioThreshold } from '../scenario/scenario.ts'
import type { Integrity } from './account.ts'
import type { Row } from './row.ts'

/** What is asked of every row, with the bound and what was found. */
export type Threshold = {
  readonly name: 'connected' | 'answers' | 'undelivered' | MeasuredName
  /** `<=` where it is absent. */
  readonly op?: ScenarioThreshold['op']
  readonly bound: number
  readonly value: number | null
  readonly holds: boolean
}

/** What a scenario can bound. */
export type MeasuredName = 'average' | 'errorRate' | 'throughput' | 'memoryGrowth' | LatencyName
export type LatencyName = 'p50' | 'p95' | 'p99' | 'p999' | 'deliveredP99'

export type JudgedRow = {
  readonly row: Pick<Row, 'valid' | 'lost' | 'duplicated' | 'out_of_order'>
  readonly thresholds: readonly Threshold[]
}

export type Verdict = {
  readonly outcome: 'pass' | 'fail' | 'invalid' | 'interrupted'
  readonly exitCode: 0 | 5 | 6 | 130
  readonly validRows: number
}

export const bounds = { averageMs: 10, errorRate: 0 } as const

/**
 * The thresholds of a row: `asked` of a scenario, or without one no errors and, in open mode only, a bound of the average (a
 * closed loop is as slow as it is wide). That all connect, are answered and get what is theirs is asked of every row.
 */
export function thresholdsOf(
  row: Row,
  mode: LoadMode,
  integrity: Integrity | null,
  asked: readonly ScenarioThreshold[] = mode === 'open' ? [averageBound, errorBound] : [errorBound],
): readonly Threshold[] {
  const list: Threshold[] = [
    ...asked.map((threshold) => askedOf(row, threshold)),
    {
      name: 'connected',
      bound: row.concurrency,
      value: row.connected,
      holds: row.connected >= row.concurrency,
    },
  ]
  if (integrity !== null && integrity.answersAcked + integrity.answersUnacked > 0) {
    list.push({
      name: 'answers',
      bound: 0,
      value: integrity.answersUnacked,
      holds: integrity.answersUnacked === 0,
    })
  }
  if (integrity !== null) {
    const { undelivered } = integrity
    list.push({ name: 'undelivered', bound: 0, value: undelivered, holds: undelivered === 0 })
  }
  return list
}

const averageBound: ScenarioThreshold = { metric: 'avg_ms', op: '<=', value: bounds.averageMs }
const errorBound: ScenarioThreshold = { metric: 'error_rate', op: '<=', value: bounds.errorRate }

const names: { readonly [metric in ScenarioThreshold['metric']]: MeasuredName } = {
  avg_ms: 'average',
  p50_ms: 'p50',
  p95_ms: 'p95',
  p99_ms: 'p99',
  p999_ms: 'p999',
  delivered_p99_ms: 'deliveredP99',
  error_rate: 'errorRate',
  messages_per_s: 'throughput',
  server_rss_growth: 'memoryGrowth',
}

/** One of a scenario's thresholds on one row; what was not measured does not hold. */
export function askedOf(
  row: { readonly [metric in ScenarioThreshold['metric']]?: number | null },
  { metric, op, value: bound }: ScenarioThreshold,
): Threshold {
  const value = row[metric] ?? null
  const holds = value !== null && (op === '<=' ? value <= bound : value >= bound)
  return { name: names[metric], ...(op === '>=' ? { op } : {}), bound, value, holds }
}

/**
 * Loss, doubling and disorder fail a run whatever the instrument was worth, since they are facts; thresholds fail it on valid
 * rows only. Then any invalid row makes the whole invalid.
 */
export function verdictOf(rows: readonly JudgedRow[], interrupted: boolean): Verdict {
  const validRows = rows.filter(({ row }) => row.valid).length
  const broken = rows.some(({ row }) => row.lost + row.duplicated + row.out_of_order > 0)
  const violated = rows.some(
    ({ row, thresholds }) => row.valid && thresholds.some((threshold) => !threshold.holds),
  )
  if (interrupted) return { outcome: 'interrupted', exitCode: 130, validRows }
  if (broken || violated) return { outcome: 'fail', exitCode: 5, validRows }
  if (validRows < rows.length || rows.length === 0) return { outcome: 'invalid', exitCode: 6, validRows }
  return { outcome: 'pass', exitCode: 0, validRows }
}
