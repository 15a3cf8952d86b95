import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MeasuredRow } from '../load/bench.ts'
import type { Row } from './row.ts'

/** What `kf bench --json` prints, and `result.json` holds. */
export type BenchResult = {
  readonly command: string
  readonly seed: number
  readonly mode: 'open' | 'closed'
  /** Messages per second of each visitor; null in closed mode. */
  readonly rate: number | null
  readonly machine: Readonly<Record<string, unknown>>
  readonly versions: Readonly<Record<string, string>>
  /** ISO 8601, UTC. */
  readonly started_at: string
  readonly duration_s: number
  readonly rows: readonly Row[]
}

export type ReportFiles = {
  readonly result: BenchResult
  readonly rows: readonly MeasuredRow[]
  readonly text: string
  readonly markdown: string
}

/** A new folder below `root`, named by date and run; a second run of the same day gets a number. */
export function reportFolder(root: string, startedAt: Date, name: string): string {
  const day = startedAt.toISOString().slice(0, 10)
  for (let n = 1; ; n++) {
    const path = join(root, `${day}-${name}${n === 1 ? '' : `-${n}`}`)
    if (!existsSync(path)) return path
  }
}

/** Writes result, details, tables and the raw histograms; what is derived can always be derived again from the raw ones. */
export async function writeReport(folder: string, files: ReportFiles): Promise<void> {
  const raw = join(folder, 'raw')
  await mkdir(raw, { recursive: true })
  await writeFile(join(folder, 'result.json'), json(files.result))
  await writeFile(join(folder, 'details.json'), json(files.rows.map(detailsOf)))
  await writeFile(join(folder, 'table.txt'), files.text)
  await writeFile(join(folder, 'table.md'), files.markdown)
  for (const row of files.rows) {
    for (const { name, outcome } of [{ name: 'target', outcome: row.outcome }, ...row.references]) {
      if (outcome.histograms === null) continue
      for (const [what, histogram] of Object.entries(outcome.histograms)) {
        if (histogram.total > 0)
          await writeFile(join(raw, `${row.concurrency}-${name}-${what}.hdr`), `${histogram.hdr()}\n`)
      }
    }
  }
}

function detailsOf(row: MeasuredRow) {
  const side = ({ outcome }: Pick<MeasuredRow, 'outcome'>) => ({
    row: outcome.row,
    integrity: outcome.integrity,
    trust: outcome.trust,
    usage: outcome.usage,
    connected_agents: outcome.connectedAgents,
    reasons: outcome.reasons,
    target_ended: outcome.targetEnded,
    target_log: outcome.targetLog.split('\n').filter((line) => line !== ''),
  })
  return {
    concurrency: row.concurrency,
    agents: row.agents,
    workers: row.sizing.workers,
    generators: row.sizing.generators,
    target: side(row),
    references: row.references.map((reference) => ({ name: reference.name, ...side(reference) })),
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
