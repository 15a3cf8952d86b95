import { displayWidth, padEnd } from '../../../core/display-width.ts'
import type { Verdict } from '../../check/verdict.ts'
import { whole } from '../numbers.ts'
import { wrapped } from '../table.ts'
import { evidenceLine } from './evidence.ts'
import type { HistoryFacts } from './facts.ts'
import type { ExperimentWords } from './words.ts'

/** A line with a mark and a name, and texts below one another behind them. */
export type Marked = { readonly mark: string; readonly name: string; readonly texts: readonly string[] }

/** Verdicts alone, a line each, with all their evidence. */
export function verdictLines(
  verdicts: readonly Verdict[],
  facts: HistoryFacts,
  words: ExperimentWords,
  width: number,
): readonly string[] {
  const of = (status: Verdict['status']): readonly Verdict[] =>
    verdicts.filter((verdict) => verdict.status === status)
  return aligned(
    [
      ...failedLines(of('fail'), facts, words, true),
      ...unknownLines(of('unknown'), words),
      ...passedLines(of('pass'), words),
    ],
    width,
  )
}

export function failedLines(
  failed: readonly Verdict[],
  facts: HistoryFacts,
  words: ExperimentWords,
  verbose: boolean,
): readonly Marked[] {
  return failed.map((verdict) => {
    const { evidence, violations } = verdict
    const shown = verbose ? evidence : evidence.slice(0, 2)
    const count = words.violated(whole(violations), whole(verdict.checked))
    const texts = shown.flatMap((one, i) => {
      const line = evidenceLine(one, facts, words)
      return [i === 0 ? `${count}: ${one.text}` : one.text, ...(line === undefined ? [] : [line])]
    })
    const more = violations - shown.length
    return {
      mark: '✗',
      name: verdict.invariant,
      texts: [
        ...(texts.length === 0 ? [count] : texts),
        ...(more > 0 && shown.length > 0 ? [words.more(whole(more))] : []),
      ],
    }
  })
}

export function unknownLines(unknown: readonly Verdict[], words: ExperimentWords): readonly Marked[] {
  return unknown.map(({ invariant, why }) => ({
    mark: '?',
    name: invariant,
    texts: [why === undefined ? words.unknown : `${words.unknown}: ${why}`],
  }))
}

export function passedLines(passed: readonly Verdict[], words: ExperimentWords): readonly Marked[] {
  return passed.map(({ invariant, checked }) => ({
    mark: '✓',
    name: invariant,
    texts: [words.checked(whole(checked))],
  }))
}

/** As lines of at most `width` columns, texts below one another. */
export function aligned(marked: readonly Marked[], width: number): readonly string[] {
  const nameWidth = Math.max(0, ...marked.map(({ name }) => displayWidth(name)))
  return marked.flatMap((line) => markedLines(line, nameWidth, width))
}

function markedLines({ mark, name, texts }: Marked, nameWidth: number, width: number): readonly string[] {
  return texts.flatMap((text, i) =>
    hanging(` ${i === 0 ? mark : ' '} ${padEnd(i === 0 ? name : '', nameWidth)}   `, text, width),
  )
}

/** What does not fit goes on below its text; a terminal too narrow for that gives it a line of its own. */
export function hanging(head: string, text: string, width: number): readonly string[] {
  const indent = displayWidth(head)
  if (width - indent >= 30) {
    return wrapped(text, width - indent).map((part, i) => (i === 0 ? head : ' '.repeat(indent)) + part)
  }
  const lines = wrapped(text, Math.max(20, width - 5)).map((part) => `     ${part}`)
  return head.trim() === '' ? lines : [head.trimEnd(), ...lines]
}
