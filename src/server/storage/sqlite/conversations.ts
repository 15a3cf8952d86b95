import type { DatabaseSync } from 'node:sqlite'
import type { ConversationState, StreamName } from '../../../protocol/frames.ts'
import type { ConversationRecord, StreamHead } from '../store.ts'
import { all, int, lazily, one, type Row, text, textOrNull } from './rows.ts'
import { StagedMap } from './staged-map.ts'

/** A conversation with the integers that rows refer to it and its visitor by. */
export type Held = ConversationRecord & { readonly key: number; readonly visitorKey: number }

/** A conversation in memory. NOTE: found by integers on the message path: a fresh string costs a look-up ten times as much. */
type Cell = {
  held: Held
  /** What it was before the batch; undefined when this batch brought it into memory. */
  settled: Held | undefined
  touched: boolean
  /** Its head row in the database is behind. */
  dirty: boolean
  /** Touched since `trim` last came by. */
  recent: boolean
  /** Deleted by this batch. */
  erased: boolean
}

const states = ['queued', 'assigned', 'closed'] as const satisfies readonly ConversationState[]
const stateNumbers = { queued: 0, assigned: 1, closed: 2 } as const satisfies Record<
  ConversationState,
  number
>

const columns = `
  c.key, c.id, c.site, c.visitor AS visitor_key, s.id AS visitor, c.state, c.epoch, c.owner, c.waiting_since, c.opened,
  coalesce(h.public_seq, 0) AS public_seq, coalesce(h.public_position, 0) AS public_position,
  coalesce(h.internal_seq, 0) AS internal_seq, coalesce(h.internal_position, 0) AS internal_position,
  coalesce(h.read_visitor, 0) AS read_visitor, coalesce(h.read_agent, 0) AS read_agent
  FROM conversation c JOIN sender s ON s.key = c.visitor LEFT JOIN head h ON h.conversation = c.key`

/**
 * Conversations, with their heads and read cursors in memory: those are written lazily (`HeadWriter`), while state, epoch and
 * owner are written in the transaction that changes them. What was not changed lately leaves memory.
 */
export class Conversations {
  readonly #byId = new Map<string, Cell>()
  readonly #byKey = new Map<number, Cell>()
  readonly #newest = new StagedMap<number, string>()
  #touched: Cell[] = []
  #written: Cell[] = []
  #leaving: Cell[] = []
  #erased: Cell[] = []
  readonly #limit: number
  readonly #statements
  #nextKey: number
  #settledKey: number

  constructor(db: DatabaseSync, limit: number) {
    this.#limit = limit
    this.#nextKey =
      (one(
        db.prepare(
          'SELECT max((SELECT coalesce(max(key), 0) FROM conversation), conversation_floor) AS last FROM meta',
        ),
        (row) => int(row, 'last'),
      ) ?? 0) + 1
    this.#settledKey = this.#nextKey
    this.#statements = {
      byId: db.prepare(`SELECT ${columns} WHERE c.id = ?`),
      byKey: lazily(db, 'SELECT id FROM conversation WHERE key = ?'),
      ofVisitor: db.prepare(
        `SELECT ${columns} WHERE c.visitor = ? AND c.opened < ? ORDER BY c.opened DESC LIMIT ?`,
      ),
      ofOwner: lazily(db, `SELECT ${columns} WHERE c.owner = ? ORDER BY c.waiting_since, c.key`),
      queued: lazily(
        db,
        `SELECT ${columns} WHERE c.site = ? AND c.state = 0 ORDER BY c.waiting_since, c.key`,
      ),
      insert: lazily(
        db,
        'INSERT INTO conversation (key, id, site, visitor, state, epoch, owner, waiting_since, opened) VALUES (?, ?, ?, ?, 0, 0, NULL, ?, ?)',
      ),
      update: lazily(
        db,
        'UPDATE conversation SET state = ?, epoch = ?, owner = ?, waiting_since = ? WHERE key = ?',
      ),
      ofSite: lazily(
        db,
        `SELECT ${columns} WHERE c.key > ? AND c.key <= ? AND c.site = ? ORDER BY c.key LIMIT ?`,
      ),
      erase: lazily(db, 'DELETE FROM conversation WHERE key = ?'),
      eraseHead: lazily(db, 'DELETE FROM head WHERE conversation = ?'),
      writeHead: lazily(
        db,
        `INSERT OR REPLACE INTO head (conversation, public_seq, public_position, internal_seq, internal_position, read_visitor, read_agent)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ),
    }
  }

  get(id: string): Held | undefined {
    return this.#byId.get(id)?.held ?? one(this.#statements.byId, heldOf, id)
  }

  /** Of those in memory. */
  inMemory(key: number): Held | undefined {
    return this.#byKey.get(key)?.held
  }

  byKey(key: number): Held | undefined {
    const cell = this.#byKey.get(key)
    if (cell !== undefined) return cell.held
    const id = one(this.#statements.byKey(), (row) => text(row, 'id'), key)
    return id === undefined ? undefined : this.get(id)
  }

  /** A visitor's last one. At most one is open, and it is the newest: another opens only when none is. */
  newestOf(visitorKey: number): Held | undefined {
    const known = this.#newest.get(visitorKey)
    if (known !== undefined) return this.get(known)
    const found = this.ofVisitor(visitorKey, 1)[0]
    if (found !== undefined) this.#newest.set(visitorKey, found.id)
    return found
  }

  /** Newest first. */
  ofVisitor(visitorKey: number, limit: number, before = Number.MAX_SAFE_INTEGER): readonly Held[] {
    return this.#fresh(all(this.#statements.ofVisitor, heldOf, visitorKey, before, limit))
  }

  ofOwner(agent: string): readonly Held[] {
    return this.#fresh(all(this.#statements.ofOwner(), heldOf, agent))
  }

  queued(site: string): readonly Held[] {
    return this.#fresh(all(this.#statements.queued(), heldOf, site))
  }

  /** `opened` grows per visitor even if the clock does not: pages of a visitor's conversations are bounded by it. */
  open(
    id: string,
    site: string,
    visitor: { readonly id: string; readonly key: number },
    last: Held | undefined,
    now: number,
  ): Held {
    const held: Held = {
      key: this.#nextKey++,
      id,
      site,
      visitor: visitor.id,
      visitorKey: visitor.key,
      state: 'queued',
      epoch: 0,
      owner: null,
      waitingSince: now,
      opened: last === undefined ? now : Math.max(now, last.opened + 1),
      public: { head: 0, headPosition: 0 },
      internal: { head: 0, headPosition: 0 },
      read: { visitor: 0, agent: 0 },
    }
    this.#statements.insert().run(held.key, id, site, visitor.key, held.waitingSince, held.opened)
    this.#stage(held)
    this.#newest.set(visitor.key, id)
    return held
  }

  /** A change of owner or state; written at once. */
  change(held: Held, change: Pick<Held, 'state' | 'epoch' | 'owner' | 'waitingSince'>): Held {
    const next = { ...held, ...change }
    this.#statements
      .update()
      .run(stateNumbers[next.state], next.epoch, next.owner, next.waitingSince, next.key)
    this.#stage(next)
    return next
  }

  /** The stream's head moves to the message at `position`. */
  advance(held: Held, stream: StreamName, position: number): Held {
    const head = { head: held[stream].head + 1, headPosition: position }
    const next = stream === 'public' ? { ...held, public: head } : { ...held, internal: head }
    this.#stage(next)
    return next
  }

  get lastKey(): number {
    return this.#nextKey - 1
  }

  /** Those of a site among the keys above `after` up to `upTo`, ascending. */
  ofSite(site: string, after: number, upTo: number, limit: number): readonly Held[] {
    return this.#fresh(all(this.#statements.ofSite(), heldOf, after, upTo, site, limit))
  }

  /** The streams end earlier now; written at once, since the rows behind these heads are gone with this batch. */
  shorten(held: Held, open: StreamHead, internal: StreamHead): Held {
    const next = { ...held, public: open, internal }
    this.#stage(next)
    this.writeHeads([next.key])
    return next
  }

  /** Deletes a conversation whose messages are gone. */
  erase(held: Held): void {
    this.#statements.erase().run(held.key)
    this.#statements.eraseHead().run(held.key)
    this.#newest.delete(held.visitorKey)
    const cell = this.#byKey.get(held.key)
    if (cell === undefined) return
    cell.erased = true
    this.#erased.push(cell)
  }

  markRead(held: Held, role: 'visitor' | 'agent', seq: number): void {
    const upTo = Math.min(seq, held.public.head)
    if (upTo <= held.read[role]) return
    this.#stage({ ...held, read: { ...held.read, [role]: upTo } })
  }

  /** Conversations whose head row is behind, by key: neighbours share a page. */
  dirty(): readonly number[] {
    const keys: number[] = []
    for (const [key, cell] of this.#byKey) if (cell.dirty) keys.push(key)
    return keys.sort((a, b) => a - b)
  }

  /** Writes the head rows as they stand now; inside a transaction. Those who left memory meanwhile were written then. */
  writeHeads(keys: Iterable<number>): void {
    for (const key of keys) {
      const cell = this.#byKey.get(key)
      if (cell !== undefined) this.#writeHead(cell)
    }
  }

  get overfull(): boolean {
    return this.#byKey.size > this.#limit
  }

  /** Picks who leaves memory with this batch, and writes the heads of those; inside a transaction. Who was used lately stays. */
  trim(): void {
    let surplus = this.#byKey.size - this.#limit
    if (surplus <= 0) return
    // Two rounds at most: the first may find that all were used.
    let left = this.#byKey.size * 2
    for (const [key, cell] of this.#byKey) {
      if (surplus <= 0 || left-- <= 0) return
      if (cell.touched || cell.recent || cell.erased) {
        cell.recent = false
        // Behind all others, where this loop meets it again.
        this.#byKey.delete(key)
        this.#byKey.set(key, cell)
        continue
      }
      if (cell.dirty) this.#writeHead(cell)
      this.#leaving.push(cell)
      surplus--
    }
  }

  settle(): void {
    this.#newest.settle()
    this.#newest.shrink(this.#limit)
    for (const cell of this.#touched) {
      cell.settled = undefined
      cell.touched = false
      cell.recent = true
      cell.dirty = true
    }
    for (const cell of this.#written) cell.dirty = false
    for (const cell of [...this.#leaving, ...this.#erased]) this.#forget(cell)
    this.#settledKey = this.#nextKey
    this.#forgetBatch()
  }

  discard(): void {
    this.#newest.discard()
    for (const cell of this.#erased) cell.erased = false
    for (const cell of this.#touched) {
      cell.touched = false
      if (cell.settled === undefined) this.#forget(cell)
      else cell.held = cell.settled
      cell.settled = undefined
    }
    this.#nextKey = this.#settledKey
    this.#forgetBatch()
  }

  #stage(held: Held): void {
    const cell = this.#byKey.get(held.key)
    if (cell === undefined) {
      const fresh = { held, settled: undefined, touched: true, dirty: false, recent: true, erased: false }
      this.#byKey.set(held.key, fresh)
      this.#byId.set(held.id, fresh)
      this.#touched.push(fresh)
      return
    }
    if (!cell.touched) {
      cell.touched = true
      cell.settled = cell.held
      this.#touched.push(cell)
    }
    cell.held = held
  }

  #writeHead(cell: Cell): void {
    if (cell.erased) return
    const { key, public: open, internal, read } = cell.held
    this.#statements
      .writeHead()
      .run(key, open.head, open.headPosition, internal.head, internal.headPosition, read.visitor, read.agent)
    this.#written.push(cell)
  }

  #forget({ held }: Cell): void {
    this.#byKey.delete(held.key)
    this.#byId.delete(held.id)
  }

  #forgetBatch(): void {
    this.#touched = []
    this.#written = []
    this.#leaving = []
    this.#erased = []
  }

  // The database knows who belongs to a list; memory knows the heads.
  #fresh(rows: readonly Held[]): readonly Held[] {
    return rows.map((row) => this.#byKey.get(row.key)?.held ?? row)
  }
}

/** Without the store's own integers. */
export function recordOf(held: Held): ConversationRecord {
  const { key: _key, visitorKey: _visitorKey, ...record } = held
  return record
}

function heldOf(row: Row): Held {
  return {
    key: int(row, 'key'),
    id: text(row, 'id'),
    site: text(row, 'site'),
    visitor: text(row, 'visitor'),
    visitorKey: int(row, 'visitor_key'),
    state: states[int(row, 'state')] ?? 'closed',
    epoch: int(row, 'epoch'),
    owner: textOrNull(row, 'owner'),
    waitingSince: int(row, 'waiting_since'),
    opened: int(row, 'opened'),
    public: { head: int(row, 'public_seq'), headPosition: int(row, 'public_position') },
    internal: { head: int(row, 'internal_seq'), headPosition: int(row, 'internal_position') },
    read: { visitor: int(row, 'read_visitor'), agent: int(row, 'read_agent') },
  }
}
