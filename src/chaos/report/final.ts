import type { ScenarioBrief } from '../scenario/scenario.ts'
import { complaintText } from './complaints.ts'
import { hostLines } from './host-lines.ts'
import { cores, duration, milliseconds, whole } from './numbers.ts'
import { judgedRest, restLines } from './rest.ts'
import type { Row } from './row.ts'
import { stageLines } from './stage-lines.ts'
import { type BenchResult, type Report, type StoredRow, type StoredSide, verdictOfReport } from './stored.ts'
import { tableLines, tableMarkdown, wrapped } from './table.ts'
import { type ThresholdState, thresholdLines } from './thresholds.ts'
import type { ReportWords } from './words.ts'

/** The final screen, in this order: verdict, table, thresholds, integrity, comparison, report, the command that repeats it. */
export function finalLines(report: Report, words: ReportWords, width: number): readonly string[] {
  const { rows } = report.details
  return [
    verdictLine(report, words),
    '',
    ...(rows.length === 0 ? [] : [...tableLines(spokenRows(report, words), words, width), '']),
    ...restLines(report.details.rest ?? [], words),
    ...[
      ...thresholdLines(rows, words).map(thresholdText),
      ...(rows.length === 0 ? [] : integrityLines(rows, words)),
      ...instrumentLines(rows, words),
      ...hostLines(rows, words),
      ...stageLines(rows, words),
      ...referenceLines(rows, words),
      ...diskLines(report.result, words),
      ...failureLines(rows, words),
    ].flatMap((line) => indented(line, width)),
    ` ${words.report}  ${report.details.report}`,
    ` ${words.again}  ${report.result.command}`,
  ]
}

/** The same for a repository: the loop, the table with every column, and the command. */
export function markdownOf(report: Report, words: ReportWords): string {
  const rows = spokenRows(report, words)
  const table = rows.length === 0 ? '' : tableMarkdown(rows, words)
  const rest = restLines(report.details.rest ?? [], words)
  const requests = rest.length === 0 ? '' : `\n\`\`\`\n${rest.join('\n').trimEnd()}\n\`\`\`\n`
  return `${loopText(report.result, words).replace(/ {2,}/g, ', ')}\n\n${table}${requests}\n\`${report.result.command}\`\n`
}

/** The row with its reason in the reader's language; `--json` and `result.json` keep English. */
export function spoken({ row, complaint }: Pick<StoredSide, 'row' | 'complaint'>, words: ReportWords): Row {
  return complaint === null ? row : { ...row, invalid_reason: complaintText(complaint, words.language) }
}

/** A plan's or a result's. */
export type Loop = {
  readonly mode: BenchResult['mode']
  readonly rate: number | null
  readonly seed: number
  readonly scenario?: ScenarioBrief | undefined
}

/** `"Does it hold?"   flows question 5, burst 1` */
export function scenarioText({ title, flows }: ScenarioBrief, words: ReportWords): string {
  const weighted = flows.map(({ name, weight }) => `${name} ${weight}`).join(', ')
  return `"${title}"${flows.length === 0 ? '' : `   ${words.flows} ${weighted}`}`
}

/** `open, 1 msg/2 s/visitor   seed 7`; of a scenario it counts flows. */
export function loopText(plan: Loop, words: ReportWords): string {
  const flows = plan.scenario !== undefined
  if (plan.scenario?.flows.length === 0) return words.requestsOnly
  const every = interval(plan.rate ?? 0)
  const loop =
    plan.mode === 'open'
      ? (flows ? words.openFlows : words.openLoop)(every)
      : flows
        ? words.closedFlows
        : words.closedLoop
  return `${loop}   seed ${plan.seed}`
}

/** `PASS  3 of 3 rows valid`, with what cannot be judged. */
export function verdictText(
  report: Report,
  words: ReportWords,
): { readonly word: string; readonly rows: string } {
  const verdict = verdictOfReport(report)
  const { rows } = report.details
  const unjudged = rows.filter(({ target }) => !target.row.valid).map(({ concurrency }) => whole(concurrency))
  const alone = (report.details.rest ?? []).flatMap(judgedRest).length
  const valid = words.rowsValid(verdict.validRows, rows.length + alone)
  return {
    word: words.verdict[verdict.outcome],
    rows: unjudged.length === 0 ? valid : `${valid}; ${words.cannotJudge(unjudged.join(', '))}`,
  }
}

// `2 s`, from messages per second.
function interval(rate: number): string {
  return `${Number((1 / rate).toPrecision(3))} s`
}

function spokenRows(report: Report, words: ReportWords): readonly Row[] {
  return report.details.rows.map(({ target }) => spoken(target, words))
}

function verdictLine(report: Report, words: ReportWords): string {
  const { exitCode } = verdictOfReport(report)
  const { word, rows } = verdictText(report, words)
  const exit = exitCode === 0 ? '' : `  exit ${exitCode}`
  return `${word}  ${rows}   ${loopText(report.result, words)}   ${duration(report.result.duration_s)}${exit}`
}

const marks: { readonly [state in ThresholdState]: string } = { holds: '✓', violated: '✗', undecided: '?' }

// A value that holds carries no mark of its own.
function thresholdText(line: ReturnType<typeof thresholdLines>[number]): string {
  const values = line.values.map(
    ({ concurrency, value, state }) =>
      `${whole(concurrency)}: ${value}${state === 'holds' ? '' : ` ${marks[state]}`}`,
  )
  return ` ${marks[line.state]} ${line.bound}   ${values.join('   ')}`
}

function integrityLines(rows: readonly StoredRow[], words: ReportWords): readonly string[] {
  const sum = (field: 'lost' | 'duplicated' | 'out_of_order'): number =>
    rows.reduce((total, { target }) => total + target.row[field], 0)
  const known = rows.flatMap(({ target }) => (target.integrity === null ? [] : [target.integrity]))
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
function instrumentLines(rows: readonly StoredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap(({ concurrency, target }) => {
    const { trust, row } = target
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

function referenceLines(rows: readonly StoredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap((row) => {
    const own = row.target.row
    return row.references.flatMap((side) => {
      const { name, row: reference } = side
      const at = `${whole(row.concurrency)}: `
      if (row.target.trust?.mode !== 'closed') {
        return [
          `   ${words.echoFloor}   ${at}avg ${milliseconds(reference.avg_ms)}, p99 ${milliseconds(reference.p99_ms)}, ${cores(reference.server_cpu_cores)} ${words.cores}`,
        ]
      }
      const ratio = quotient(own.messages_per_s, reference.messages_per_s)
      const invalid = reference.valid
        ? ''
        : ` (${words.invalid}: ${spoken(side, words).invalid_reason ?? ''})`
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

function diskLines({ machine }: BenchResult, words: ReportWords): readonly string[] {
  const { disk, disk_sync_p50_ms: p50, disk_sync_p99_ms: p99 } = machine
  if (typeof disk !== 'string' || typeof p50 !== 'number' || typeof p99 !== 'number') return []
  return [`   ${words.disk}   p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, ${disk}`]
}

function failureLines(rows: readonly StoredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap((row) => {
    const ended = row.target.target_ended === null ? [] : [row.target.target_ended]
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

function summed(row: StoredRow): readonly string[] {
  const counts = new Map<string, number>()
  for (const { reason, count } of row.target.reasons) counts.set(reason, (counts.get(reason) ?? 0) + count)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${whole(count)} × ${reason}`)
}

function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b
}
