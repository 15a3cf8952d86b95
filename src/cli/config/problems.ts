import { renderProblems } from '../../server/config/render.ts'
import type { ConfigFiles, Problem } from '../../server/config/snapshot.ts'
import type { CommandContext } from '../commands/table.ts'
import { exitCodes } from '../exit-codes.ts'
import { languageOf } from '../i18n/texts.ts'

/** All problems on stderr, or as JSON on stdout; the command fails. */
export function printProblems(
  problems: readonly Problem[],
  from: {
    readonly files: ConfigFiles
    readonly shown: (file: string) => string
    readonly json: boolean
    readonly end: (count: number) => string
  },
  { state, texts, exit }: CommandContext,
): void {
  exit.code = exitCodes.failed
  if (from.json) {
    state.out.write(`${JSON.stringify({ ok: false, problems })}\n`)
    return
  }
  const language = languageOf(texts.language, {})
  state.err.write(
    `${renderProblems(problems, from.files, language, from.shown)}\nkf: ${from.end(problems.length)}\n`,
  )
}
