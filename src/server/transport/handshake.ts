import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { subprotocol } from '../../protocol/frames.ts'

export type HandshakePorts = {
  /** The path of the socket, `/ws` below the public URL's path; with and without that prefix. Read at each upgrade. */
  readonly paths: readonly string[]
  readonly draining: () => boolean
}

/** Why a request cannot become a `kf.v1` WebSocket (RFC 6455, 4.2.1): a status and its headers, or undefined. */
export function refuseUpgrade(
  { headers, method, url }: IncomingMessage,
  { draining, paths }: HandshakePorts,
): string | undefined {
  const path = url?.split('?')[0] ?? ''
  if (!paths.includes(path)) return '404 Not Found'
  if (draining()) return '503 Service Unavailable\r\nRetry-After: 1'
  if (method !== 'GET') return '405 Method Not Allowed\r\nAllow: GET'
  if (headers.upgrade?.toLowerCase() !== 'websocket') return badRequest('upgrade to websocket')
  if (headers['sec-websocket-version'] !== '13') {
    return '426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
  }
  if (!sixteenBytes.test(headers['sec-websocket-key'] ?? '')) {
    return badRequest('Sec-WebSocket-Key must be 16 bytes in base64')
  }
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  return offered?.includes(subprotocol) === true
    ? undefined
    : badRequest(`offer the subprotocol ${subprotocol}`)
}

/** The answer to a request that was not refused. No extension is ever agreed to. */
export function acceptUpgrade({ headers }: IncomingMessage): string {
  const accept = hash('sha1', `${headers['sec-websocket-key'] ?? ''}${protocolUuid}`, 'base64')
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`
  )
}

const sixteenBytes = /^[+/0-9A-Za-z]{22}==$/
// RFC 6455, 1.3.
const protocolUuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

function badRequest(why: string): string {
  return `400 Bad Request\r\nX-KF-Error: ${why}`
}
