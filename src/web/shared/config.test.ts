import { describe, expect, test } from 'vitest'
import { parseConfig } from './config.ts'

describe('the page’s configuration', () => {
  test('without a base, the API lives in the page’s own folder', () => {
    expect(parseConfig({ site: 'k1' }, 'https://shop.example/help/?lang=en')).toEqual({
      site: 'k1',
      base: 'https://shop.example/help/',
    })
  })

  test('the answer of api/v1/site reads alike', () => {
    const answer = { site: { key: 'k1', name: 'Tea' }, lang: 'en' }
    expect(parseConfig(answer, 'https://shop.example/')).toEqual({
      site: 'k1',
      base: 'https://shop.example/',
      lang: 'en',
    })
  })

  test('a path prefix ends in a slash, whether written or not', () => {
    expect(
      parseConfig({ site: 'k1', base: '/help', lang: 'zh-CN' }, 'https://shop.example/help/agent'),
    ).toEqual({
      site: 'k1',
      base: 'https://shop.example/help/',
      lang: 'zh-CN',
    })
  })

  test.each([{}, { site: '' }, { site: 5 }, null, 'k1'])('%j is refused', (value) => {
    expect(() => parseConfig(value, 'https://shop.example/')).toThrow(
      'kf-config: site: expected the key of a site',
    )
  })
})
