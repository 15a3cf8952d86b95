import { expect, test } from 'vitest'
import { addressKey, clientAddress, forwardedHeader, trustedProxies } from './address.ts'

const none = trustedProxies([])
const proxies = trustedProxies(['10.0.0.0/8', 'fd00::/8', '::ffff:192.0.2.0/120'])

test('without a trusted proxy the header is ignored, whatever it says', () => {
  expect(clientAddress('203.0.113.9', '127.0.0.1', none)).toEqual({
    address: '203.0.113.9',
    via: [],
    forwarded: 'ignored',
  })
})

test('a request without the header came from the peer', () => {
  expect(clientAddress('::ffff:203.0.113.9', undefined, proxies)).toEqual({
    address: '203.0.113.9',
    via: [],
    forwarded: 'absent',
  })
})

test('the chain is walked from the right and ends at the first address that is no trusted proxy', () => {
  expect(clientAddress('10.0.0.1', '1.1.1.1, 203.0.113.9, 10.0.0.2', proxies)).toEqual({
    address: '203.0.113.9',
    via: ['10.0.0.1', '10.0.0.2'],
    forwarded: 'used',
  })
})

test('peers and entries are understood as IPv6, mapped IPv4, with ports and in brackets', () => {
  expect(clientAddress('::ffff:10.0.0.1', '198.51.100.7:4711', proxies).address).toBe('198.51.100.7')
  expect(clientAddress('fd00::1', '[2001:db8::7]:443', proxies).address).toBe('2001:db8::7')
  expect(clientAddress('192.0.2.8', '::ffff:198.51.100.7', proxies).address).toBe('198.51.100.7')
  expect(clientAddress('192.0.3.8', '198.51.100.7', proxies).address).toBe('192.0.3.8')
})

test('an entry that is no address ends the walk at the proxy that sent it', () => {
  expect(clientAddress('10.0.0.1', 'unknown', proxies)).toEqual({
    address: '10.0.0.1',
    via: [],
    forwarded: 'ignored',
  })
  expect(clientAddress('10.0.0.1', '<script>, 10.0.0.2', proxies).address).toBe('10.0.0.2')
})

test('when every hop is trusted the leftmost is the client', () => {
  expect(clientAddress('10.0.0.1', '10.0.0.9, 10.0.0.2', proxies)).toEqual({
    address: '10.0.0.9',
    via: ['10.0.0.1', '10.0.0.2'],
    forwarded: 'used',
  })
})

test('a peer without an address is no one', () => {
  expect(clientAddress(undefined, '1.2.3.4', proxies)).toEqual({
    address: '',
    via: [],
    forwarded: 'ignored',
  })
})

test('other forwarded headers count only from a trusted proxy, and then their last value', () => {
  expect(forwardedHeader('203.0.113.9', 'https', proxies)).toBeUndefined()
  expect(forwardedHeader('10.0.0.1', 'http, https', proxies)).toBe('https')
  expect(forwardedHeader('10.0.0.1', ['evil', 'https'], proxies)).toBe('https')
  expect(forwardedHeader('10.0.0.1', undefined, proxies)).toBeUndefined()
})

test('IPv4 is counted whole, IPv6 by its /64', () => {
  expect(addressKey('203.0.113.9')).toBe('203.0.113.9')
  expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(addressKey('2001:0db8::1')).toBe('2001:db8:0:0::/64')
  expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
  expect(addressKey('::1')).toBe('0:0:0:0::/64')
})
