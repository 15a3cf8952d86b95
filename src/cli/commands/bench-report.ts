import { Command } from 'commander'
import { deriveReport } from '../../chaos/report/derive.ts'
import { reportWords } from '../../chaos/report/words.ts'
import type { CommandContext } from './table.ts'

/** `kf bench report FOLDER`: makes table.txt, table.md and report.html again from the raw results, in the language asked for. */
export function benchReportCommand(context: CommandContext): Command {
  const { bench: texts } = context.texts
  return new Command('report')
    .summary(texts.report.summary)
    .description(texts.report.summary)
    .argument('<folder>', texts.report.folder)
    .action(async (folder: string) => {
      const language = texts.language === 'zh' ? 'zh' : 'en'
      await deriveReport(folder, language)
      context.state.out.write(`${reportWords[language].report}  ${folder}/report.html\n`)
    })
}
