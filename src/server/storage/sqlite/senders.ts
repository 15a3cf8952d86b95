import type { DatabaseSync } from 'node:sqlite'
import type { Role } from '../../../protocol/frames.ts'
import type { VisitorRecord } from '../store.ts'
import { all, int, lazily, one, type Row, text, textOrNull } from './rows.ts'
import { StagedMap } from './staged-map.ts'

/** A sender as rows refer to it. `site` is null for agents and the system. */
export type SenderEntry = {
  readonly key: number
  readonly role: Role
  readonly id: string
  readonly site: string | null
}

const roleNumbers = { visitor: 0, agent: 1, system: 2 } as const satisfies Record<Role, number>
const roleNames = ['visitor', 'agent', 'system'] as const satisfies readonly Role[]

export function roleOf(number: number): Role {
  return roleNames[number] ?? 'system'
}

/** Interns senders as small integers; a copy of the used ones stays in memory. */
export class Senders {
  readonly #cache = {
    visitor: new StagedMap<string, SenderEntry>(),
    agent: new StagedMap<string, SenderEntry>(),
    system: new StagedMap<string, SenderEntry>(),
  }
  readonly #byKey = new StagedMap<number, SenderEntry>()
  readonly #find
  readonly #findByKey
  readonly #insert
  readonly #refresh
  readonly #ofSite
  readonly #erase
  readonly #limit: number
  #nextKey: number
  #settledKey: number

  constructor(db: DatabaseSync, limit: number) {
    this.#find = db.prepare('SELECT key, role, id, site FROM sender WHERE id = ? AND role = ?')
    this.#findByKey = db.prepare('SELECT key, role, id, site FROM sender WHERE key = ?')
    this.#insert = lazily(
      db,
      'INSERT INTO sender (key, role, id, site, token_hash, page_url, locale) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#refresh = lazily(
      db,
      'UPDATE sender SET page_url = coalesce(?, page_url), locale = coalesce(?, locale) WHERE key = ?',
    )
    this.#ofSite = lazily(
      db,
      'SELECT key, role, id, site FROM sender WHERE key > ? AND key <= ? AND site = ? ORDER BY key LIMIT ?',
    )
    this.#erase = lazily(db, 'DELETE FROM sender WHERE key = ?')
    this.#limit = limit
    this.#nextKey =
      (one(
        db.prepare('SELECT max((SELECT coalesce(max(key), 0) FROM sender), sender_floor) AS last FROM meta'),
        (row) => int(row, 'last'),
      ) ?? 0) + 1
    this.#settledKey = this.#nextKey
  }

  find(role: Role, id: string): SenderEntry | undefined {
    const cache = this.#cache[role]
    const held = cache.get(id)
    if (held !== undefined) return held
    const found = one(this.#find, entryOf, id, roleNumbers[role])
    if (found !== undefined) cache.set(id, found)
    return found
  }

  byKey(key: number): SenderEntry | undefined {
    const held = this.#byKey.get(key)
    if (held !== undefined) return held
    const found = one(this.#findByKey, entryOf, key)
    if (found !== undefined) this.#byKey.set(key, found)
    return found
  }

  /** An agent or the system: interned with its first event or message. */
  intern(role: 'agent' | 'system', id: string): SenderEntry {
    return this.find(role, id) ?? this.#add(role, id, null, null, null, null)
  }

  addVisitor(visitor: VisitorRecord): SenderEntry {
    return this.#add(
      'visitor',
      visitor.id,
      visitor.site,
      visitor.tokenHash,
      visitor.pageUrl ?? null,
      visitor.locale ?? null,
    )
  }

  /** Where the visitor is now, and its language; the credential stays as it was first stored. */
  refreshVisitor(entry: SenderEntry, visitor: VisitorRecord): void {
    this.#refresh().run(visitor.pageUrl ?? null, visitor.locale ?? null, entry.key)
  }

  get lastKey(): number {
    return this.#nextKey - 1
  }

  /** Visitors of a site among the keys above `after` up to `upTo`, ascending. */
  ofSite(site: string, after: number, upTo: number, limit: number): readonly SenderEntry[] {
    return all(this.#ofSite(), entryOf, after, upTo, site, limit)
  }

  erase(entry: SenderEntry): void {
    this.#erase().run(entry.key)
    this.#cache[entry.role].delete(entry.id)
    this.#byKey.delete(entry.key)
  }

  settle(): void {
    this.#settledKey = this.#nextKey
    for (const cache of [...Object.values(this.#cache), this.#byKey]) {
      cache.settle()
      cache.shrink(this.#limit)
    }
  }

  discard(): void {
    this.#nextKey = this.#settledKey
    for (const cache of [...Object.values(this.#cache), this.#byKey]) cache.discard()
  }

  #add(
    role: Role,
    id: string,
    site: string | null,
    tokenHash: string | null,
    pageUrl: string | null,
    locale: string | null,
  ): SenderEntry {
    const entry = { key: this.#nextKey++, role, id, site }
    this.#insert().run(entry.key, roleNumbers[role], id, site, tokenHash, pageUrl, locale)
    this.#cache[role].set(id, entry)
    return entry
  }
}

function entryOf(row: Row): SenderEntry {
  return {
    key: int(row, 'key'),
    role: roleOf(int(row, 'role')),
    id: text(row, 'id'),
    site: textOrNull(row, 'site'),
  }
}
