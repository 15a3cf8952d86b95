import { Command } from 'commander'
import { explainExperiment, needsOf } from '../../chaos/experiment/explain.ts'
import { planTimeline } from '../../chaos/experiment/plan.ts'
import { findExperiment } from '../../chaos/experiment/shipped.ts'
import { faultKinds } from '../../chaos/fault/kinds.ts'
import { languageOf } from '../i18n/texts.ts'
import { readSeed, scenarioArgument, withFor } from './chaos-scenario.ts'
import type { CommandContext } from './table.ts'

type ExplainFlags = { readonly seed?: string; readonly for?: string; readonly json?: boolean }

const widest = 110

/** `kf chaos explain FILE|NAME`: what will happen, in words and as a picture. Runs nothing. */
export function chaosExplainCommand(context: CommandContext): Command {
  const { explain: texts, json } = context.texts.chaosScenarios
  return new Command('explain')
    .summary(texts.summary)
    .description(texts.summary)
    .addArgument(scenarioArgument('<scenario>', context))
    .option('--seed <n>', texts.seed)
    .option('--for <time>', texts.for)
    .option('--json', json)
    .action((named: string, flags: ExplainFlags) => explain(named, flags, context))
}

async function explain(named: string, flags: ExplainFlags, { state, texts }: CommandContext): Promise<void> {
  const experiment = withFor(await findExperiment(named, state.cwd), flags.for)
  const seed = flags.seed === undefined ? experiment.seed : readSeed(flags.seed)
  if (flags.json === true) {
    const timeline = planTimeline(experiment, faultKinds, seed)
    const needs = needsOf(timeline, faultKinds)
    state.out.write(`${JSON.stringify({ seed, needs, experiment, timeline }, null, 2)}\n`)
    return
  }
  const language = languageOf(texts.language, {})
  const columns = Math.min(state.out.columns, widest)
  state.out.write(explainExperiment(experiment, faultKinds, seed, language, columns))
}
