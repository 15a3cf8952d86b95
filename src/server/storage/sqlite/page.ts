import type { DatabaseSync } from 'node:sqlite'
import type { Sender, StreamName } from '../../../protocol/frames.ts'
import type { CommittedMessage, PageQuery, StoredMessage } from '../store.ts'
import { unpackId } from './client-id.ts'
import { all, int, lazily, one, type Row, raw, text, textOrNull } from './rows.ts'
import { roleOf } from './senders.ts'

/** A message with the place and the sender that the store knows it by. */
export type PlacedMessage = StoredMessage & { readonly position: number; readonly senderKey: number }

export type PageReader = <T>(query: PageQuery, decode: (row: Row) => T) => readonly T[]

const walkFrom = `
  WITH RECURSIVE walk (position, prev, seq) AS (
    SELECT position, prev, seq FROM message WHERE position = ?1
    UNION ALL
    SELECT m.position, m.prev, m.seq FROM walk JOIN message m ON m.position = walk.prev WHERE walk.seq > ?2
  )
  SELECT m.position, m.seq, m.id, m.at, m.body, m.sender AS sender_key, s.role, s.id AS sender, a.name
  FROM walk JOIN message m ON m.position = walk.position JOIN sender s ON s.key = m.sender
  LEFT JOIN agent a ON s.role = 1 AND a.id = s.id
  WHERE walk.seq <= ?3 ORDER BY walk.seq`

/**
 * Reads a part of one stream: begins at the stream's head, or at the nearest row of the sparse index above the wanted part,
 * and walks along `prev`. At most `limit` + 64 rows are touched, however long the stream.
 */
export function pageReader(db: DatabaseSync): PageReader {
  const keyOf = lazily(db, 'SELECT key FROM conversation WHERE id = ?')
  const indexed = lazily(
    db,
    'SELECT position, seq FROM message WHERE conversation = ? AND stream = ? AND seq >= ? AND seq % 64 = 0 ORDER BY seq LIMIT 1',
  )
  const walk = lazily(db, walkFrom)

  return (query, decode) => {
    const range = rangeOf(query)
    if (range === undefined) return []
    let start = query.head.headPosition
    if (query.head.head - range.last >= 64) {
      const key = one(keyOf(), (row) => int(row, 'key'), query.conversation)
      if (key === undefined) return []
      start =
        one(indexed(), (row) => int(row, 'position'), key, query.stream === 'public' ? 0 : 1, range.last) ??
        start
    }
    return all(walk(), decode, start, range.first, range.last)
  }
}

/** The wanted seqs, both inclusive; undefined when there are none. */
function rangeOf(query: PageQuery): { readonly first: number; readonly last: number } | undefined {
  const { head } = query.head
  const { before, after, limit } = query
  const last = after === undefined ? Math.min((before ?? head + 1) - 1, head) : Math.min(after + limit, head)
  const first = after === undefined ? Math.max(last - limit + 1, 1) : Math.max(after + 1, 1)
  return first > last ? undefined : { first, last }
}

export function streamOf(number: number): StreamName {
  return number === 0 ? 'public' : 'internal'
}

export function committedOf(row: Row): CommittedMessage {
  return {
    ...storedOf(row),
    position: int(row, 'position'),
    conversation: text(row, 'conversation'),
    stream: streamOf(int(row, 'stream')),
  }
}

export function storedOf(row: Row): StoredMessage {
  return {
    seq: int(row, 'seq'),
    id: unpackId(raw(row, 'id')),
    from: senderOf(row),
    body: text(row, 'body'),
    at: int(row, 'at'),
  }
}

export function placedOf(row: Row): PlacedMessage {
  return { ...storedOf(row), position: int(row, 'position'), senderKey: int(row, 'sender_key') }
}

function senderOf(row: Row): Sender {
  const name = textOrNull(row, 'name')
  return { role: roleOf(int(row, 'role')), id: text(row, 'sender'), ...(name === null ? {} : { name }) }
}
