import type { DatabaseSync } from 'node:sqlite'
import type { Tables } from './batch.ts'
import { int, lazily, one } from './rows.ts'

/** Messages after which a round begins: an open reads at most about two rounds of the log again, some 100 ms. */
export const headsEvery = 65_536

/**
 * Writes head rows in rounds, a slice beside each batch: whoever was dirty when the round began. After it every head row knows
 * all messages up to where the round began, and `meta.heads_position` says so. In order of key, a slice dirties two or three
 * pages, where one row per message would dirty one page per message.
 */
export class HeadWriter {
  readonly #tables: Tables
  readonly #mark
  readonly #every: number
  /** Head rows written beside a batch at least, while a round runs. */
  readonly #leastPerBatch: number
  #headsPosition: number
  #round: { readonly target: number; readonly keys: readonly number[]; done: number } | undefined
  #staged: { readonly done: number; readonly finished: boolean } | undefined

  /** `every`: messages from round to round. */
  constructor(db: DatabaseSync, tables: Tables, every: number) {
    this.#tables = tables
    this.#every = every
    this.#leastPerBatch = Math.ceil(Math.min(64, every / 4))
    this.#mark = lazily(db, 'UPDATE meta SET heads_position = ?')
    this.#headsPosition =
      one(db.prepare('SELECT heads_position FROM meta'), (row) => int(row, 'heads_position')) ?? 0
  }

  /** Inside a transaction, after the batch's operations. */
  writeSlice(): void {
    const { messages, conversations } = this.#tables
    if (this.#round === undefined) {
      if (messages.position - this.#headsPosition < this.#every) return
      this.#round = { target: messages.position, keys: conversations.dirty(), done: 0 }
    }
    const { target, keys, done } = this.#round
    const until = Math.min(keys.length, done + Math.max(this.#leastPerBatch, messages.staged))
    conversations.writeHeads(keys.slice(done, until))
    const finished = until === keys.length
    if (finished) this.#mark().run(target)
    this.#staged = { done: until, finished }
  }

  /** All at once; inside a transaction, with no operations beside it. */
  writeAll(): void {
    const { messages, conversations } = this.#tables
    conversations.writeHeads(conversations.dirty())
    this.#mark().run(messages.position)
    this.#round = undefined
  }

  settle(): void {
    const staged = this.#staged
    this.#staged = undefined
    if (staged === undefined || this.#round === undefined) return
    this.#round.done = staged.done
    if (!staged.finished) return
    this.#headsPosition = this.#round.target
    this.#round = undefined
  }

  discard(): void {
    this.#staged = undefined
  }
}

/** On open: applies to the head rows what the log holds past `meta.heads_position`. */
export function recoverHeads(db: DatabaseSync): void {
  db.exec(`
    BEGIN IMMEDIATE;
    INSERT INTO head (conversation, public_seq, public_position, internal_seq, internal_position)
      SELECT conversation,
        max(iif(stream = 0, seq, 0)), max(iif(stream = 0, position, 0)),
        max(iif(stream = 1, seq, 0)), max(iif(stream = 1, position, 0))
      FROM message WHERE position > (SELECT heads_position FROM meta) GROUP BY conversation
      ON CONFLICT (conversation) DO UPDATE SET
        public_seq = max(public_seq, excluded.public_seq), public_position = max(public_position, excluded.public_position),
        internal_seq = max(internal_seq, excluded.internal_seq), internal_position = max(internal_position, excluded.internal_position);
    UPDATE meta SET heads_position = (SELECT coalesce(max(position), 0) FROM message);
    COMMIT;
  `)
}
