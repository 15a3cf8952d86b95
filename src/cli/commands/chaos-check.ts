import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { createChecker } from '../../chaos/check/checker.ts'
import { readHistory } from '../../chaos/check/history-reader.ts'
import { type CheckOptions, type Invariant, invariants, type Verdict } from '../../chaos/check/verdict.ts'
import { factsOf } from '../../chaos/report/experiment/facts.ts'
import { verdictLines } from '../../chaos/report/experiment/marked.ts'
import { readExperiment, resultFile } from '../../chaos/report/experiment/stored.ts'
import { experimentWords } from '../../chaos/report/experiment/words.ts'
import { exitCodes } from '../exit-codes.ts'
import { languageOf } from '../i18n/texts.ts'
import type { CommandContext } from './table.ts'

type Bounds = CheckOptions & { readonly invariants: readonly Invariant[] }

/** What is asked of a history that stands alone. */
const strict: Bounds = {
  invariants,
  resetsAllowed: 0,
  convergeWithinMs: 15_000,
  maxRssGrowthBytes: 256 * 1024 * 1024,
  minimum: { acks: 1, retries: 0, resumes: 0 },
}

/** `kf chaos check HISTORY`: judges a recorded history, of whichever run. */
export function chaosCheckCommand(context: CommandContext): Command {
  const { check: texts } = context.texts.chaos
  return new Command('check')
    .summary(texts.summary)
    .description(texts.description)
    .argument('<history>', texts.history)
    .option('--json', texts.json)
    .action((history: string, flags: { readonly json?: boolean }) =>
      check(history, flags.json === true, context),
    )
}

async function check(history: string, json: boolean, { state, texts, exit }: CommandContext): Promise<void> {
  const path = resolve(state.cwd, history)
  const bounds = await boundsBeside(path)
  const checker = createChecker(bounds)
  await readHistory(path, checker.add)
  const verdicts = checker.end().filter(({ invariant }) => bounds.invariants.includes(invariant))
  exit.code = codeOf(verdicts)
  if (json) {
    state.out.write(`${JSON.stringify(verdicts, null, 2)}\n`)
    return
  }
  const words = experimentWords[languageOf(texts.language, {})]
  const width = state.out.isTerminal ? state.out.columns : 110
  const lines = verdictLines(verdicts, await factsOf(path, verdicts), words, width)
  state.out.write(`${lines.join('\n')}\n`)
}

async function boundsBeside(path: string): Promise<Bounds> {
  const folder = dirname(path)
  if (!existsSync(join(folder, resultFile))) return strict
  return (await readExperiment(folder)).experiment.checks
}

function codeOf(verdicts: readonly Verdict[]): number {
  if (verdicts.some(({ status }) => status === 'fail')) return exitCodes.violated
  return verdicts.every(({ status }) => status === 'pass') ? exitCodes.done : exitCodes.invalid
}
