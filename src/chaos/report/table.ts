import { displayWidth, padStart } from '../../core/display-width.ts'
import { connectedOf, cores, mebibytes, milliseconds, nothing, share, whole } from './numbers.ts'
import type { Row } from './row.ts'
import type { ReportWords } from './words.ts'

const gap = '  '
const alwaysShown = 3

/**
 * The table as lines of at most `width` columns: columns fall off from the right, the first three never do. An invalid row
 * keeps its place and says why, over as many lines as that takes.
 */
export function tableLines(rows: readonly Row[], words: ReportWords, width: number): readonly string[] {
  const cells = rows.map((row) => cellsOf(row))
  const widths = words.columns.map((title, i) =>
    Math.max(
      displayWidth(title),
      ...cells.map((line, n) => (i === 0 || rows[n]?.valid === true ? displayWidth(line[i] ?? '') : 0)),
    ),
  )
  const shown = fitting(widths, width)
  const line = (values: readonly string[]): string =>
    values
      .slice(0, shown)
      .map((value, i) => padStart(value, widths[i] ?? 0))
      .join(gap)
  const lines = [` ${line(words.columns)}`]
  for (const [n, row] of rows.entries()) {
    const values = cells[n] ?? []
    if (row.valid) lines.push(` ${line(values)}`)
    else lines.push(...invalidLines(row, values[0] ?? '', widths[0] ?? 0, words, width))
  }
  return lines
}

/** The same table in Markdown, every column of it. */
export function tableMarkdown(rows: readonly Row[], words: ReportWords): string {
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`
  const body = rows.map((row) => {
    const values = cellsOf(row)
    if (row.valid) return line(values)
    const reason = `${words.invalid}: ${(row.invalid_reason ?? '').replaceAll('|', '\\|')}`
    return line([values[0] ?? '', reason, ...values.slice(2).map(() => nothing)])
  })
  return `${[line(words.columns), line(words.columns.map(() => '--:')), ...body].join('\n')}\n`
}

/** A row's cells as texts, one for each column. */
export function cellsOf(row: Row): readonly string[] {
  return [
    connectedOf(row.connected, row.concurrency),
    milliseconds(row.avg_ms),
    share(row.error_rate),
    milliseconds(row.p50_ms),
    milliseconds(row.p95_ms),
    milliseconds(row.p99_ms),
    milliseconds(row.p999_ms),
    milliseconds(row.delivered_p99_ms),
    whole(row.messages_per_s),
    cores(row.server_cpu_cores),
    mebibytes(row.server_rss_bytes),
  ]
}

/** How many columns fit into `width`, each two spaces from the last; the first three always do. */
export function fitting(widths: readonly number[], width: number): number {
  let used = 1
  let shown = 0
  for (const column of widths) {
    used += column + (shown === 0 ? 0 : gap.length)
    if (shown >= alwaysShown && used > width) break
    shown += 1
  }
  return shown
}

function invalidLines(
  row: Row,
  first: string,
  firstWidth: number,
  words: ReportWords,
  width: number,
): readonly string[] {
  const head = ` ${padStart(first, firstWidth)}${gap}${words.invalid}${gap}`
  const room = Math.max(20, width - displayWidth(head))
  const [start = '', ...rest] = wrapped(row.invalid_reason ?? '', room)
  return [head + start, ...rest.map((text) => ' '.repeat(displayWidth(head)) + text)]
}

/** Breaks at spaces into lines of at most `width` columns; a word that is longer stands alone. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && displayWidth(longer) > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, line]
}
