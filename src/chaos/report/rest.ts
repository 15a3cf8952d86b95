import { displayWidth, padEnd, padStart } from '../../core/display-width.ts'
import type { Reason } from '../load/ipc.ts'
import type { ScenarioThreshold } from '../scenario/scenario.ts'
import { complaintText } from './complaints.ts'
import type { LatencyHistogram } from './histogram.ts'
import type { Complaint } from './judge.ts'
import { milliseconds, nothing, share, whole } from './numbers.ts'
import { boundText, type ThresholdState, valueText } from './thresholds.ts'
import { askedOf, type JudgedRow, type Threshold } from './verdict.ts'
import type { ReportWords } from './words.ts'

/** One REST step of a scenario over the measured window, as `--json` prints it. Times are of answers with 2xx only. */
export type RestRow = {
  readonly name: string
  readonly asked_per_s: number
  readonly requests_per_s: number | null
  readonly avg_ms: number | null
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
  readonly p999_ms: number | null
  readonly sent: number
  /** Sent without an answer of 2xx within 5 s. */
  readonly errors: number
  readonly error_rate: number | null
  readonly reasons: readonly Reason[]
}

/** A step with the times of its answers, which stay as a raw result. */
export type MeasuredStep = { readonly row: RestRow; readonly latency: LatencyHistogram }

/** The steps beside the sockets of one row, or by themselves. */
export type RestReport = {
  /** Visitors connected meanwhile; null: none were asked for. */
  readonly concurrency: number | null
  readonly steps: readonly { readonly row: RestRow; readonly thresholds: readonly Threshold[] }[]
  /** Why they are no measurement; null: they are. */
  readonly complaint: Complaint | null
}

/** A scenario's thresholds on one step; the bound of messages per second is one of requests here. */
export function restThresholds(row: RestRow, asked: readonly ScenarioThreshold[]): readonly Threshold[] {
  return asked.map((threshold) => askedOf({ ...row, messages_per_s: row.requests_per_s }, threshold))
}

/** For the verdict: by themselves each step counts like a row; beside sockets they are shown and not judged. */
export function judgedRest({ concurrency, steps, complaint }: RestReport): readonly JudgedRow[] {
  if (concurrency !== null) return []
  const row = { valid: complaint === null, lost: 0, duplicated: 0, out_of_order: 0 }
  return steps.map(({ thresholds }) => ({ row, thresholds }))
}

/** The steps as a table of their own, each bound that does not hold below it. */
export function restLines(reports: readonly RestReport[], words: ReportWords): readonly string[] {
  return reports.flatMap(({ concurrency, steps, complaint }) => {
    const table = padded([words.restColumns, ...steps.map(({ row }) => restCells(row, concurrency))])
    const causes = steps.flatMap(({ row }) =>
      row.reasons.length === 0
        ? []
        : [
            ` ! ${row.name}   ${row.reasons.map(({ reason, count }) => `${whole(count)} × ${reason}`).join('; ')}`,
          ],
    )
    const bounds = restBounds({ concurrency, steps, complaint }, words).map(
      ({ state, text }) => ` ${marks[state]} ${text}`,
    )
    const invalid =
      complaint === null ? [] : [` ${words.invalid}  ${complaintText(complaint, words.language)}`]
    return [...table, ...invalid, ...bounds, ...causes, '']
  })
}

/** A step's cells as texts, one for each of `words.restColumns`. */
export function restCells(row: RestRow, concurrency: number | null): readonly string[] {
  return [
    concurrency === null ? row.name : `${whole(concurrency)} + ${row.name}`,
    row.requests_per_s === null ? nothing : `${row.requests_per_s}/${row.asked_per_s}`,
    milliseconds(row.avg_ms),
    milliseconds(row.p50_ms),
    milliseconds(row.p99_ms),
    `${whole(row.errors)} (${share(row.error_rate)})`,
  ]
}

/** Each bound of each step with its value. */
export function restBounds(
  { steps, complaint }: RestReport,
  words: ReportWords,
): readonly { readonly state: ThresholdState; readonly text: string }[] {
  return steps.flatMap(({ row, thresholds }) =>
    thresholds.map((threshold) => ({
      state: complaint !== null ? 'undecided' : threshold.holds ? 'holds' : 'violated',
      text: `${row.name}   ${boundText(threshold, words)}   ${valueText(threshold)}`,
    })),
  )
}

const marks: { readonly [state in ThresholdState]: string } = { holds: '✓', violated: '✗', undecided: '?' }

// Names to the left, figures to the right.
function padded(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => displayWidth(line[i] ?? '')))) ?? []
  return lines.map(
    (line) => ` ${line.map((cell, i) => (i === 0 ? padEnd : padStart)(cell, widths[i] ?? 0)).join('  ')}`,
  )
}
