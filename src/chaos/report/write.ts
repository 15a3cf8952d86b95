import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MeasuredRow } from '../load/bench.ts'
import { deriveReport } from './derive.ts'
import type { MeasuredStep } from './rest.ts'
import type { Report } from './stored.ts'

/** A new folder below `root`, named by date and run; a second run of the same day gets a number. */
export function reportFolder(root: string, startedAt: Date, name: string): string {
  const day = startedAt.toISOString().slice(0, 10)
  for (let n = 1; ; n++) {
    const path = join(root, `${day}-${name}${n === 1 ? '' : `-${n}`}`)
    if (!existsSync(path)) return path
  }
}

/** Writes what was found out (result, details, the raw histograms and series), then derives tables and page from these files alone. */
export async function writeReport(
  folder: string,
  report: Report,
  measured: readonly MeasuredRow[],
  requests: readonly MeasuredStep[] = [],
): Promise<void> {
  const raw = join(folder, 'raw')
  await mkdir(raw, { recursive: true })
  await writeFile(join(folder, 'result.json'), json(report.result))
  await writeFile(join(folder, 'details.json'), json(report.details))
  for (const row of measured) {
    for (const { name, outcome } of [{ name: 'target', outcome: row.outcome }, ...row.references]) {
      if (outcome.series !== undefined)
        await writeFile(join(raw, `${row.concurrency}-${name}-series.json`), json(outcome.series))
      for (const file of outcome.files ?? [])
        await writeFile(join(raw, `${row.concurrency}-${file.name}`), file.text)
      if (outcome.histograms === null) continue
      for (const [what, histogram] of Object.entries(outcome.histograms)) {
        if (histogram.total > 0)
          await writeFile(join(raw, `${row.concurrency}-${name}-${what}.hdr`), `${histogram.hdr()}\n`)
      }
    }
  }
  const beside = measured.flatMap(({ concurrency, outcome }) =>
    stepFiles(`${concurrency}-rest`, outcome.rest ?? []),
  )
  for (const { name, latency } of [...beside, ...stepFiles('rest', requests)])
    if (latency.total > 0) await writeFile(join(raw, name), `${latency.hdr()}\n`)
  await deriveReport(folder, report.details.language)
}

// A step's name has letters, digits and what files may have, but for the space.
function stepFiles(prefix: string, steps: readonly MeasuredStep[]) {
  return steps.map(({ row, latency }) => ({
    name: `${prefix}-${row.name.replaceAll(' ', '_')}-latency.hdr`,
    latency,
  }))
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
