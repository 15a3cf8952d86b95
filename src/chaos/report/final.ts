import type { BenchPlan, MeasuredRow } from '../load/bench.ts'
import type { DiskFacts } from '../load/preflight.ts'
import { complaintText } from './complaints.ts'
import { cores, duration, milliseconds, share, whole } from './numbers.ts'
import type { Row } from './row.ts'
import { tableLines, tableMarkdown, wrapped } from './table.ts'
import type { JudgedRow, Threshold, Verdict } from './verdict.ts'
import type { ReportWords } from './words.ts'

export type Final = {
  readonly rows: readonly MeasuredRow[]
  readonly judged: readonly JudgedRow[]
  readonly verdict: Verdict
  readonly seconds: number
  readonly disk: DiskFacts | null
  /** Loop type, rate and seed: no latency stands without them. */
  readonly loop: string
  readonly reportPath: string
  readonly command: string
}

/** The final screen, in this order: verdict, table, thresholds, integrity, comparison, report, the command that repeats it. */
export function finalLines(final: Final, words: ReportWords, width: number): readonly string[] {
  return [
    verdictLine(final, words),
    '',
    ...tableLines(
      final.rows.map(({ outcome }) => spoken(outcome, words)),
      words,
      width,
    ),
    '',
    ...[
      ...thresholdLines(final.judged, words),
      ...integrityLines(final, words),
      ...instrumentLines(final.rows, words),
      ...referenceLines(final.rows, words),
      ...diskLines(final.disk, words),
      ...failureLines(final.rows, words),
    ].flatMap((line) => indented(line, width)),
    ` ${words.report}  ${final.reportPath}`,
    ` ${words.again}  ${final.command}`,
  ]
}

/** The same for a repository: the loop, the table with every column, and the command. */
export function markdownOf(final: Final, words: ReportWords): string {
  const table = tableMarkdown(
    final.rows.map(({ outcome }) => spoken(outcome, words)),
    words,
  )
  return `${final.loop.replace(/ {2,}/g, ', ')}\n\n${table}\n\`${final.command}\`\n`
}

/** The row with its reason in the reader's language; `--json` and `result.json` keep English. */
export function spoken({ row, complaint }: MeasuredRow['outcome'], words: ReportWords): Row {
  return complaint === null ? row : { ...row, invalid_reason: complaintText(complaint, words.language) }
}

/** `open, 1 msg/2 s/visitor   seed 7` */
export function loopText(plan: Pick<BenchPlan, 'mode' | 'rate' | 'seed'>, words: ReportWords): string {
  const loop = plan.mode === 'open' ? words.openLoop(interval(plan.rate)) : words.closedLoop
  return `${loop}   seed ${plan.seed}`
}

// `2 s`, from messages per second.
function interval(rate: number): string {
  return `${Number((1 / rate).toPrecision(3))} s`
}

function verdictLine(final: Final, words: ReportWords): string {
  const { verdict, judged } = final
  const unjudged = judged.filter(({ row }) => !row.valid).map(({ row }) => whole(row.concurrency))
  const rows = words.rowsValid(verdict.validRows, judged.length)
  const open = unjudged.length === 0 ? rows : `${rows}; ${words.cannotJudge(unjudged.join(', '))}`
  const exit = verdict.exitCode === 0 ? '' : `  exit ${verdict.exitCode}`
  return `${words.verdict[verdict.outcome]}  ${open}   ${final.loop}   ${duration(final.seconds)}${exit}`
}

// One line a threshold; where it holds for every row, the value nearest to its bound stands for all.
function thresholdLines(judged: readonly JudgedRow[], words: ReportWords): readonly string[] {
  const names = ['average', 'errorRate', 'connected', 'answers', 'undelivered'] as const
  return names.flatMap((name) => {
    const found = judged.flatMap(({ row, thresholds }) =>
      thresholds.filter((threshold) => threshold.name === name).map((threshold) => ({ row, threshold })),
    )
    if (found.length === 0) return []
    const values = found.map(({ row, threshold }) => {
      const mark = threshold.holds ? '' : row.valid ? ' ✗' : ' ?'
      return `${whole(row.concurrency)}: ${valueText(threshold)}${mark}`
    })
    const valid = found.filter(({ row }) => row.valid)
    const mark = valid.some(({ threshold }) => !threshold.holds)
      ? '✗'
      : valid.length < found.length
        ? '?'
        : '✓'
    return [` ${mark} ${boundOf(found[0]?.threshold, words)}   ${values.join('   ')}`]
  })
}

function boundOf(threshold: Threshold | undefined, words: ReportWords): string {
  if (threshold === undefined) return ''
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

function integrityLines(final: Final, words: ReportWords): readonly string[] {
  const rows = final.judged.map(({ row }) => row)
  const sum = (field: 'lost' | 'duplicated' | 'out_of_order'): number =>
    rows.reduce((total, row) => total + row[field], 0)
  const known = final.rows.flatMap((row) => (row.outcome.integrity === null ? [] : [row.outcome.integrity]))
  const add = (pick: (integrity: (typeof known)[number]) => number): number =>
    known.reduce((total, one) => total + pick(one), 0)
  const bad = sum('lost') + sum('duplicated') + sum('out_of_order')
  const answers = add((one) => one.answersAcked)
  const readBack = add((one) => one.readBackAsked)
  const parts = [
    `${words.lost} ${sum('lost')}, ${words.duplicated} ${sum('duplicated')}, ${words.outOfOrder} ${sum('out_of_order')}`,
    `${whole(add((one) => one.acked))} ${words.messages}`,
    ...(answers > 0 ? [`${whole(answers)} ${words.answers}`] : []),
    ...(readBack > 0
      ? [`${whole(add((one) => one.readBackComplete))}/${whole(readBack)} ${words.readBack}`]
      : []),
  ]
  return [` ${bad === 0 ? '✓' : '✗'} ${words.integrity}   ${parts.join('   ')}`]
}

// What the instrument itself spent and how far it lagged: the ground on which a row is called valid.
function instrumentLines(rows: readonly MeasuredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap(({ concurrency, outcome }) => {
    const { trust, row } = outcome
    if (trust === null) return []
    const each = quotient(trust.generatorCores, row.messages_per_s)
    const parts = [
      `${cores(trust.generatorCores)} ${words.cores}`,
      ...(each === null ? [] : [`${(each * 1e6).toFixed(1)} µs/msg`]),
      `${words.lag} ${milliseconds(trust.loopLagP99Ms)}`,
      `${words.receiveLag} ${milliseconds(trust.receiveLagP99Ms)}`,
      `${words.slip} ${milliseconds(trust.slipP99Ms)}`,
    ]
    return [`   ${words.generator}   ${whole(concurrency)}: ${parts.join(', ')}`]
  })
}

function referenceLines(rows: readonly MeasuredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap((row) => {
    const own = row.outcome.row
    return row.references.flatMap(({ name, outcome }) => {
      const reference = outcome.row
      const at = `${whole(row.concurrency)}: `
      if (row.outcome.trust?.mode !== 'closed') {
        return [
          `   ${words.echoFloor}   ${at}avg ${milliseconds(reference.avg_ms)}, p99 ${milliseconds(reference.p99_ms)}, ${cores(reference.server_cpu_cores)} ${words.cores}`,
        ]
      }
      const ratio = quotient(own.messages_per_s, reference.messages_per_s)
      const invalid = reference.valid
        ? ''
        : ` (${words.invalid}: ${spoken(outcome, words).invalid_reason ?? ''})`
      const perMessage = (cpu: number | null, rate: number | null): string => {
        const us = quotient(cpu, rate)
        return us === null ? '' : `, ${(us * 1e6).toFixed(1)} µs`
      }
      return [
        `   ${words.ofReference}   ${at}${ratio === null ? '-' : ratio.toFixed(2)} × ${name}   ${whole(own.messages_per_s)}${perMessage(own.server_cpu_cores, own.messages_per_s)} / ` +
          `${whole(reference.messages_per_s)} msgs/s${perMessage(reference.server_cpu_cores, reference.messages_per_s)}${invalid}`,
      ]
    })
  })
}

function diskLines(disk: DiskFacts | null, words: ReportWords): readonly string[] {
  if (disk === null) return []
  return [
    `   ${words.disk}   p50 ${milliseconds(disk.syncP50Ms)}, p99 ${milliseconds(disk.syncP99Ms)}, ${disk.fileSystem}`,
  ]
}

function failureLines(rows: readonly MeasuredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap((row) => {
    const ended = row.outcome.targetEnded === null ? [] : [row.outcome.targetEnded]
    const reasons = [...ended, ...summed(row).slice(0, 5)]
    return reasons.length === 0
      ? []
      : [` ! ${words.failures}   ${whole(row.concurrency)}: ${reasons.join('; ')}`]
  })
}

// Each line begins with a mark of three columns; what does not fit goes on below its text.
function indented(line: string, width: number): readonly string[] {
  const [mark, text] = [line.slice(0, 3), line.slice(3)]
  return wrapped(text, Math.max(40, width - 3)).map((part, i) => (i === 0 ? mark : '   ') + part)
}

function summed(row: MeasuredRow): readonly string[] {
  const counts = new Map<string, number>()
  for (const { reason, count } of row.outcome.reasons) counts.set(reason, (counts.get(reason) ?? 0) + count)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${whole(count)} × ${reason}`)
}

function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b
}
