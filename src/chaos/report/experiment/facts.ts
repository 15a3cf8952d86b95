import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { codeOf } from '../../../core/errors.ts'
import type { HistoryEntry, PhaseEntry } from '../../check/history.ts'
import type { Verdict } from '../../check/verdict.ts'

/** What a report takes from the history: the lines that its evidence names, and when each phase really began. */
export type HistoryFacts = {
  /** By number, from 1. A line that cannot be read is absent. */
  readonly lines: ReadonlyMap<number, HistoryEntry>
  /** Times in ms from the start of the baseline, as in the result. */
  readonly phases: readonly { readonly phase: PhaseEntry['phase']; readonly at: number }[]
}

export const noFacts: HistoryFacts = { lines: new Map(), phases: [] }

/** One pass through the file, whatever its length; a history that is gone gives no facts. */
export async function factsOf(file: string, verdicts: readonly Verdict[]): Promise<HistoryFacts> {
  const wanted = new Set(verdicts.flatMap(({ evidence }) => evidence.flatMap(({ lines }) => [...lines])))
  const lines = new Map<number, HistoryEntry>()
  const phases: PhaseEntry[] = []
  let number = 0
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number += 1
      const asked = wanted.has(number)
      if (!asked && !text.includes('"phase"')) continue
      const entry = parsed(text)
      if (entry === undefined) continue
      if (asked) lines.set(number, entry)
      if (entry.e === 'phase') phases.push(entry)
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const begin = phases.find(({ phase }) => phase === 'baseline')?.t ?? phases[0]?.t ?? 0
  return { lines, phases: phases.map(({ phase, t }) => ({ phase, at: t - begin })) }
}

// The last line of a run that was killed may be half a line.
function parsed(text: string): HistoryEntry | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'e' in value && 't' in value
      ? (value as HistoryEntry)
      : undefined
  } catch {
    return undefined
  }
}
