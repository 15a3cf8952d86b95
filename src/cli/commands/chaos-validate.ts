import { Command } from 'commander'
import { checkExperiment, readExperimentFile } from '../../chaos/experiment/load.ts'
import { placeOfExperiment } from '../../chaos/experiment/shipped.ts'
import { type Problem, problemsError } from '../../chaos/yaml/problem.ts'
import { KfError } from '../../core/errors.ts'
import { errorLines } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { scenarioArgument } from './chaos-scenario.ts'
import type { CommandContext } from './table.ts'

/** `kf chaos validate FILE…`: everything that is wrong with each of them; exits 1 where something is. */
export function chaosValidateCommand(context: CommandContext): Command {
  const { validate: texts, json } = context.texts.chaosScenarios
  return new Command('validate')
    .summary(texts.summary)
    .description(texts.summary)
    .addArgument(scenarioArgument('<scenarios...>', context))
    .option('--json', json)
    .action((named: readonly string[], flags: { readonly json?: boolean }) =>
      validate(named, flags.json === true, context),
    )
}

type Outcome = { readonly file: string; readonly faults: number; readonly error?: KfError } & {
  readonly problems: readonly Problem[]
}

async function validate(named: readonly string[], json: boolean, context: CommandContext): Promise<void> {
  const { state, texts, exit } = context
  const outcomes: Outcome[] = []
  for (const name of named) outcomes.push(await outcomeOf(name, state.cwd))
  const bad = outcomes.filter(({ error }) => error !== undefined).length
  if (bad > 0) exit.code = exitCodes.failed
  if (json) {
    state.out.write(`${JSON.stringify(outcomes.map(jsonOf), null, 2)}\n`)
    return
  }
  for (const { file, faults, error } of outcomes) {
    if (error === undefined) state.out.write(`${texts.chaosScenarios.validate.valid(file, faults)}\n`)
    else state.err.write(errorLines(error, texts, state.env['KF_DEBUG'] === '1'))
  }
  if (bad > 0 && outcomes.length > 1)
    state.err.write(`kf: ${texts.chaosScenarios.validate.invalid(bad, outcomes.length)}\n`)
}

async function outcomeOf(named: string, cwd: string): Promise<Outcome> {
  let file = named
  try {
    const { path, shown } = await placeOfExperiment(named, cwd)
    file = shown
    const read = checkExperiment(await readExperimentFile(path, shown), shown)
    if (read.ok) {
      const { method, random } = read.experiment
      return { file, faults: method.length + (random?.choices.length ?? 0), problems: [] }
    }
    return { file, faults: 0, problems: read.problems, error: problemsError(file, read.text, read.problems) }
  } catch (error) {
    if (!(error instanceof KfError)) throw error
    return { file, faults: 0, problems: [], error }
  }
}

function jsonOf({ file, error, problems }: Outcome) {
  return {
    file,
    ok: error === undefined,
    ...(error === undefined ? {} : { error: error.message }),
    problems: problems.map(({ place, said }) => ({ ...place, message: said.en, zh: said.zh })),
  }
}
