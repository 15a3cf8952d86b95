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

const order: readonly Threshold['name'][] = ['average', 'errorRate', 'connected', 'answers', 'undelivered']

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

function boundText(threshold: Threshold, words: ReportWords): string {
  const name = words.thresholds[threshold.name]
  if (threshold.name === 'connected') return name
  if (threshold.name === 'average') return `${name} <= ${threshold.bound} ms`
  return threshold.name === 'errorRate'
    ? `${name} <= ${threshold.bound * 100} %`
    : `${name} <= ${threshold.bound}`
}

function valueText(threshold: Threshold): string {
  if (threshold.name === 'average') return milliseconds(threshold.value)
  if (threshold.name === 'errorRate') return share(threshold.value)
  return threshold.name === 'connected'
    ? `${whole(threshold.value)}/${whole(threshold.bound)}`
    : whole(threshold.value)
}
