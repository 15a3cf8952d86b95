import { displayWidth } from './display-width.ts'

/** Where in a text: line and column from 1, `length` in UTF-16 units within that line. */
export type Place = { readonly line: number; readonly column: number; readonly length: number }

const snippetWidth = 100

/** A line of a text with carets below what is meant, as two lines; none where there is nothing to see. */
export function snippet(line: string, { line: number, column, length }: Place): readonly string[] {
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

/** A file's own text goes to a terminal: nothing in it may move the cursor. A tab has no width of its own here. */
export function printable(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029\p{Cs}]/gu, '\uFFFD')
}
