import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compare } from '../../chaos/report/compare/compare.ts'
import { mustBeComparable, type Runs, readRuns } from '../../chaos/report/compare/runs.ts'
import { comparisonLines } from '../../chaos/report/compare/text.ts'
import { reportFolder } from '../../chaos/report/write.ts'
import { KfError } from '../../core/errors.ts'
import { errorLines } from '../errors.ts'
import { exitCodeOf, exitCodes } from '../exit-codes.ts'
import { type BenchFlags, readWhole } from './bench-flags.ts'
import type { CommandContext } from './table.ts'

/**
 * Runs `once` as often as `--repeat` says, each run with a report of its own below one folder, which is what `kf bench compare`
 * takes as one side. A run that is interrupted is the last one. Exits with the gravest of all.
 */
export async function repeated(
  flags: BenchFlags,
  context: CommandContext,
  once: (flags: BenchFlags) => Promise<void>,
): Promise<void> {
  const times = readWhole('--repeat', flags.repeat, 1, 100) ?? 1
  // What cannot be read is said before the first run, not after the last.
  if (flags.baseline !== undefined) await readRuns(flags.baseline)
  if (times === 1) {
    await once(flags)
    return
  }
  const { baseline, ...rest } = flags
  const out = reportFolder(flags.out, new Date(), `bench-x${times}`)
  const codes: number[] = []
  while (codes.length < times && codes.at(-1) !== exitCodes.interrupted) {
    context.state.err.write(`kf bench ${codes.length + 1}/${times}\n`)
    context.exit.code = exitCodes.done
    await once({ ...rest, out })
    codes.push(context.exit.code)
  }
  const code = gravest(codes)
  context.exit.code =
    baseline === undefined || code === exitCodes.interrupted
      ? code
      : await againstBaseline(baseline, await readRuns(out), code, flags, context)
}

/**
 * Compares what was measured just now with what was stored, shows it, and keeps it as `comparison.json` in the folder of the
 * runs. Returns 5 where something got worse, else `code`; where the two cannot be compared, it says why and returns that code.
 */
export async function againstBaseline(
  baseline: string,
  after: Runs,
  code: number,
  flags: Pick<BenchFlags, 'json'>,
  { state, texts }: CommandContext,
): Promise<number> {
  const before = await readRuns(baseline)
  try {
    mustBeComparable(before, after, false)
  } catch (error) {
    if (!(error instanceof KfError)) throw error
    state.err.write(errorLines(error, texts, false))
    return code === exitCodes.done ? exitCodeOf(error) : code
  }
  const comparison = compare(before, after, { tolerance: undefined, forced: [] })
  await writeFile(join(after.name, 'comparison.json'), `${JSON.stringify(comparison, null, 2)}\n`)
  const language = texts.bench.language === 'zh' ? 'zh' : 'en'
  const write = flags.json === true ? state.err.write : state.out.write
  write(`\n${comparisonLines(comparison, language).join('\n')}\n`)
  return comparison.worse && code === exitCodes.done ? exitCodes.violated : code
}

function gravest(codes: readonly number[]): number {
  const order = [exitCodes.interrupted, exitCodes.violated, exitCodes.invalid, exitCodes.failed]
  return order.find((code) => codes.includes(code)) ?? exitCodes.done
}
