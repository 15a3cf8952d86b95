import type { Language, Said } from '../../core/said.ts'
import { printable, snippet } from '../../core/snippet.ts'
import type { ConfigFiles, Problem } from './snapshot.ts'

const shownProblems = 50

/** `key: what; why; fix` */
export function sayProblem({ key, what, why, fix }: Problem, language: Language): string {
  const [colon, semicolon] = language === 'zh' ? ['：', '；'] : [': ', '; ']
  const sentences = [what, ...(why === undefined ? [] : [why]), fix].map((said: Said) => said[language])
  return printable(`${key === '' ? '' : `${key}${colon}`}${sentences.join(semicolon)}`)
}

/**
 * All problems as people read them: a line `file:line:column: key: what; why; fix` each, then the line of the file and carets below
 * what is meant. `shown` turns a file's name into what is written for it (`configs/server.toml`).
 */
export function renderProblems(
  problems: readonly Problem[],
  files: ConfigFiles,
  language: Language,
  shown: (file: string) => string = (file) => file,
): string {
  const lines = new Map<string, readonly string[]>()
  const lineOf = ({ file, line }: Problem): string => {
    const content = files[file]
    if (content === undefined) return ''
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content)
    const split = lines.get(file) ?? text.replace(/^\uFEFF/, '').split(/\r?\n/)
    lines.set(file, split)
    return split[line - 1] ?? ''
  }
  const parts = problems.slice(0, shownProblems).flatMap((problem) => {
    const { file, line, column, code } = problem
    const isFlag = file.startsWith('--')
    const where = isFlag ? file : `${printable(shown(file))}:${line}:${column}`
    // NOTE: a secret that stands in a file is not to stand on a screen, too.
    const caret = isFlag || code === 'secret_in_file' || code === 'unknown_file'
    return [`${where}: ${sayProblem(problem, language)}`, ...(caret ? [] : snippet(lineOf(problem), problem))]
  })
  const more = problems.length - shownProblems
  if (more > 0) parts.push({ en: `and ${more} more problems`, zh: `还有 ${more} 个问题` }[language])
  return parts.join('\n')
}
