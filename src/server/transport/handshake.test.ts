import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { acceptUpgrade, refuseUpgrade } from './handshake.ts'

// The key and the answer to it are the example of RFC 6455, 1.3.
const headers = {
  upgrade: 'WebSocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'chat, kf.v1',
}

const requestOf = (more: Partial<IncomingMessage> = {}): IncomingMessage =>
  ({ method: 'GET', url: '/ws?x=1', headers, ...more }) as IncomingMessage

const refused = (request: IncomingMessage, draining = false): string | undefined =>
  refuseUpgrade(request, { paths: ['/ws', '/chat/ws'], draining: () => draining })

describe('a handshake', () => {
  test("is answered with the key's hash and the one subprotocol", () => {
    expect(refused(requestOf())).toBeUndefined()
    expect(refused(requestOf({ url: '/chat/ws' }))).toBeUndefined()
    expect(acceptUpgrade(requestOf()).split('\r\n')).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'Sec-WebSocket-Protocol: kf.v1',
      '',
      '',
    ])
  })

  test('is refused while the node drains', () => {
    expect(refused(requestOf(), true)).toBe('503 Service Unavailable\r\nRetry-After: 1')
  })

  test.each<[string, Partial<IncomingMessage>, string]>([
    ['on another path', { url: '/wss' }, '404 Not Found'],
    ['by POST', { method: 'POST' }, '405 Method Not Allowed\r\nAllow: GET'],
    [
      'to h2c',
      { headers: { ...headers, upgrade: 'h2c' } },
      '400 Bad Request\r\nX-KF-Error: upgrade to websocket',
    ],
    [
      'in an old version',
      { headers: { ...headers, 'sec-websocket-version': '8' } },
      '426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13',
    ],
    [
      'with a short key',
      { headers: { ...headers, 'sec-websocket-key': 'dGhlIHNhbXBsZQ==' } },
      '400 Bad Request\r\nX-KF-Error: Sec-WebSocket-Key must be 16 bytes in base64',
    ],
    [
      'with another subprotocol',
      { headers: { ...headers, 'sec-websocket-protocol': 'kf.v2' } },
      '400 Bad Request\r\nX-KF-Error: offer the subprotocol kf.v1',
    ],
    [
      'without a subprotocol',
      {
        headers: {
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': headers['sec-websocket-key'],
        },
      },
      '400 Bad Request\r\nX-KF-Error: offer the subprotocol kf.v1',
    ],
  ])('%s is refused', (_, more, answer) => {
    expect(refused(requestOf(more))).toBe(answer)
  })
})
