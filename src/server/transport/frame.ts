/**
 * A server's WebSocket text frame (RFC 6455, 5.2: final, unmasked) as a *binary* string: one character a byte.
 *
 * Binary strings can be joined for one write per socket, and node hands them to the kernel without a copy of their own
 * (`socket.write(text, 'latin1')`). Text outside ASCII is spelled out in UTF-8 bytes first.
 */
export function textFrame(text: string): string {
  const bytes = isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
  return header(0x81, bytes.length) + bytes
}

export const pingFrame = '\x89\x00'

/** `payload` is what the ping brought, as a binary string of at most 125. */
export function pongFrame(payload: string): string {
  return header(0x8a, payload.length) + payload
}

/** Without a code when it is undefined. Of `reason`, as many whole characters as fit in a control frame are kept. */
export function closeFrame(code: number | undefined, reason = ''): string {
  if (code === undefined) return '\x88\x00'
  let kept = reason
  while (Buffer.byteLength(kept) > 123) kept = kept.slice(0, -1).replace(/[\ud800-\udbff]$/, '')
  const bytes = Buffer.from(kept, 'utf8').toString('latin1')
  return header(0x88, 2 + bytes.length) + String.fromCharCode(code >> 8, code & 0xff) + bytes
}

function header(first: number, length: number): string {
  if (length < 126) return String.fromCharCode(first, length)
  if (length < 65_536) return String.fromCharCode(first, 126, length >>> 8, length & 0xff)
  const high = Math.floor(length / 2 ** 32)
  return String.fromCharCode(
    first,
    127,
    high >>> 24,
    (high >>> 16) & 0xff,
    (high >>> 8) & 0xff,
    high & 0xff,
    length >>> 24,
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
  )
}

const beyondAscii = /[\u0080-\uffff]/

function isAscii(text: string): boolean {
  return !beyondAscii.test(text)
}
