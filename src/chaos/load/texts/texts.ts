import { readFileSync } from 'node:fs'

// NOTE: each address stands alone: the build finds no file in one that is put together.
const lists = {
  en: new URL('./banking77.txt', import.meta.url),
  zh: new URL('./zh.txt', import.meta.url),
}

/** What visitors write: customers' real utterances (BANKING77, see NOTICE) with a Chinese one after every fourth. */
export function visitorTexts(): readonly string[] {
  const english = linesOf(lists.en)
  const chinese = linesOf(lists.zh)
  const mixed: string[] = []
  for (const [i, text] of english.entries()) {
    mixed.push(text)
    if (i % 4 === 3) mixed.push(chinese[(i >> 2) % chinese.length] ?? text)
  }
  return mixed
}

/** The utterances of one language, or the mixture that visitors write by default. */
export function textsOf(list: 'mixed' | 'en' | 'zh'): readonly string[] {
  if (list === 'mixed') return visitorTexts()
  return linesOf(lists[list])
}

/** What agents answer. */
export function agentTexts(): readonly string[] {
  return linesOf(new URL('./answers.txt', import.meta.url))
}

function linesOf(file: URL): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
