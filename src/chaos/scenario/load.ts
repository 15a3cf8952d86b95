import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { codeOf, messageOf } from '../../core/errors.ts'
import { fileError, type Problem, problemsError, type Said } from '../yaml/problem.ts'
import { readYaml } from '../yaml/yaml-text.ts'
import { schemaProblems } from './issues.ts'
import { resolve } from './resolve.ts'
import type { Scenario } from './scenario.ts'
import { scenarioSchema } from './schema.ts'
import { togetherProblems } from './together.ts'

/** The largest shipped scenario has 2 KiB. */
export const mostBytes = 64 * 1024

/**
 * Reads a scenario. `shown` is how errors name the file. Throws `bad_scenario`: every problem at once, each with its place,
 * bound and fix; `params.zh` has the same in Chinese.
 */
export async function loadScenario(path: string, shown: string = path): Promise<Scenario> {
  return parseScenario(await bytesOf(path, shown), shown)
}

/** The same for a text already read; `file` names it, in errors and, without folder and ending, in reports. */
export function parseScenario(content: string | Uint8Array, file: string): Scenario {
  const text = typeof content === 'string' ? content : decoded(content, file)
  if (Buffer.byteLength(text) > mostBytes) throw tooLarge(file)
  if (isBlank(text)) throw fileError({ en: `${file}: is empty`, zh: `${file}：是空的` }, start)
  const yaml = readYaml(text)
  const problems: Problem[] = [...yaml.problems]
  if (yaml.problems.length === 0 || yaml.value !== undefined) {
    problems.push(...schemaProblems(yaml), ...togetherProblems(yaml))
  }
  if (problems.length > 0) throw problemsError(file, text, problems)
  return resolve(scenarioSchema.parse(yaml.value), nameOf(file))
}

/** `support-chat` of `scenarios/support-chat.yml`. */
export function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/i, '')
}

const start: Said = {
  en: 'begin with a shipped one: kf bench --list',
  zh: '可以从自带场景开始：kf bench --list',
}

async function bytesOf(path: string, shown: string): Promise<Uint8Array> {
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
        { en: 'kf bench --list shows the shipped scenarios', zh: 'kf bench --list 列出自带场景' },
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
