import { readdir, readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { codeOf, messageOf } from '../../core/errors.ts'
import { didYouMean } from '../../core/suggest.ts'
import { fileError, type Said } from './problem.ts'

/** The largest shipped scenario has 3 KiB. */
export const mostBytes = 64 * 1024

/** What to do about a file that is not there, and about one that is empty. */
export type Hints = { readonly absent: Said; readonly start: Said }

/** The bytes of a scenario; `shown` is how errors name the file. Throws `bad_scenario`. */
export async function readScenarioFile(path: string, shown: string, hints: Hints): Promise<Uint8Array> {
  try {
    // Looked at before it is opened: opening a pipe waits for a writer, and a device may never end.
    const status = await stat(path)
    if (!status.isFile()) throw notAFile(shown)
    if (status.size > mostBytes) throw tooLarge(shown)
    return await readFile(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'bad_scenario') throw error
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw fileError(
        { en: `${shown}: there is no such file`, zh: `${shown}：没有这个文件` },
        hints.absent,
        error,
      )
    const why = messageOf(error)
    throw fileError(
      { en: `${shown}: cannot be read (${why})`, zh: `${shown}：无法读取（${why}）` },
      { en: 'make it readable for the current user', zh: '请让当前用户可读' },
      error,
    )
  }
}

/** The text of bytes in UTF-8, within bounds and with something in it. Throws `bad_scenario`. */
export function textOf(content: string | Uint8Array, file: string, hints: Hints): string {
  const text = typeof content === 'string' ? content : decoded(content, file)
  if (Buffer.byteLength(text) > mostBytes) throw tooLarge(file)
  if (isBlank(text)) throw fileError({ en: `${file}: is empty`, zh: `${file}：是空的` }, hints.start)
  return text
}

/** `support-chat` of `scenarios/support-chat.yml`. */
export function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/i, '')
}

/** What is in a folder by name, sorted; nothing where there is no such folder. */
export async function scenarioNames(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder).catch(() => [])
  return files
    .filter((file) => /\.ya?ml$/.test(file))
    .map(nameOf)
    .toSorted()
}

/** `bad_scenario` for a name that is none of the `known` ones. */
export function noSuchScenario(named: string, known: readonly string[]) {
  const shown = named === '' ? '""' : named
  const meant = didYouMean(named, known)
  return fileError(
    { en: `${shown}: there is no such scenario`, zh: `${shown}：没有这个场景` },
    meant === undefined
      ? {
          en: `the shipped ones are ${known.join(', ')}; a file of yours ends in .yml`,
          zh: `自带的有 ${known.join('、')}；自己的文件以 .yml 结尾`,
        }
      : { en: `did you mean ${meant}?`, zh: `是否想写 ${meant}？` },
  )
}

function decoded(bytes: Uint8Array, file: string): string {
  try {
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Not UTF-8: said below.
  }
  throw fileError(
    { en: `${file}: is not text in UTF-8`, zh: `${file}：不是 UTF-8 文本` },
    { en: 'name a scenario, a YAML file', zh: '请指定场景文件（YAML）' },
  )
}

function notAFile(file: string) {
  return fileError(
    { en: `${file}: is not a file`, zh: `${file}：不是文件` },
    { en: 'name a scenario, a YAML file', zh: '请指定场景文件（YAML）' },
  )
}

function tooLarge(file: string) {
  return fileError(
    { en: `${file}: is larger than ${mostBytes} bytes`, zh: `${file}：超过 ${mostBytes} 字节` },
    { en: 'a scenario is a few hundred: is it the right file?', zh: '场景只有几百字节：文件对吗？' },
  )
}

function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\uFEFF?\s*(?:#.*)?$/.test(line))
}
