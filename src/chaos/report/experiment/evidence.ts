import type { Evidence } from '../../check/verdict.ts'
import type { HistoryFacts } from './facts.ts'
import type { ExperimentWords } from './words.ts'

export const historyFile = 'history.jsonl'

const mostShown = 8

/** `history.jsonl:20817 send  :20990 timeout  :21033 ack 19`; undefined where the evidence names no line. */
export function evidenceLine(
  { lines }: Evidence,
  facts: HistoryFacts,
  words: ExperimentWords,
): string | undefined {
  if (lines.length === 0) return undefined
  const shown = lines.slice(0, mostShown).map((number, i) => {
    const entry = facts.lines.get(number)
    const at = `${i === 0 ? historyFile : ''}:${number}`
    return entry === undefined ? at : `${at} ${words.entry(entry)}`
  })
  return lines.length > mostShown ? `${shown.join('  ')}  …` : shown.join('  ')
}
