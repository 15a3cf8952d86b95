import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { compare } from '../../chaos/report/compare/compare.ts'
import { comparisonPage } from '../../chaos/report/compare/page.ts'
import { mustBeComparable, readRuns } from '../../chaos/report/compare/runs.ts'
import { comparisonLines } from '../../chaos/report/compare/text.ts'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { CommandContext } from './table.ts'

type CompareFlags = {
  readonly tolerance?: string
  readonly force?: boolean
  readonly html?: string
  readonly json?: boolean
}

/** `kf bench compare BEFORE AFTER`: exits 0 where nothing is worse beyond its bound, 5 where something is. */
export function benchCompareCommand(context: CommandContext): Command {
  const { compare: texts } = context.texts.bench
  return new Command('compare')
    .summary(texts.summary)
    .description(texts.description)
    .argument('<before>', texts.side)
    .argument('<after>', texts.side)
    .option('--tolerance <percent>', texts.tolerance)
    .option('--force', texts.force)
    .option('--html <file>', texts.html)
    .option('--json', texts.json)
    .action((before: string, after: string, flags: CompareFlags) => run(before, after, flags, context))
}

async function run(
  beforePath: string,
  afterPath: string,
  flags: CompareFlags,
  { state, texts, exit }: CommandContext,
): Promise<void> {
  const tolerance = flags.tolerance === undefined ? undefined : readTolerance(flags.tolerance)
  const [before, after] = [await readRuns(beforePath), await readRuns(afterPath)]
  const language = texts.bench.language === 'zh' ? 'zh' : 'en'
  const obstacles = mustBeComparable(before, after, flags.force === true)
  const forced = obstacles.map((obstacle) => obstacle[language])
  const comparison = compare(before, after, { tolerance, forced })
  if (flags.html !== undefined)
    await writePage(resolve(state.cwd, flags.html), comparisonPage(comparison, language))
  state.out.write(
    flags.json === true
      ? `${JSON.stringify(comparison, null, 2)}\n`
      : `${comparisonLines(comparison, language).join('\n')}\n`,
  )
  if (comparison.worse) exit.code = exitCodes.violated
}

async function writePage(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page)
  } catch (error) {
    const reason = codeOf(error) ?? messageOf(error)
    throw new KfError('page_unwritten', `${path} cannot be written (${reason})`, {
      cause: error,
      hint: 'give --html a file in a folder that is there and yours to write in',
      params: { path, reason },
    })
  }
}

function readTolerance(text: string): number {
  const percent = text.trim() === '' ? Number.NaN : Number(text.replace(/\s*%$/, ''))
  if (Number.isFinite(percent) && percent >= 0 && percent <= 1_000) return percent / 100
  throw new KfError('usage', `--tolerance ${text}: a number from 0 to 1000 is needed, in percent`, {
    hint: '--tolerance 10',
  })
}
