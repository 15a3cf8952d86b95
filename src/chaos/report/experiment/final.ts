import { displayWidth, padEnd, padStart } from '../../../core/display-width.ts'
import type { Verdict } from '../../check/verdict.ts'
import type { ExperimentResult, ProbeResult } from '../../experiment/result.ts'
import { milliseconds, share, whole } from '../numbers.ts'
import { wrapped } from '../table.ts'
import type { HistoryFacts } from './facts.ts'
import { aligned, failedLines, hanging, type Marked, passedLines, unknownLines } from './marked.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { type ExperimentWords, measured } from './words.ts'

export type FinalOptions = {
  readonly width: number
  /** Every promise and probe on a line of its own, and all evidence. */
  readonly verbose: boolean
  /** Where the page is; undefined: not written. */
  readonly report: string | undefined
}

/** The final screen, in this order: verdict, phases, what is broken, unknown, kept, the command that repeats it, the report. */
export function finalLines(
  result: ExperimentResult,
  facts: HistoryFacts,
  words: ExperimentWords,
  options: FinalOptions,
): readonly string[] {
  const outcome = outcomeOf(result)
  const { width } = options
  const marked = [
    ...failedLines(outcome.failed, facts, words, options.verbose),
    ...outcome.missedProbes.map((probe) => probeLine('✗', probe, result, words)),
    ...result.leftFaults.map((text): Marked => ({ mark: '✗', name: words.leftFault, texts: [text] })),
    ...unknownLines(outcome.unknown, words),
    ...(options.verbose ? verboseLines(result, outcome, words) : summaryLines(result, outcome, words)),
  ]
  return [
    ...wrapped(headline(result, words), width),
    ...phaseLines(result, words, width),
    ...notToldBy(result, outcome, words).flatMap((reason) => hanging(' ! ', reason, width)),
    ...aligned(marked, width),
    ...endLines(result, words, options),
  ]
}

/** `FAIL  no_duplicate   healed ✓ 0 faults left   exit 5` */
export function headline(result: ExperimentResult, words: ExperimentWords): string {
  const { exitCode } = outcomeOf(result)
  const exit = exitCode === 0 ? '' : `   exit ${exitCode}`
  return `${words.status[shownStatus(result)]}  ${whatOf(result, words)}   ${words.healed(result.leftFaults.length)}${exit}`
}

/** What the badge says: a run that was cut short and yet saw a promise broken has failed. */
export function shownStatus(result: ExperimentResult): ExperimentResult['status'] {
  return outcomeOf(result).exitCode === 5 ? 'fail' : result.status
}

/** What it comes down to: the promises that are broken or unknown, or how many were kept. */
export function whatOf(result: ExperimentResult, words: ExperimentWords): string {
  const { failed, missedProbes, unknown, passed } = outcomeOf(result)
  const broken = [
    ...failed.map(({ invariant }) => invariant),
    ...missedProbes.map(({ name, phase }) => `${words.probe} ${name} (${words.phases[phase]})`),
    ...(result.leftFaults.length > 0 ? [words.leftFault] : []),
  ]
  if (broken.length > 0) return broken.join(', ')
  const kept = words.kept(passed.length, result.verdicts.length)
  if (result.status === 'pass') return kept
  const [reason] = result.reasons
  const open = unknown.map(({ invariant }) => invariant)
  if (result.status === 'unknown' && open.length > 0 && open.length <= 3) return open.join(', ')
  return reason ?? kept
}

/** The phases as rows of the standard table, without its head. */
export function phaseCells(result: ExperimentResult, words: ExperimentWords): readonly (readonly string[])[] {
  return result.phases.map((row) => [
    words.phases[row.phase],
    whole(row.concurrency),
    milliseconds(row.avgMs ?? null),
    share(row.errorRate),
    milliseconds(row.p99Ms ?? null),
  ])
}

/** `detect 2.1 s   recover 6.4 s (bound 15 s)`; empty where no fault was injected. */
export function turnText(result: ExperimentResult, words: ExperimentWords): string {
  if (result.faults.length === 0) return ''
  const bound = words.bound(milliseconds(result.experiment.checks.convergeWithinMs))
  const recovered = result.recoverMs === undefined ? words.notSeen : milliseconds(result.recoverMs)
  return `${words.detect} ${milliseconds(result.detectMs ?? null)}   ${words.recover} ${recovered} ${bound}`
}

/** `p99 recovery: 30 ms, bound p99_ms <= 20` */
export function probeText(probe: ProbeResult, result: ExperimentResult, words: ExperimentWords): string {
  const asked = result.experiment.probes.find(({ name }) => name === probe.name)?.threshold[probe.phase]
  const bound =
    asked === undefined
      ? probe.threshold
      : `${words.measures[asked.measure]} ${asked.op} ${measured(asked.measure, asked.value)}`
  return `${words.phases[probe.phase]}: ${measured(asked?.measure, probe.value)} ${words.bound(bound)}`
}

function phaseLines(result: ExperimentResult, words: ExperimentWords, width: number): readonly string[] {
  const rows = [words.phaseColumns, ...phaseCells(result, words)]
  const widths = words.phaseColumns.map((_, i) =>
    Math.max(...rows.map((cells) => displayWidth(cells[i] ?? ''))),
  )
  const lines = rows.map(
    (cells) => ` ${cells.map((cell, i) => (i === 0 ? padEnd : padStart)(cell, widths[i] ?? 0)).join('  ')}`,
  )
  const turn = turnText(result, words)
  if (turn === '') return lines
  const last = lines.at(-1) ?? ''
  return displayWidth(last) + 4 + displayWidth(turn) <= width
    ? [...lines.slice(0, -1), `${last}    ${turn}`]
    : [...lines, ` ${turn}`]
}

function probeLine(
  mark: string,
  probe: ProbeResult,
  result: ExperimentResult,
  words: ExperimentWords,
): Marked {
  return { mark, name: `${words.probe} ${probe.name}`, texts: [probeText(probe, result, words)] }
}

function summaryLines(result: ExperimentResult, outcome: Outcome, words: ExperimentWords): readonly Marked[] {
  const { passed } = outcome
  const held = result.probes.length - outcome.missedProbes.length
  if (passed.length === 0 && held === 0) return []
  const parts = [...exampleOf(passed, words), ...(held === 0 ? [] : [words.probesHeld(held)]), words.listAll]
  const all = passed.length === result.verdicts.length
  return [{ mark: '✓', name: words.others(passed.length, all), texts: [parts.join('; ')] }]
}

// One figure for all: how much was read back, or else what the first of them looked at.
function exampleOf(passed: readonly Verdict[], words: ExperimentWords): readonly string[] {
  const one = passed.find(({ invariant }) => invariant === 'no_acked_loss') ?? passed[0]
  if (one === undefined) return []
  const count = whole(one.checked)
  return one.invariant === 'no_acked_loss'
    ? [`${one.invariant} ${count}/${count} ${words.readBack}`]
    : [`${one.invariant} ${words.checked(count)}`]
}

function verboseLines(result: ExperimentResult, outcome: Outcome, words: ExperimentWords): readonly Marked[] {
  return [
    ...passedLines(outcome.passed, words),
    ...result.probes.filter(({ held }) => held).map((probe) => probeLine('✓', probe, result, words)),
  ]
}

// Reasons that neither the headline nor a line below gives.
function notToldBy(
  result: ExperimentResult,
  { unknown }: Outcome,
  words: ExperimentWords,
): readonly string[] {
  const told = new Set([
    whatOf(result, words),
    ...unknown.map(({ invariant, why }) => (why === undefined ? invariant : `${invariant}: ${why}`)),
  ])
  return result.reasons.filter((reason) => !told.has(reason))
}

function endLines(
  result: ExperimentResult,
  words: ExperimentWords,
  { width, report }: FinalOptions,
): readonly string[] {
  const again = ` ${words.again}  ${result.command}`
  if (report === undefined) return [again]
  const where = `${words.report}  ${report}`
  return displayWidth(again) + 6 + displayWidth(where) <= width
    ? [`${again}      ${where}`]
    : [again, ` ${where}`]
}
