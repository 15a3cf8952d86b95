import { displayWidth, padEnd, padStart } from '../core/display-width.ts'

export { displayWidth, padEnd, padStart }

/** A table of text columns, each as wide as its widest cell, two spaces between; `right` names the right-aligned columns. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell))
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (right.has(i) ? padStart(cell, widths[i] ?? 0) : padEnd(cell, widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return rows.map((row) => `${line(row)}\n`).join('')
}
