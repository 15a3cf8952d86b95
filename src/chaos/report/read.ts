import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { codeOf, KfError } from '../../core/errors.ts'
import type { Series } from './series.ts'
import type { BenchResult, Details, Report, StoredRow, StoredSide } from './stored.ts'
import { thresholdsOf } from './verdict.ts'

/** A point of a latency distribution: at or below `ms` lies a share `quantile` (0..1) of all. */
export type QuantilePoint = { readonly quantile: number; readonly ms: number }

export type Curve = { readonly name: string; readonly points: readonly QuantilePoint[] }

/** What is plotted for one row, read from `raw/`. */
export type RowPlots = {
  readonly concurrency: number
  /** Response time, time to delivery, and the bare targets' response time; those that were measured. */
  readonly curves: readonly Curve[]
  readonly series: Series | null
}

/** Reads `result.json` and `details.json` of a report's folder. Throws `not_a_report`, with what is missing. */
export async function readReport(folder: string): Promise<Report> {
  const result = readResult(await readJson(join(folder, 'result.json')), join(folder, 'result.json'))
  const raw = await readJson(join(folder, 'details.json'))
  return { result, details: readDetails(raw, result.mode, folder) }
}

/** Checks that it is what `kf bench --json` prints; `where` names it in the error. */
export function readResult(raw: unknown, where: string): BenchResult {
  const fits =
    isRecord(raw) &&
    typeof raw['command'] === 'string' &&
    (raw['mode'] === 'open' || raw['mode'] === 'closed') &&
    typeof raw['seed'] === 'number' &&
    typeof raw['duration_s'] === 'number' &&
    isRecord(raw['machine']) &&
    isRecord(raw['versions']) &&
    Array.isArray(raw['rows']) &&
    raw['rows'].every((row) => isRecord(row) && typeof row['concurrency'] === 'number' && 'valid' in row)
  if (!fits) throw notAReport(`${where} is not what kf bench --json prints`, where)
  return raw as BenchResult
}

/** The histograms and series that a page shows, row by row; files that are not there leave gaps. */
export async function readPlots(folder: string, report: Report): Promise<readonly RowPlots[]> {
  const raw = join(folder, 'raw')
  return Promise.all(report.details.rows.map((row) => plotsOf(raw, row)))
}

async function plotsOf(raw: string, row: StoredRow): Promise<RowPlots> {
  const wanted = [
    { name: 'response', file: 'target-latency' },
    { name: 'delivered', file: 'target-delivered' },
    ...row.references.map(({ name }) => ({ name, file: `${name}-latency` })),
  ]
  const curves: Curve[] = []
  for (const { name, file } of wanted) {
    const text = await readIfThere(join(raw, `${row.concurrency}-${file}.hdr`))
    if (text !== undefined) curves.push({ name, points: quantiles(text.trim()) })
  }
  const series = await readIfThere(join(raw, `${row.concurrency}-target-series.json`))
  return {
    concurrency: row.concurrency,
    curves,
    series: series === undefined ? null : (JSON.parse(series) as Series),
  }
}

// From the median on, ever closer to 1 while single values still stand behind the figure.
function quantiles(encoded: string): readonly QuantilePoint[] {
  const histogram = decodeFromCompressedBase64(encoded)
  const points: QuantilePoint[] = []
  for (let left = 1; left * histogram.totalCount >= 1; left /= 2 ** 0.25) {
    points.push({ quantile: 1 - left, ms: histogram.getValueAtPercentile(100 * (1 - left)) / 1000 })
  }
  return points
}

function readDetails(raw: unknown, mode: BenchResult['mode'], folder: string): Details {
  // NOTE: up to 0.1 the file was the array of rows alone, without thresholds and complaints.
  const wrapped = Array.isArray(raw)
    ? { language: 'en', interrupted: false, report: `${folder.replace(/\/+$/, '')}/`, rows: raw as unknown[] }
    : raw
  if (!isRecord(wrapped) || !Array.isArray(wrapped['rows']) || !wrapped['rows'].every(isStoredRow)) {
    throw notAReport(
      `${join(folder, 'details.json')} is not what kf bench wrote`,
      join(folder, 'details.json'),
    )
  }
  const rows = wrapped['rows'].map((row: StoredRow) => ({
    ...row,
    thresholds: row.thresholds ?? thresholdsOf(row.target.row, mode, row.target.integrity),
    target: whole(row.target),
    references: row.references.map((side) => ({ ...whole(side), name: side.name })),
  }))
  return { ...(wrapped as Details), rows }
}

// What an older kf did not write yet.
function whole(side: StoredSide): StoredSide {
  return { ...side, complaint: side.complaint ?? null }
}

function isStoredRow(raw: unknown): raw is StoredRow {
  return (
    isRecord(raw) &&
    typeof raw['concurrency'] === 'number' &&
    Array.isArray(raw['references']) &&
    isRecord(raw['target']) &&
    isRecord(raw['target']['row'])
  )
}

async function readJson(path: string): Promise<unknown> {
  const text = await readIfThere(path)
  if (text === undefined) throw notAReport(`there is no ${path}`, path)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw notAReport(`${path} is not JSON`, path, error)
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

function notAReport(message: string, path: string, cause?: unknown): KfError {
  return new KfError('not_a_report', message, {
    params: { path },
    hint: 'name a folder that kf bench wrote, such as reports/2026-01-31-bench-kf-open',
    cause,
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
