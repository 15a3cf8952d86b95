import type { Said } from '../../core/said.ts'
import { didYouMean } from '../../core/suggest.ts'
import { definedKeys, fileTrees } from './keys.ts'
import { isSetting, type Setting, type Tree } from './setting.ts'
import { type ConfigFileName, configFileNames } from './snapshot.ts'

/** What to write instead of a key that does not exist in this table of this file. */
export function fixForKey(file: ConfigFileName, table: readonly string[], name: string): Said {
  const known = Object.keys(tableAt(file, table))
  const meant = didYouMean(name, known)
  if (meant !== undefined) return { en: `did you mean ${meant}?`, zh: `是否想写 ${meant}？` }
  const elsewhere = definedKeys()
    .filter((key) => key.key.split('.').includes(name))
    .toSorted((a, b) => Number(b.file === file) - Number(a.file === file))[0]
  if (elsewhere !== undefined) {
    const parts = elsewhere.key.split('.')
    const path = parts.slice(0, parts.indexOf(name) + 1)
    if (path.length === parts.length) return placeOf(file, elsewhere)
    const [of, de] = elsewhere.file === file ? ['', ''] : [` of ${elsewhere.file}`, ` ${elsewhere.file} 的`]
    return { en: `write it as [${path.join('.')}]${of}`, zh: `请写成${de} [${path.join('.')}]` }
  }
  return { en: `the keys here are ${known.join(', ')}`, zh: `这里可用的键是 ${known.join('、')}` }
}

/** Why some keys do not exist though one might look for them. */
export function whyNoKey(path: readonly string[]): Said | undefined {
  const table = path.slice(0, 2).join('.')
  if (table !== 'pipeline.parse' && table !== 'pipeline.route') return undefined
  return {
    en: "it works on a worker's own loop: its concurrency is workers, and it has no queue",
    zh: '它在 worker 自己的循环中运行：并发数即 workers，没有队列',
  }
}

/** What to do with a file that this version does not read. */
export function fixForFile(name: string): Said {
  const meant = didYouMean(name, configFileNames)
  if (meant !== undefined) return { en: `did you mean ${meant}?`, zh: `是否想写 ${meant}？` }
  return {
    en: `this version of kf knows the files ${configFileNames.join(', ')}: move it out of the folder`,
    zh: `此版本的 kf 认识的文件是 ${configFileNames.join('、')}：请将它移出该目录`,
  }
}

/** The setting at a path, and how many of the path's parts name it. */
export function settingAt(
  file: ConfigFileName,
  path: readonly (string | number)[],
): { readonly setting: Setting; readonly length: number } | undefined {
  let node: Setting | Tree | undefined = fileTrees[file]
  for (const [index, part] of path.entries()) {
    if (node === undefined || isSetting(node)) break
    node = Object.hasOwn(node, part) ? node[part] : undefined
    if (node !== undefined && isSetting(node)) return { setting: node, length: index + 1 }
  }
  return undefined
}

function tableAt(file: ConfigFileName, table: readonly string[]): Tree {
  let node: Tree = fileTrees[file]
  for (const part of table) {
    const next: Setting | Tree | undefined = Object.hasOwn(node, part) ? node[part] : undefined
    if (next === undefined || isSetting(next)) return {}
    node = next
  }
  return node
}

function placeOf(file: ConfigFileName, key: { readonly file: ConfigFileName; readonly key: string }): Said {
  const table = key.key.split('.').slice(0, -1).join('.')
  const where = table === '' ? 'above the first table' : `into [${table}]`
  const wo = table === '' ? '第一个表之前' : ` [${table}] 中`
  return key.file === file
    ? { en: `write it ${where}`, zh: `请写在${wo}` }
    : { en: `write it ${where} of ${key.file}`, zh: `请写在 ${key.file} 的${wo}` }
}
