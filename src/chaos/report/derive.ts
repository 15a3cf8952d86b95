import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finalLines, markdownOf } from './final.ts'
import { reportPage } from './html/page.ts'
import { readPlots, readReport } from './read.ts'
import { type ReportLanguage, reportWords } from './words.ts'

/** Columns of `table.txt`, whatever the terminal. */
export const reportWidth = 130

/**
 * Writes `table.txt`, `table.md` and `report.html` from `result.json`, `details.json` and `raw/` alone: the same facts give the
 * same bytes. Throws `not_a_report`.
 */
export async function deriveReport(folder: string, language?: ReportLanguage): Promise<void> {
  const report = await readReport(folder)
  const plots = await readPlots(folder, report)
  const words = reportWords[language ?? report.details.language]
  await writeFile(join(folder, 'table.txt'), `${finalLines(report, words, reportWidth).join('\n')}\n`)
  await writeFile(join(folder, 'table.md'), markdownOf(report, words))
  await writeFile(join(folder, 'report.html'), reportPage(report, plots, words))
}
