import { milliseconds, share, whole } from './numbers.ts'
import type { StoredRow } from './stored.ts'
import type { Threshold } from './verdict.ts'
import type { ReportWords } from './words.ts'

/** One bound over all rows: which hold it, by which value. `undecided`: an invalid row says nothing about it. */
export type ThresholdLine = {
  readonly bound: string
  readonly state: ThresholdState
  readonly values: readonly {
    readonly concurrency: number
    readonly value: string
    readonly state: ThresholdState
  }[]
}

export type ThresholdState = 'holds' | 'violated' | 'undecided'

const order: readonly Threshold['name'][] = [
  'average',
  'p50',
  'p95',
  'p99',
  'p999',
  'deliveredP99',
  'errorRate',
  'throughput',
  'memoryGrowth',
  'connected',
  'answers',
  'undelivered',
]

/** One line a threshold, in the order of the final screen. */
export function thresholdLines(rows: readonly StoredRow[], words: ReportWords): readonly ThresholdLine[] {
  return order.flatMap((name) => {
    const found = rows.flatMap(({ target, thresholds }) =>
      thresholds
        .filter((threshold) => threshold.name === name)
        .map((threshold) => ({ row: target.row, threshold })),
    )
    const [first] = found
    if (first === undefined) return []
    const values = found.map(({ row, threshold }) => ({
      concurrency: row.concurrency,
      value: valueText(threshold),
      state: stateOf(row.valid, threshold.holds),
    }))
    return [{ bound: boundText(first.threshold, words), state: worst(found, values), values }]
  })
}

// An invalid row that is within the bound leaves the line undecided as much as one beyond it.
function worst(
  found: readonly { readonly row: { readonly valid: boolean } }[],
  values: ThresholdLine['values'],
): ThresholdState {
  if (values.some(({ state }) => state === 'violated')) return 'violated'
  return found.some(({ row }) => !row.valid) ? 'undecided' : 'holds'
}

function stateOf(valid: boolean, holds: boolean): ThresholdState {
  if (holds) return 'holds'
  return valid ? 'violated' : 'undecided'
}

/** `avg <= 10 ms` */
export function boundText({ name: kind, op = '<=', bound }: Threshold, words: ReportWords): string {
  const name = words.thresholds[kind]
  if (kind === 'connected') return name
  if (isShare(kind)) return `${name} ${op} ${Number((bound * 100).toPrecision(6))} %`
  return inMs(kind) ? `${name} ${op} ${bound} ms` : `${name} ${op} ${bound}`
}

export function valueText({ name, value, bound }: Threshold): string {
  if (isShare(name)) return share(value)
  if (inMs(name)) return milliseconds(value)
  return name === 'connected' ? `${whole(value)}/${whole(bound)}` : whole(value)
}

function isShare(name: Threshold['name']): boolean {
  return name === 'errorRate' || name === 'memoryGrowth'
}

function inMs(name: Threshold['name']): boolean {
  return name === 'average' || name === 'deliveredP99' || /^p\d/.test(name)
}
