import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, KfError } from '../../../core/errors.ts'
import { readResult } from '../read.ts'
import type { BenchResult } from '../stored.ts'
import type { ReportLanguage } from '../words.ts'
import { commonRows } from './compare.ts'

/** Why two sides cannot be compared, or only by force. */
export type Obstacle = { readonly [language in ReportLanguage]: string }

export type Runs = { readonly name: string; readonly results: readonly BenchResult[] }

/**
 * The runs under a path: a result.json (or what `--json` printed), a report's folder, or a folder of reports: then each of
 * them is a repeat. Throws `not_a_report`.
 */
export async function readRuns(path: string): Promise<Runs> {
  if (!(await isFolder(path))) return { name: path, results: [await readOne(path)] }
  const own = await readIfThere(join(path, 'result.json'))
  if (own !== undefined) return { name: path, results: [own] }
  const results: BenchResult[] = []
  for (const entry of (await readdir(path)).toSorted()) {
    const found = await readIfThere(join(path, entry, 'result.json'))
    if (found !== undefined) results.push(found)
  }
  if (results.length === 0) {
    throw new KfError('not_a_report', `there is no result.json in ${path}, nor in any folder below it`, {
      params: { path },
      hint: 'name a report of kf bench, its result.json, or a folder of reports',
    })
  }
  return { name: path, results }
}

/**
 * Refuses what cannot be compared: rows that are INVALID, other loads, other machines. With `force` the obstacles are
 * returned instead. Throws `measurement_invalid` and `not_comparable`.
 */
export function mustBeComparable(before: Runs, after: Runs, force: boolean): readonly Obstacle[] {
  const common = commonRows(before.results, after.results)
  if (common.length === 0) {
    throw new KfError('not_comparable', `${before.name} and ${after.name} have no row in common`, {
      hint: 'measure with the same --concurrency',
      params: { zh: `${before.name} 和 ${after.name} 没有相同的行；请用相同的 --concurrency 测量` },
    })
  }
  const invalid = [before, after].flatMap(({ name, results }) =>
    results.flatMap(({ rows }) =>
      rows
        .filter((row) => common.includes(row.concurrency) && !row.valid)
        .map((row) => ({
          en: `row ${row.concurrency} of ${name} is INVALID: ${row.invalid_reason ?? ''}`,
          zh: `${name} 的 ${row.concurrency} 行无效：${row.invalid_reason ?? ''}`,
        })),
    ),
  )
  const different = differences([...before.results, ...after.results])
  const obstacles = [...invalid, ...different]
  const [first] = obstacles
  if (force || first === undefined) return obstacles
  const others = obstacles.length - 1
  const more = others > 0 ? ` (and ${others} more)` : ''
  throw new KfError(invalid.length > 0 ? 'measurement_invalid' : 'not_comparable', `${first.en}${more}`, {
    hint: 'kf bench compare --force compares all the same',
    params: {
      zh: `${first.zh}${others > 0 ? `（另有 ${others} 处）` : ''}；kf bench compare --force 会仍然比较`,
    },
  })
}

const machineFields = ['cpu', 'cores', 'memory_bytes', 'kernel', 'disk'] as const

function differences(results: readonly BenchResult[]): readonly Obstacle[] {
  const facts: readonly (readonly [string, (result: BenchResult) => unknown])[] = [
    ['mode', (result) => result.mode],
    ['rate', (result) => result.rate],
    ['scenario', (result) => result.scenario],
    ['engine', (result) => result.engine],
    ...machineFields.map((field) => [field, (result: BenchResult) => result.machine[field]] as const),
  ]
  return facts.flatMap(([name, read]) => {
    const values = [...new Set(results.map((result) => text(read(result))))]
    if (values.length < 2) return []
    const zh = `各次运行的 ${name} 不同：${values.join(' 和 ')}`
    return [{ en: `the runs differ in ${name}: ${values.join(' and ')}`, zh }]
  })
}

function text(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function readOne(path: string): Promise<BenchResult> {
  const result = await readIfThere(path)
  if (result !== undefined) return result
  throw new KfError('not_a_report', `there is no ${path}`, {
    params: { path },
    hint: 'name a report of kf bench, its result.json, or a folder of reports',
  })
}

async function readIfThere(path: string): Promise<BenchResult | undefined> {
  let raw: unknown
  try {
    raw = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    if (!(error instanceof SyntaxError)) throw error
    throw new KfError('not_a_report', `${path} is not JSON`, {
      params: { path },
      hint: 'kf bench --json prints one object',
      cause: error,
    })
  }
  return readResult(raw, path)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
