import { displayWidth } from '../../core/display-width.ts'
import { KfError } from '../../core/errors.ts'

/** A sentence in both languages of the CLI. */
export type Said = { readonly en: string; readonly zh: string }

/** Where in the text: line and column from 1, `length` in UTF-16 units within that line. */
export type Place = { readonly line: number; readonly column: number; readonly length: number }

export type Problem = { readonly place: Place; readonly said: Said }

const shownProblems = 20
const snippetWidth = 100

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

function snippet(line: string, { line: number, column, length }: Place): readonly string[] {
  // A long line is cut so that the place stays in it.
  const from = Math.max(0, column - 1 - Math.floor(snippetWidth / 2))
  const cut = printable(line.slice(from, from + snippetWidth))
  if (cut.trim() === '') return []
  const before = displayWidth(printable(line.slice(from, column - 1)))
  const marked = line.slice(column - 1, Math.min(column - 1 + Math.max(1, length), from + snippetWidth))
  const gutter = String(number)
  return [
    `  ${gutter} | ${cut}`,
    `  ${' '.repeat(gutter.length)} | ${' '.repeat(before)}${'^'.repeat(Math.max(1, displayWidth(printable(marked))))}`,
  ]
}

// A file's own text goes to a terminal: nothing in it may move the cursor. A tab has no width of its own here.
function printable(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029\p{Cs}]/gu, '\uFFFD')
}
