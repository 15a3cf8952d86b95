import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { initFile } from '../../server/config/init.ts'
import { configFileNames } from '../../server/config/snapshot.ts'
import { openFolder, shownPath } from '../config/folder.ts'
import { printProblems } from '../config/problems.ts'
import { languageOf } from '../i18n/texts.ts'
import type { CommandContext } from './table.ts'

/** `kf config init`: never writes over a file. Throws `config_write`. */
export function init({ dir }: { readonly dir: string }, { state, texts }: CommandContext): void {
  const folder = resolve(state.cwd, dir)
  const language = languageOf(texts.language, {})
  for (const name of configFileNames) {
    const path = join(folder, name)
    const shown = shownPath(path, state.cwd)
    const isNew = writeNew(folder, path, initFile(name, language), shown)
    state.out.write(`${isNew ? texts.config.wrote(shown) : texts.config.kept(shown)}\n`)
  }
  state.out.write(`${texts.config.initNext}\n`)
}

/** `kf config validate`: all problems of a folder, or that there are none. */
export async function validate(
  dir: string | undefined,
  { json = false }: { readonly json?: boolean },
  context: CommandContext,
): Promise<void> {
  const { state, texts } = context
  const { files, parsed, path, shown } = await openFolder(dir, state.cwd)
  if (!parsed.ok) {
    printProblems(parsed.problems, { files, shown, json, end: texts.config.invalid }, context)
    return
  }
  const names = Object.keys(files)
  state.out.write(
    json
      ? `${JSON.stringify({ ok: true, problems: [] })}\n`
      : `${texts.config.valid(names.length, shownPath(path, state.cwd))}\n`,
  )
}

function writeNew(folder: string, path: string, text: string, shown: string): boolean {
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new KfError('config_write', `${shown}: cannot be written (${codeOf(error) ?? messageOf(error)})`, {
      hint: 'name a folder that this user may write with --dir',
      params: { path: shown, reason: codeOf(error) ?? messageOf(error) },
      cause: error,
    })
  }
}
