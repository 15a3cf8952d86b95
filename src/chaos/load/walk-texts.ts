import type { Flow, TextSource } from '../scenario/scenario.ts'
import { textsOf } from './texts/texts.ts'
import type { SendStep } from './walks.ts'

/** A part of all texts. */
export type TextRange = { readonly first: number; readonly count: number }

export type WalkTexts = {
  /** Every text that visitors may write. */
  readonly texts: readonly string[]
  /** Which of them each step draws from. */
  readonly ranges: ReadonlyMap<SendStep, TextRange>
}

/** Collects the texts of all flows behind `beside`; what several steps draw from is held once. */
export function collectTexts(flows: readonly Flow[], beside: readonly string[]): WalkTexts {
  const texts = [...beside]
  const ranges = new Map<SendStep, TextRange>()
  const bySource = new Map<string, TextRange>()
  for (const step of flows.flatMap(({ steps }) => steps)) {
    if (step.do !== 'send') continue
    const source = JSON.stringify(step.text)
    const known = bySource.get(source) ?? { first: texts.length, count: wordsOf(step.text).length }
    if (known.first === texts.length) texts.push(...wordsOf(step.text))
    bySource.set(source, known)
    ranges.set(step, known)
  }
  return { texts, ranges }
}

function wordsOf(source: TextSource): readonly string[] {
  return source.from === 'list' ? textsOf(source.list) : source.texts
}
