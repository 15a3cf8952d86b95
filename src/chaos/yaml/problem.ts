import { KfError } from '../../core/errors.ts'
import type { Said } from '../../core/said.ts'
import { type Place, printable, snippet } from '../../core/snippet.ts'

export type { Said } from '../../core/said.ts'
export type { Place } from '../../core/snippet.ts'

export type Problem = { readonly place: Place; readonly said: Said }

const shownProblems = 20

/**
 * All problems of one text as one error: a line `file:line:column: key: what; fix` each, in the order of the file, then the
 * line of the file and carets below what is meant.
 */
export function problemsError(file: string, text: string, problems: readonly Problem[]): KfError {
  const lines = text.split(/\r?\n/)
  const sorted = problems.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const unique = sorted.filter((one, i) => i === 0 || JSON.stringify(one) !== JSON.stringify(sorted[i - 1]))
  const more = unique.length - shownProblems
  const write = (language: keyof Said): string =>
    [
      ...unique
        .slice(0, shownProblems)
        .flatMap(({ place, said }) => [
          `${file}:${place.line}:${place.column}: ${printable(said[language])}`,
          ...snippet(lines[place.line - 1] ?? '', place),
        ]),
      ...(more > 0 ? [{ en: `and ${more} more problems`, zh: `还有 ${more} 个问题` }[language]] : []),
    ].join('\n')
  return scenarioError({ en: write('en'), zh: write('zh') })
}

/** A problem of a whole file, which has no place in it. */
export function fileError(what: Said, fix: Said, cause?: unknown): KfError {
  return scenarioError({ en: `${what.en}; ${fix.en}`, zh: `${what.zh}；${fix.zh}` }, cause)
}

function scenarioError(said: Said, cause?: unknown): KfError {
  return new KfError('bad_scenario', said.en, { params: { zh: said.zh }, cause })
}
