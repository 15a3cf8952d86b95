import { expect, test } from 'vitest'
import { isOriginAllowed, isSameOrigin } from './origin.ts'

const at = { host: 'chat.example.com', publicUrl: undefined }
const closed = { origins: [] }

test('a request without an Origin is no page: the token decides', () => {
  expect(isOriginAllowed(undefined, closed, at)).toBe(true)
})

test('our own pages may, by host and port, or by the public URL', () => {
  expect(isSameOrigin('https://chat.example.com', at)).toBe(true)
  expect(isSameOrigin('http://127.0.0.1:7000', { host: '127.0.0.1:7000' })).toBe(true)
  expect(isSameOrigin('http://127.0.0.1:7001', { host: '127.0.0.1:7000' })).toBe(false)
  expect(
    isSameOrigin('https://example.com', { host: 'inner:7000', publicUrl: 'https://example.com/chat/' }),
  ).toBe(true)
  expect(isSameOrigin('https://chat.example.com.evil.test', at)).toBe(false)
  expect(isSameOrigin('https://chat.example.com', { host: undefined })).toBe(false)
})

test('foreign pages may where the site lists them or allows all', () => {
  const site = { origins: ['https://Shop.example:443', 'http://dev.example:8080'] }
  expect(isOriginAllowed('https://shop.example', site, at)).toBe(true)
  expect(isOriginAllowed('http://dev.example:8080', site, at)).toBe(true)
  expect(isOriginAllowed('http://shop.example', site, at)).toBe(false)
  expect(isOriginAllowed('https://evil.example', site, at)).toBe(false)
  expect(isOriginAllowed('https://evil.example', { origins: ['*'] }, at)).toBe(true)
})

test('null and what is no web origin pass only where all may', () => {
  for (const origin of ['null', 'file://', 'javascript:alert(1)', '']) {
    expect(isOriginAllowed(origin, closed, at)).toBe(false)
    expect(isOriginAllowed(origin, { origins: ['null'] }, at)).toBe(false)
    expect(isOriginAllowed(origin, { origins: ['*'] }, at)).toBe(true)
  }
})
