import type { SQLOutputValue } from 'node:sqlite'

/**
 * A client id as the message table keeps it: 16 bytes for a canonical lower-case UUID (20 bytes less per row, and per index
 * entry, than its text), the text itself for anything else. The two forms never compare equal, so both directions are exact.
 */
export type StoredId = Uint8Array | string

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function packId(id: string): StoredId {
  if (id.length !== 36 || !canonical.test(id)) return id
  const bytes = new Uint8Array(16)
  let place = 0
  for (let i = 0; i < 36; i++) {
    if (i === 8 || i === 13 || i === 18 || i === 23) continue
    bytes[place++] = (nibble(id.charCodeAt(i)) << 4) | nibble(id.charCodeAt(++i))
  }
  return bytes
}

export function unpackId(stored: SQLOutputValue | Uint8Array): string {
  if (typeof stored === 'string') return stored
  if (!(stored instanceof Uint8Array)) throw new TypeError('A client id is neither bytes nor text.')
  const hex = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function nibble(unit: number): number {
  return unit < 58 ? unit - 48 : unit - 87
}
