import type { DatabaseSync } from 'node:sqlite'
import type { StreamName } from '../../../protocol/frames.ts'
import type { CommittedMessage } from '../store.ts'
import { packId } from './client-id.ts'
import type { Held } from './conversations.ts'
import { committedOf, streamOf } from './page.ts'
import { all, int, lazily, one, type Row, text } from './rows.ts'

/** What stands under a client id. */
export type Found = {
  readonly position: number
  readonly conversationKey: number
  readonly stream: StreamName
  readonly seq: number
  readonly hash: number
  readonly at: number
  readonly body: string
}

export type NewMessage = {
  readonly senderKey: number
  readonly id: string
  readonly hash: number
  readonly at: number
  readonly body: string
}

/** The log: appends, dedupe, replay. */
export class Messages {
  readonly #insert
  readonly #insertNew
  readonly #find
  readonly #replace
  readonly #cut
  readonly #replay
  #position: number
  #settledPosition: number

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'INSERT INTO message (position, conversation, stream, seq, prev, sender, id, hash, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    // NOTE: a conflict is the dedupe's answer here, not an error: half the cost of looking first.
    this.#insertNew = db.prepare(
      'INSERT OR IGNORE INTO message (position, conversation, stream, seq, prev, sender, id, hash, at, body) VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT))',
    )
    this.#find = db.prepare(
      'SELECT position, conversation, stream, seq, hash, at, body FROM message WHERE id = ? AND sender = ?',
    )
    this.#replace = lazily(db, 'UPDATE message SET body = ? WHERE position = ?')
    this.#cut = lazily(db, 'DELETE FROM message WHERE position = ? RETURNING prev')
    this.#replay = lazily(
      db,
      `SELECT m.position, c.id AS conversation, m.stream, m.seq, m.id, m.at, m.body, s.role, s.id AS sender, a.name
       FROM message m JOIN conversation c ON c.key = m.conversation JOIN sender s ON s.key = m.sender
       LEFT JOIN agent a ON s.role = 1 AND a.id = s.id
       WHERE m.position > ? ORDER BY m.position LIMIT ?`,
    )
    this.#position =
      one(
        db.prepare(
          'SELECT max((SELECT coalesce(max(position), 0) FROM message), position_floor) AS last FROM meta',
        ),
        (row) => int(row, 'last'),
      ) ?? 0
    this.#settledPosition = this.#position
  }

  /** Of the last committed message. */
  get position(): number {
    return this.#settledPosition
  }

  /** Of the last message, those of this batch among them. */
  get last(): number {
    return this.#position
  }

  /** Messages of the batch so far. */
  get staged(): number {
    return this.#position - this.#settledPosition
  }

  find(senderKey: number, id: string): Found | undefined {
    return one(this.#find, foundOf, packId(id), senderKey)
  }

  /** Puts the message at the end of the log and of its stream; returns its position. */
  append(held: Held, stream: StreamName, message: NewMessage): number {
    const head = held[stream]
    const position = ++this.#position
    this.#insert.run(
      position,
      held.key,
      stream === 'public' ? 0 : 1,
      head.head + 1,
      head.headPosition,
      message.senderKey,
      packId(message.id),
      message.hash,
      message.at,
      message.body,
    )
    return position
  }

  /** Puts a public message there too, unless its sender has used this id before; then undefined. `body` is UTF-8. */
  appendNew(
    held: Held,
    message: Omit<NewMessage, 'id' | 'body'> & { readonly id: Uint8Array; readonly body: Uint8Array },
  ): number | undefined {
    const { head, headPosition } = held.public
    const position = this.#position + 1
    const { changes } = this.#insertNew.run(
      position,
      held.key,
      head + 1,
      headPosition,
      message.senderKey,
      message.id,
      message.hash,
      message.at,
      message.body,
    )
    if (changes === 0) return undefined
    this.#position = position
    return position
  }

  replaceBody(position: number, body: string): void {
    this.#replace().run(body, position)
  }

  /** Deletes a message; returns the position of the one before it in its stream. */
  cut(position: number): number | undefined {
    return one(this.#cut(), (row) => int(row, 'prev'), position)
  }

  replay(after: number, limit: number): readonly CommittedMessage[] {
    return all(this.#replay(), committedOf, after, limit)
  }

  settle(): void {
    this.#settledPosition = this.#position
  }

  discard(): void {
    this.#position = this.#settledPosition
  }
}

function foundOf(row: Row): Found {
  return {
    position: int(row, 'position'),
    conversationKey: int(row, 'conversation'),
    stream: streamOf(int(row, 'stream')),
    seq: int(row, 'seq'),
    hash: int(row, 'hash'),
    at: int(row, 'at'),
    body: text(row, 'body'),
  }
}
