import { describe, expect, test } from 'vitest'
import { splitLinks } from './links.ts'

describe('links in a message', () => {
  test('a text without an address is one plain part', () => {
    expect(splitLinks('你好, is my parcel there?')).toEqual([{ text: '你好, is my parcel there?' }])
  })

  test.each([
    ['看https://example.com/a，谢谢', 'https://example.com/a'],
    ['看https://example.com/a。', 'https://example.com/a'],
    ['https://example.com/a（新的）', 'https://example.com/a'],
    ['https://example.com/a这个', 'https://example.com/a'],
    ['see https://example.com/a.', 'https://example.com/a'],
    ['(see https://example.com/a)', 'https://example.com/a'],
    ['https://example.com/wiki/Tea_(drink) is it', 'https://example.com/wiki/Tea_(drink)'],
    ['“https://example.com/a”', 'https://example.com/a'],
    ['https://example.com/a?b=1&c=2#d!', 'https://example.com/a?b=1&c=2#d'],
  ])('in %j the link is %j', (text, link) => {
    expect(splitLinks(text).filter((part) => part.href !== undefined)).toEqual([
      { text: link, href: new URL(link).href },
    ])
  })

  test('www without a scheme links to https', () => {
    expect(splitLinks('www.example.com')).toEqual([
      { text: 'www.example.com', href: 'https://www.example.com/' },
    ])
  })

  test('the parts together are the text, to the character', () => {
    const text = 'a https://example.com/x，\nb www.example.org. javascript:alert(1) http://'
    expect(
      splitLinks(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
  })

  test.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'me@www.example', 'http://'])(
    '%j is no link',
    (text) => {
      expect(splitLinks(text)).toEqual([{ text }])
    },
  )
})
