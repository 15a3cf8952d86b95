import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../core/clock.ts'
import { KfError } from '../../../core/errors.ts'
import type { Operation, Outcome, Store } from '../store.ts'
import { append, packedAppend } from './append.ts'
import { discard, settle, type Tables } from './batch.ts'
import { truncate } from './checkpoint-cells.ts'
import type { Checkpointer } from './checkpointer.ts'
import { busyTimeoutMs } from './connection.ts'
import { recordOf } from './conversations.ts'
import { fence, reserve } from './desk.ts'
import { erase } from './erase.ts'
import { commitFailure, sqliteCodeOf, sqliteCodes, storeFailed } from './failure.ts'
import { HeadWriter } from './head-writer.ts'
import { rejected } from './outcome.ts'
import { retract } from './retract.ts'

export type StoreParts = {
  readonly db: DatabaseSync
  readonly tables: Tables
  readonly incarnation: string
  readonly clock: Clock
  readonly checkpointer: Checkpointer
  /** Carry out BEGIN IMMEDIATE and COMMIT; tests put their own here. */
  readonly begin?: () => void
  readonly commit?: () => void
  readonly headsEvery: number
  readonly onClosed: () => void
  /** Told of an operation that met a defect, with the cause, for the log. */
  readonly onDefect?: (error: KfError) => void
}

/**
 * The embedded store. A commit is one transaction with one sync, carried out before the promise is returned; group commit is
 * the caller's: it gathers while the last batch runs.
 *
 * States: open → closed, and open → failed for good after an I/O error: the kernel may then call pages clean that it never
 * wrote, so nothing read back can be trusted until the process ends and the log is recovered.
 */
export class SqliteStore implements Store {
  readonly incarnation: string
  readonly directory
  readonly revisions
  readonly #parts: StoreParts
  readonly #heads: HeadWriter
  readonly #begin: () => void
  readonly #commit: () => void
  #failed: KfError | undefined
  #closing: Promise<void> | undefined

  constructor(parts: StoreParts) {
    this.#parts = parts
    this.incarnation = parts.incarnation
    this.directory = parts.tables.directory
    this.revisions = parts.tables.revisions
    this.#heads = new HeadWriter(parts.db, parts.tables, parts.headsEvery)
    this.#begin =
      parts.begin ??
      (() => {
        parts.db.exec('BEGIN IMMEDIATE')
      })
    this.#commit =
      parts.commit ??
      (() => {
        parts.db.exec('COMMIT')
      })
  }

  // oxlint-disable-next-line typescript/require-await -- the contract is asynchronous for stores beyond a network
  async commit(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    this.#mustBeOpen()
    const outcomes = this.#isLazy(operations) ? this.#inMemory(operations) : this.#together(operations)
    this.#checkpoint()
    return outcomes
  }

  position(): number {
    return this.#parts.tables.messages.position
  }

  replay(after: number, limit: number): ReturnType<Store['replay']> {
    return this.#parts.tables.messages.replay(after, limit)
  }

  conversation(id: string): ReturnType<Store['conversation']> {
    const held = this.#parts.tables.conversations.get(id)
    return held === undefined ? undefined : recordOf(held)
  }

  conversationsOfVisitor(
    visitor: string,
    limit: number,
    before?: number,
  ): ReturnType<Store['conversationsOfVisitor']> {
    const { senders, conversations } = this.#parts.tables
    const entry = senders.find('visitor', visitor)
    return entry === undefined ? [] : conversations.ofVisitor(entry.key, limit, before).map(recordOf)
  }

  conversationsOfAgent(agent: string): ReturnType<Store['conversationsOfAgent']> {
    return this.#parts.tables.conversations.ofOwner(agent).map(recordOf)
  }

  queued(site: string): ReturnType<Store['queued']> {
    return this.#parts.tables.conversations.queued(site).map(recordOf)
  }

  reservations(): ReturnType<Store['reservations']> {
    return this.#parts.tables.reservations.all()
  }

  load(agent: string): number {
    return this.#parts.tables.reservations.load(agent)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  // Read cursors alone cost no transaction, unless memory must be freed.
  #isLazy(operations: readonly Operation[]): boolean {
    return (
      !this.#parts.tables.conversations.overfull &&
      operations.every((operation) => operation.kind === 'mark_read')
    )
  }

  #inMemory(operations: readonly Operation[]): readonly Outcome[] {
    try {
      const outcomes = this.#apply(operations)
      settle(this.#parts.tables)
      return outcomes
    } catch (error) {
      throw this.#rollBack(error)
    }
  }

  /** One transaction for all; where one of them meets a defect, each by itself, so that the others are carried out. */
  #together(operations: readonly Operation[]): readonly Outcome[] {
    try {
      return this.#inTransaction(() => this.#apply(operations))
    } catch (error) {
      if (!(error instanceof KfError) || error.code !== 'internal') throw error
      if (operations.length > 1) return operations.flatMap((operation) => this.#together([operation]))
      this.#parts.onDefect?.(error)
      return [rejected('internal', error.message)]
    }
  }

  #apply(operations: readonly Operation[]): readonly Outcome[] {
    const { tables, clock } = this.#parts
    const now = clock.now()
    return operations.map((operation) => applyOperation(tables, operation, now))
  }

  #inTransaction(apply: () => readonly Outcome[]): readonly Outcome[] {
    const { tables } = this.#parts
    try {
      this.#begin()
      const outcomes = apply()
      this.#heads.writeSlice()
      tables.conversations.trim()
      this.#commit()
      settle(tables)
      this.#heads.settle()
      return outcomes
    } catch (error) {
      throw this.#rollBack(error)
    }
  }

  #rollBack(error: unknown): KfError {
    const { db, tables } = this.#parts
    discard(tables)
    this.#heads.discard()
    const failure = commitFailure(error)
    if (failure.code === 'store_failed') this.#failed = failure
    try {
      // SQLite has rolled back by itself after some errors.
      if (db.isTransaction) db.exec('ROLLBACK')
    } catch (second) {
      this.#failed ??= storeFailed(second)
    }
    return this.#failed ?? failure
  }

  // The batch is durable whatever happens here, so its answers stand; what fails is the next one.
  #checkpoint(): void {
    try {
      this.#parts.checkpointer.afterCommit()
    } catch (error) {
      const code = sqliteCodeOf(error)
      if (code !== sqliteCodes.full && code !== sqliteCodes.busy) this.#failed = storeFailed(error)
    }
  }

  #mustBeOpen(): void {
    if (this.#failed !== undefined) throw this.#failed
    if (this.#closing !== undefined) throw new KfError('unavailable', 'The store is closed.')
  }

  async #close(): Promise<void> {
    const { db, checkpointer, onClosed } = this.#parts
    try {
      await checkpointer.stop()
      if (this.#failed === undefined) {
        this.#inTransaction(() => {
          this.#heads.writeAll()
          return []
        })
        truncate(db, busyTimeoutMs)
      }
    } finally {
      db.close()
      onClosed()
    }
  }
}

function applyOperation(tables: Tables, operation: Operation, now: number): Outcome {
  switch (operation.kind) {
    case 'append':
      return append(tables, operation, now)
    case 'packed_append':
      return packedAppend(tables, operation, now)
    case 'reserve':
      return reserve(tables, operation)
    case 'fence':
      return fence(tables, operation, now)
    case 'retract':
      return retract(tables, operation, now)
    case 'erase':
      return erase(tables, operation)
    case 'mark_read': {
      const held = tables.conversations.get(operation.conversation)
      if (held === undefined) return rejected('not_found', `No conversation ${operation.conversation}.`)
      tables.conversations.markRead(held, operation.role, operation.seq)
      return { status: 'done' }
    }
    case 'put_revision':
    case 'set_live_revision':
    case 'refuse_revision':
    case 'confirm_revision':
    case 'put_config_base':
    case 'put_audit':
      return tables.configure(operation, now)
    default:
      return tables.registry(operation)
  }
}
