import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, KfError } from '../../../core/errors.ts'
import type { ExperimentResult } from '../../experiment/result.ts'
import type { ReportLanguage } from '../words.ts'
import { historyFile } from './evidence.ts'
import { factsOf, type HistoryFacts } from './facts.ts'
import { experimentMarkdown } from './markdown.ts'
import { experimentPage } from './page.ts'

export const resultFile = 'result.json'
export const pageFile = 'index.html'

/** Writes `result.json` into a folder that has the history already (or will not), then derives the pages from the files alone. */
export async function writeExperiment(
  folder: string,
  result: ExperimentResult,
  language: ReportLanguage,
): Promise<HistoryFacts> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, resultFile), `${JSON.stringify(result, null, 2)}\n`)
  return (await deriveExperiment(folder, language)).facts
}

/** Writes `report.md` and `index.html` from `result.json` and `history.jsonl`: the same facts give the same bytes. Throws `not_a_chaos_report`. */
export async function deriveExperiment(
  folder: string,
  language: ReportLanguage,
): Promise<{ readonly result: ExperimentResult; readonly facts: HistoryFacts }> {
  const result = await readExperiment(folder)
  const facts = await factsOf(join(folder, historyFile), result.verdicts)
  await writeFile(join(folder, 'report.md'), experimentMarkdown(result, facts, language))
  await writeFile(join(folder, pageFile), experimentPage(result, facts, language, folder))
  return { result, facts }
}

/** Reads `result.json` of a folder. Throws `not_a_chaos_report`, with what is wrong. */
export async function readExperiment(folder: string): Promise<ExperimentResult> {
  const path = join(folder, resultFile)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error
    throw notAReport(`there is no ${path}`, path, error)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw notAReport(`${path} is not JSON`, path, error)
  }
  if (!fits(value)) throw notAReport(`${path} is not what kf chaos run writes`, path)
  return value
}

const lists = ['reasons', 'phases', 'probes', 'faults', 'verdicts', 'leftFaults', 'series'] as const

function fits(value: unknown): value is ExperimentResult {
  if (!isRecord(value) || value['version'] !== 1) return false
  const { experiment, timeline, counts } = value
  if (!isRecord(experiment) || !isRecord(timeline) || !isRecord(counts)) return false
  return (
    typeof experiment['name'] === 'string' &&
    isRecord(experiment['workload']) &&
    isRecord(experiment['checks']) &&
    Array.isArray(experiment['probes']) &&
    typeof timeline['endsMs'] === 'number' &&
    typeof value['command'] === 'string' &&
    lists.every((name) => Array.isArray(value[name]))
  )
}

function notAReport(message: string, path: string, cause?: unknown): KfError {
  return new KfError('not_a_chaos_report', message, {
    params: { path },
    hint: 'name a folder that kf chaos run wrote, such as reports/2026-01-31-chaos-partition',
    cause,
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
