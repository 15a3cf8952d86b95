/** Canonical lower-case UUIDs (RFC 9562) as 16 bytes and back, without an allocation on the way in. */

const digits = Buffer.from('0123456789abcdef', 'latin1')
const notHex = 0xff
const nibbles = new Uint8Array(128).fill(notHex)
for (let value = 0; value < digits.length; value++) nibbles[digits[value] ?? 0] = value
const hyphen = 0x2d

/** Writes the bytes of `id` at `at`; false, with the bytes there undefined, when it is not in the canonical form. */
export function writeUuid(id: string, into: Uint8Array, at: number): boolean {
  if (id.length !== 36) return false
  let place = at
  for (let i = 0; i < 36; i += 2) {
    if (isGap(i)) {
      if (id.charCodeAt(i) !== hyphen) return false
      i++
    }
    const high = nibbles[id.charCodeAt(i)] ?? notHex
    const low = nibbles[id.charCodeAt(i + 1)] ?? notHex
    if ((high | low) === notHex) return false
    into[place++] = (high << 4) | low
  }
  return true
}

const text = Buffer.alloc(36)

/** The canonical form of the 16 bytes at `at`. */
export function readUuid(bytes: Uint8Array, at: number): string {
  let from = at
  for (let i = 0; i < 36; i += 2) {
    if (isGap(i)) text[i++] = hyphen
    const byte = bytes[from++] ?? 0
    text[i] = digits[byte >>> 4] ?? 0
    text[i + 1] = digits[byte & 15] ?? 0
  }
  return text.toString('latin1')
}

function isGap(i: number): boolean {
  return i === 8 || i === 13 || i === 18 || i === 23
}
