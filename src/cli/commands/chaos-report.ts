import { join } from 'node:path'
import { Command } from 'commander'
import { finalLines } from '../../chaos/report/experiment/final.ts'
import { deriveExperiment, pageFile } from '../../chaos/report/experiment/stored.ts'
import { experimentWords } from '../../chaos/report/experiment/words.ts'
import { languageOf } from '../i18n/texts.ts'
import type { CommandContext } from './table.ts'

/** `kf chaos report FOLDER`: makes report.md and index.html again from the raw results, in the language asked for. */
export function chaosReportCommand(context: CommandContext): Command {
  const { report: texts, run } = context.texts.chaos
  return new Command('report')
    .summary(texts.summary)
    .description(texts.summary)
    .argument('<folder>', texts.folder)
    .option('--verbose', run.verbose)
    .action((folder: string, flags: { readonly verbose?: boolean }) => report(folder, flags, context))
}

async function report(
  folder: string,
  flags: { readonly verbose?: boolean },
  { state, texts }: CommandContext,
): Promise<void> {
  const language = languageOf(texts.language, {})
  const { result, facts } = await deriveExperiment(folder, language)
  const lines = finalLines(result, facts, experimentWords[language], {
    width: state.out.isTerminal ? state.out.columns : 110,
    verbose: flags.verbose === true,
    report: join(folder, pageFile),
  })
  state.out.write(`${lines.join('\n')}\n`)
}
