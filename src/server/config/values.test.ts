import { describe, expect, it } from 'vitest'
import { formatAddress, parseCidr, parseListen, parsePublicUrl, parseWorkers, urlOf } from './values.ts'

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:7000', '127.0.0.1', 7000],
    ['7000', '127.0.0.1', 7000],
    [':7000', '0.0.0.0', 7000],
    ['[::1]:7000', '::1', 7000],
    ['localhost:0', 'localhost', 0],
  ])('%s is %s and %i', (text, host, port) => {
    expect(parseListen(text)).toEqual({ ok: true, value: { host, port } })
  })

  it.each(['', 'host', 'host:', '127.0.0.1:70000', '::1:7000', 'a b:1', 'http://x:1', '1:2:3'])(
    '%o is refused with an example',
    (text) => {
      expect(parseListen(text)).toEqual({
        ok: false,
        what: `${JSON.stringify(text)} is not an address`,
        fix: 'write host:port, for example 127.0.0.1:7000',
      })
    },
  )

  it('is printed as it is read, and opened on loopback where it means all addresses', () => {
    expect(formatAddress({ host: '::1', port: 7000 })).toBe('[::1]:7000')
    expect(urlOf({ host: '0.0.0.0', port: 7000 })).toBe('http://127.0.0.1:7000/')
    expect(urlOf({ host: '::', port: 7000 })).toBe('http://[::1]:7000/')
  })
})

describe('a public URL', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['https://example.com/chat', 'https://example.com/chat/'],
    ['http://example.com:8080/a/b/', 'http://example.com:8080/a/b/'],
  ])('%s becomes %s', (text, value) => {
    expect(parsePublicUrl(text)).toEqual({ ok: true, value })
  })

  it.each([
    'example.com',
    'ftp://example.com/',
    'https://example.com/?a=1',
    'https://example.com/#x',
    'https://u:p@example.com/',
  ])('%s is refused', (text) => {
    expect(parsePublicUrl(text).ok).toBe(false)
  })
})

describe('a trusted proxy', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['::1', '::1/128'],
    ['fd00::/8', 'fd00::/8'],
  ])('%s becomes %s', (text, value) => {
    expect(parseCidr(text)).toEqual({ ok: true, value })
  })

  it.each(['', 'proxy', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0/8', '::1/129'])(
    '%o is refused',
    (text) => {
      expect(parseCidr(text).ok).toBe(false)
    },
  )
})

describe('a number of workers', () => {
  it.each([1, 64, '3'])('%o is taken', (value) => {
    expect(parseWorkers(value)).toEqual({ ok: true, value: Number(value) })
  })
  it.each([0, 65, 1.5, '', 'two', Number.NaN])('%o is refused', (value) => {
    expect(parseWorkers(value).ok).toBe(false)
  })
})
