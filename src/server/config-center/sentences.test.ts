import { describe, expect, test } from 'vitest'
import { centreText, sentenceZh } from '../../cli/i18n/config-sentences.ts'
import { readSentence, type SentenceName, say, sentences } from './sentences.ts'

const names = Object.keys(sentences) as SentenceName[]
const places = (text: string): readonly string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')

const example: Readonly<Record<string, string>> = { process: 'worker 1', state: 'waiting' }
const valuesOf = (name: SentenceName): Readonly<Record<string, string>> =>
  Object.fromEntries(
    places(sentences[name]).map((place, n) => [
      place,
      example[place] ?? (/process|state/.test(place) ? '' : `${n + 7}`),
    ]),
  )

describe('a sentence of the centre', () => {
  test.each(names)('%s is found again in what was said, with its values', (name) => {
    expect(readSentence(say(name, valuesOf(name)))).toMatchObject({ values: valuesOf(name) })
    expect(sentences[readSentence(say(name, valuesOf(name)))?.name ?? name]).toBe(sentences[name])
  })

  test.each(names)('%s has the same values in Chinese, and no English words', (name) => {
    const asked: string[] = []
    const said = sentenceZh(name, (place) => {
      asked.push(place)
      return example[place] ?? ''
    })
    expect(asked.toSorted()).toEqual(places(sentences[name]).toSorted())
    expect(said).toMatch(/[\u4e00-\u9fff]/)
  })
})

test('a sentence within a sentence is translated, too', () => {
  const reason = say('readiness', { reason: say('state', { process: 'worker 0', state: 'waiting' }) })
  expect(centreText(say('taken_back', { revision: 3, to: 2, reason }), 'zh')).toBe(
    '版本 3 被撤回到 2：就绪检查失败：工作进程 0：等待重新启动',
  )
  const reasons = [say('process_late', { process: 'writer', ms: 5_000 }), 'no room left'].join('; ')
  expect(centreText(say('not_prepared', { reasons }), 'zh')).toBe(
    '没有任何改变：写入进程 在 5000 毫秒内没有应答；no room left',
  )
})

test('what a person wrote stays as it is', () => {
  for (const text of ['the sale is on', 'the worker is tired', 'more: for the sale', '']) {
    expect(centreText(text, 'zh')).toBe(text)
  }
  expect(centreText(say('first_start'), 'en')).toBe('the first start')
})
