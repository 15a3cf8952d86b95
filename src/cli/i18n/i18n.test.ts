import { describe, expect, it } from 'vitest'
import { en } from './en.ts'
import { languageOf } from './texts.ts'
import { zh } from './zh.ts'

/** Path and kind of every leaf; errors by code are Chinese only, since errors speak English themselves. */
function shape(node: unknown, path = ''): string[] {
  if (path === '.errors.byCode') return []
  if (typeof node === 'function') return [`${path}(${node.length})`]
  if (typeof node !== 'object' || node === null) return [path]
  return Object.entries(node).flatMap(([key, value]) => shape(value, `${path}.${key}`))
}

function texts(node: unknown): string[] {
  if (typeof node === 'string') return [node]
  if (typeof node !== 'object' || node === null) return []
  return Object.values(node).flatMap(texts)
}

describe('the dictionaries', () => {
  it('have the same keys, and functions of as many arguments', () => {
    expect(shape(zh)).toEqual(shape(en))
  })

  it('have no empty text', () => {
    expect([...texts(en), ...texts(zh)].filter((text) => text.trim() === '')).toEqual([])
  })
})

describe('the language', () => {
  it.each([
    [undefined, {}, 'en'],
    [undefined, { LANG: 'zh_CN.UTF-8' }, 'zh'],
    [undefined, { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'en'],
    [undefined, { LC_MESSAGES: 'zh_TW', LANG: 'de_DE' }, 'zh'],
    ['zh-CN', { LANG: 'en_US' }, 'zh'],
    ['en', { LANG: 'zh_CN' }, 'en'],
  ] as const)('asked %o under %o is %s', (asked, env, language) => {
    expect(languageOf(asked, env)).toBe(language)
  })
})
