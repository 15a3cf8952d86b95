import { loopText, scenarioText, spoken } from '../../chaos/report/final.ts'
import { trustBounds } from '../../chaos/report/judge.ts'
import {
  connectedOf,
  cores,
  mebibytes,
  milliseconds,
  nothing,
  share,
  sparkline,
  whole,
} from '../../chaos/report/numbers.ts'
import type { Row } from '../../chaos/report/row.ts'
import { queueText } from '../../chaos/report/stage-lines.ts'
import { fitting, wrapped } from '../../chaos/report/table.ts'
import type { ReportWords } from '../../chaos/report/words.ts'
import { durationText } from '../../chaos/yaml/units.ts'
import { displayWidth, padStart } from '../../core/display-width.ts'
import { type BenchState, heads, type RunningRow, worst } from './bench-state.ts'
import type { Line } from './line.ts'

/** The live view as lines: what runs, the table so far, who is connected, p99 over time, and whether it can be trusted. */
export function liveLines(
  state: BenchState,
  words: ReportWords,
  elapsedMs: number,
  width: number,
): readonly Line[] {
  const { running } = state
  const lines: readonly Line[] = [
    // A scenario's title and flows may need more than one line.
    ...wrapped(headLine(state, words, width), width).map((text) => ({ text, tone: 'strong' as const })),
    ...tableOf(state, words, elapsedMs, width),
    ...(running === null ? [] : runningLines(running, state, words, elapsedMs)),
  ]
  return lines.map(({ text, tone }) => ({ text: cut(text, width), tone }))
}

/** The first line: loop, rate and seed, what a scenario asks, and what was started. */
export function headLine(state: BenchState, words: ReportWords, width: number): string {
  const { plan, running } = state
  const { scenario, ramp } = plan
  const parts = [
    scenario === undefined ? 'kf bench' : `kf bench ${scenario.name}`,
    loopText(plan, words),
    ...(ramp === undefined ? [] : [words.ramp(durationText(ramp.overMs), whole(ramp.connectPerSecond))]),
    ...(scenario === undefined ? [] : [scenarioText(scenario, words)]),
    ...(running === null ? [] : [words.self(running.sizing.workers, running.sizing.generators)]),
  ]
  const left = parts.join('   ')
  const room = width - displayWidth(left)
  return displayWidth(words.stopKey) + 3 <= room ? left + padStart(words.stopKey, room) : left
}

// Marker and note beside the table's columns.
const noteWidth = 16

function tableOf(state: BenchState, words: ReportWords, elapsedMs: number, width: number): readonly Line[] {
  const { plan, done, running } = state
  const lines = plan.concurrency.map(
    (
      asked,
      index,
    ): { readonly cells: readonly string[]; readonly note: string; readonly tone: Line['tone'] } => {
      const finished = done[index]
      if (finished !== undefined) {
        const { row } = finished.outcome
        const note = row.valid
          ? words.valid
          : `${words.invalid} ${spoken(finished.outcome, words).invalid_reason ?? ''}`
        return { cells: doneCells(row), note, tone: row.valid ? 'plain' : 'bad' }
      }
      if (running?.index === index)
        return {
          cells: runningCells(running, asked),
          note: phaseNote(running, words, elapsedMs),
          tone: 'strong',
        }
      return {
        cells: [whole(asked), nothing, nothing, nothing, nothing, nothing, nothing],
        note: words.next,
        tone: 'dim',
      }
    },
  )
  const widths = words.liveColumns.map((title, i) =>
    Math.max(displayWidth(title), ...lines.map((line) => displayWidth(line.cells[i] ?? ''))),
  )
  const shown = fitting(widths, width - noteWidth)
  const text = (cells: readonly string[], marker: string): string =>
    `  ${marker} ${cells
      .slice(0, shown)
      .map((cell, i) => padStart(cell, widths[i] ?? 0))
      .join('  ')}`
  return [
    { text: text(words.liveColumns, ' '), tone: 'dim' },
    ...lines.map((line, index) => ({
      text: `${text(line.cells, running?.index === index ? '>' : ' ')}  ${line.note}`,
      tone: line.tone,
    })),
  ]
}

function doneCells(row: Row): readonly string[] {
  return [
    connectedOf(row.connected, row.concurrency),
    milliseconds(row.avg_ms),
    share(row.error_rate),
    milliseconds(row.p99_ms),
    milliseconds(row.delivered_p99_ms),
    whole(row.messages_per_s),
    `${row.lost}/${row.duplicated}/${row.out_of_order}`,
  ]
}

// Loss and order are known after the read-back only.
function runningCells(row: RunningRow, asked: number): readonly string[] {
  return [
    whole(asked),
    milliseconds(row.latency.meanMs),
    share(row.sent === 0 ? null : row.errors / row.sent),
    milliseconds(row.latency.quantileMs(0.99)),
    milliseconds(row.delivered.quantileMs(0.99)),
    whole(row.messagesPerSecond),
    nothing,
  ]
}

function phaseNote(row: RunningRow, words: ReportWords, elapsedMs: number): string {
  const of = row.target === 'kf' ? '' : `${row.target} `
  if (row.phase !== 'measure') return `${of}${words.phases[row.phase]}`
  const total = Math.round((row.phaseUntilMs - row.phaseFromMs) / 1000)
  return `${of}${Math.min(total, Math.floor(elapsedMs / 1000))}/${total} s`
}

function runningLines(
  row: RunningRow,
  state: BenchState,
  words: ReportWords,
  elapsedMs: number,
): readonly Line[] {
  const asked = state.plan.concurrency[row.index] ?? 0
  const { visitors, agents } = heads(row)
  const lag = worst(row, 'lagP99Ms')
  const slip = worst(row, 'slipP99Ms')
  const trusted =
    (lag ?? 0) <= trustBounds.lagMs &&
    (slip ?? 0) <= trustBounds.slipMs &&
    (row.usage?.otherCores ?? 0) <= trustBounds.otherCores
  const judged = state.plan.mode === 'open' && row.usage !== null
  const trust = judged ? `   ${trusted ? words.trustworthy : words.untrustworthy}` : ''
  const waiting = row.persistQueue === null ? '' : `   ${words.persistQueue} ${queueText(row.persistQueue)}`
  const seconds = Math.min(60, Math.max(row.p99s.length, Math.floor(elapsedMs / 1000)))
  return [
    {
      text: ` ${words.connectedLine(`${whole(visitors)}/${whole(asked)}`, row.target === 'echo' ? '' : `${whole(agents)}/${whole(row.agents)}`)}`,
      tone: 'plain',
    },
    ...(row.p99s.length === 0
      ? []
      : [{ text: ` ${words.overTime(seconds)}  ${sparkline(row.p99s)}`, tone: 'plain' as const }]),
    ...(row.usage === null
      ? []
      : [
          {
            text: ` ${words.server}  ${cores(row.usage.serverCores)} ${words.cores}  ${mebibytes(row.rss)}${waiting}`,
            tone: 'plain' as const,
          },
          {
            text: ` ${words.generator}  ${cores(row.usage.generatorCores)} ${words.cores}  ${words.lag} ${milliseconds(lag)}  ${words.slip} ${milliseconds(slip)}${trust}`,
            tone: !judged ? ('plain' as const) : trusted ? ('good' as const) : ('bad' as const),
          },
        ]),
  ]
}

function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let out = ''
  for (const character of text) {
    if (displayWidth(out) + displayWidth(character) > width - 1) break
    out += character
  }
  return `${out}…`
}
