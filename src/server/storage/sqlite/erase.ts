import type { DatabaseSync } from 'node:sqlite'
import type { Erase, Outcome, StreamHead } from '../store.ts'
import type { Tables } from './batch.ts'
import type { Held } from './conversations.ts'
import { rejected } from './outcome.ts'
import { all, lazily, text } from './rows.ts'
import { StagedMap } from './staged-map.ts'

/** How far the walk over keys has come; begun anew after a start, which finds less each time. */
type Cursor = { readonly conversation: number; readonly sender: number }

/** Keys looked at in one operation, whoever they belong to: some milliseconds. */
const keysAtOnce = 10_000

/** Which sites are erased or being erased, and what an erasure writes by itself. */
export class Erasure {
  readonly #sites = new StagedMap<string, 1>()
  readonly #cursors = new StagedMap<string, Cursor>()
  readonly #mark
  readonly #floors
  readonly #sessions
  readonly #agent
  readonly #site

  constructor(db: DatabaseSync) {
    for (const id of all(db.prepare('SELECT id FROM erased_site'), (row) => text(row, 'id'))) {
      this.#sites.set(id, 1)
    }
    this.#sites.settle()
    this.#mark = lazily(db, 'INSERT OR IGNORE INTO erased_site (id) VALUES (?)')
    this.#floors = lazily(db, 'UPDATE meta SET position_floor = ?, conversation_floor = ?, sender_floor = ?')
    this.#sessions = lazily(db, 'DELETE FROM session WHERE agent = ?')
    this.#agent = lazily(db, 'DELETE FROM agent WHERE id = ?')
    this.#site = lazily(db, 'DELETE FROM site WHERE id = ?')
  }

  get any(): boolean {
    return this.#sites.size > 0
  }

  /** Nothing is stored for this site any more. */
  holds(site: string): boolean {
    return this.any && this.#sites.get(site) !== undefined
  }

  begin(site: string): void {
    this.#mark().run(site)
    this.#sites.set(site, 1)
  }

  cursor(site: string): Cursor {
    return this.#cursors.get(site) ?? { conversation: 0, sender: 0 }
  }

  move(site: string, cursor: Cursor): void {
    this.#cursors.set(site, cursor)
  }

  keepNumbers(position: number, conversation: number, sender: number): void {
    this.#floors().run(position, conversation, sender)
  }

  dropAgent(id: string): void {
    this.#sessions().run(id)
    this.#agent().run(id)
  }

  dropSite(id: string): void {
    this.#site().run(id)
    this.#cursors.delete(id)
  }

  settle(): void {
    this.#sites.settle()
    this.#cursors.settle()
  }

  discard(): void {
    this.#sites.discard()
    this.#cursors.discard()
  }
}

/**
 * One slice of an erasure, about `limit` rows: messages and their conversation, then visitors, then agents, then the site.
 * A stream is cut from its end, and its head moves along, so that what is left is a whole stream after every slice.
 */
export function erase(tables: Tables, { site, limit }: Erase): Outcome {
  const { erasure, directory, messages, conversations, senders } = tables
  const record = directory.site(site)
  if (record === undefined) {
    return erasure.holds(site) ? erased(0, true) : rejected('not_found', `No site ${site}.`)
  }
  if (!record.sealed) return rejected('forbidden', `Site ${site} is not sealed: only those can be erased.`)
  erasure.begin(site)
  erasure.keepNumbers(messages.last, conversations.lastKey, senders.lastKey)
  if (limit <= 0) return erased(0, false)
  return (
    eraseConversations(tables, site, limit) ??
    eraseVisitors(tables, site, limit) ??
    eraseRest(tables, site, limit)
  )
}

function eraseConversations(tables: Tables, site: string, limit: number): Outcome | undefined {
  const { conversations, erasure } = tables
  const cursor = erasure.cursor(site)
  if (cursor.conversation >= conversations.lastKey) return undefined
  const upTo = cursor.conversation + keysAtOnce
  const found = conversations.ofSite(site, cursor.conversation, upTo, limit)
  let left = limit
  let done = cursor.conversation
  for (const held of found) {
    const cut = cutStreams(tables, held, left)
    left -= cut.removed
    if (left <= 0) break
    dropConversation(tables, cut.held)
    left -= 1
    done = held.key
    if (left <= 0) break
  }
  const whole = left > 0 && found.length < limit
  erasure.move(site, { ...cursor, conversation: whole ? upTo : done })
  // Nothing was found up to the last key: this slice goes on, so that each one removes something, a start before each or not.
  return left === limit && upTo >= conversations.lastKey ? undefined : erased(limit - left, false)
}

function cutStreams(
  tables: Tables,
  held: Held,
  limit: number,
): { readonly held: Held; readonly removed: number } {
  let removed = 0
  const cut = (from: StreamHead): StreamHead => {
    let head = from
    while (head.head > 0 && removed < limit) {
      const previous = tables.messages.cut(head.headPosition)
      head = { head: head.head - 1, headPosition: previous ?? 0 }
      removed += 1
    }
    return head
  }
  const internal = cut(held.internal)
  const open = cut(held.public)
  return { held: removed === 0 ? held : tables.conversations.shorten(held, open, internal), removed }
}

function dropConversation(tables: Tables, held: Held): void {
  tables.reservations.drop(held.id)
  if (held.owner !== null) tables.reservations.addLoad(held.owner, -1)
  tables.conversations.erase(held)
}

function eraseVisitors(tables: Tables, site: string, limit: number): Outcome | undefined {
  const { senders, erasure } = tables
  const cursor = erasure.cursor(site)
  if (cursor.sender >= senders.lastKey) return undefined
  const upTo = cursor.sender + keysAtOnce
  const found = senders.ofSite(site, cursor.sender, upTo, limit)
  for (const entry of found) senders.erase(entry)
  const last = found.at(-1)
  const whole = last === undefined || found.length < limit
  erasure.move(site, { ...cursor, sender: whole ? upTo : last.key })
  return found.length === 0 && upTo >= senders.lastKey ? undefined : erased(found.length, false)
}

function eraseRest(tables: Tables, site: string, limit: number): Outcome {
  const { directory, senders, erasure } = tables
  const agents = directory.agents(site).slice(0, limit)
  for (const agent of agents) {
    const entry = senders.find('agent', agent.id)
    if (entry !== undefined) senders.erase(entry)
    erasure.dropAgent(agent.id)
  }
  if (agents.length === limit) return erased(limit, false)
  erasure.dropSite(site)
  return erased(agents.length + 1, true)
}

function erased(removed: number, done: boolean): Outcome {
  return { status: 'erased', removed, done }
}
