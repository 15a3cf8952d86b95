import { describe, expect, test } from 'vitest'
import { en } from './en.ts'
import { chooseLanguage, errorText, translator } from './i18n.ts'
import { zhCn } from './zh-cn.ts'

const places = (text: string): readonly string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()

describe('the dictionaries', () => {
  test('both have the same keys, in the same order', () => {
    expect(Object.keys(zhCn)).toEqual(Object.keys(en))
  })

  test.each(Object.keys(en) as (keyof typeof en)[])(
    '%s is filled in both, with the same values in its places',
    (key) => {
      expect(en[key].trim()).not.toBe('')
      expect(zhCn[key].trim()).not.toBe('')
      expect(places(zhCn[key])).toEqual(places(en[key]))
    },
  )
})

describe('the language of a page', () => {
  test('the address wins over the configuration, the configuration over the browser', () => {
    expect(chooseLanguage('?lang=en', 'zh-CN', ['zh-CN'])).toBe('en')
    expect(chooseLanguage('', 'zh-CN', ['en-GB'])).toBe('zh-CN')
    expect(chooseLanguage('', undefined, ['fr', 'zh-TW', 'en'])).toBe('zh-CN')
  })

  test('an unknown wish is passed over', () => {
    expect(chooseLanguage('?lang=fr', 'de', ['ja', 'en-US'])).toBe('en')
    expect(chooseLanguage('', undefined, [])).toBe('en')
  })
})

describe('texts', () => {
  test('values take their places', () => {
    expect(translator('zh-CN')('chat.queue_eta', { n: 3, minutes: 2 })).toBe(
      '您排在第 3 位，大约还需 2 分钟。',
    )
    expect(translator('en')('event.assigned', { name: '{name}' })).toBe('{name} joined')
  })

  test('an error code without a text of its own shows the server’s message', () => {
    const t = translator('en')
    expect(errorText(t, 'stale_epoch', 'x')).toBe('The conversation has changed hands since.')
    expect(errorText(t, 'id_conflict', 'this id was used')).toBe('Refused: this id was used')
    expect(errorText(t, '__proto__', 'no')).toBe('Refused: no')
  })
})
