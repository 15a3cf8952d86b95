/** Source of random bytes: `crypto.getRandomValues` in pages and servers, a seeded generator in the harness. */
export type RandomBytes = (length: number) => Uint8Array

/** NOTE: `crypto.randomUUID` is absent on pages served over plain HTTP; `getRandomValues` is not. */
export const cryptoRandomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** A UUIDv7 (RFC 9562, 5.7): 48 bits of `nowMs`, then random. Time-ordered, so that the dedupe index grows at its end. */
export function uuidv7(nowMs: number, random: RandomBytes = cryptoRandomBytes): string {
  const bytes = random(16)
  const high = Math.floor(nowMs / 2 ** 32)
  const low = nowMs >>> 0
  bytes[0] = (high >>> 8) & 0xff
  bytes[1] = high & 0xff
  bytes[2] = low >>> 24
  bytes[3] = (low >>> 16) & 0xff
  bytes[4] = (low >>> 8) & 0xff
  bytes[5] = low & 0xff
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  let out = ''
  for (let i = 0; i < 16; i++) {
    out += hex[bytes[i] ?? 0] ?? ''
    if (i === 3 || i === 5 || i === 7 || i === 9) out += '-'
  }
  return out
}

const uuidv7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** True for the canonical lower-case text of a UUIDv7. */
export function isUuidv7(text: string): boolean {
  return text.length === 36 && uuidv7Pattern.test(text)
}

/** `length` characters of lower-case base32 (RFC 4648 alphabet), five random bits each. */
export function randomBase32(length: number, random: RandomBytes = cryptoRandomBytes): string {
  let out = ''
  for (const byte of random(length)) out += base32[byte & 31] ?? ''
  return out
}

/** The first `length` characters of `bytes` in lower-case base32, without padding. */
export function toBase32(bytes: Uint8Array, length: number): string {
  let out = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5 && out.length < length) {
      bits -= 5
      out += base32[(held >>> bits) & 31] ?? ''
    }
  }
  return out
}
