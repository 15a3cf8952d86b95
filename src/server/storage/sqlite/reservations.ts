import type { DatabaseSync } from 'node:sqlite'
import type { Reservation } from '../store.ts'
import { all, int, lazily, type Row, text } from './rows.ts'
import { StagedMap } from './staged-map.ts'

/** Assignments under way, and each agent's load: conversations assigned plus reserved. */
export class Reservations {
  readonly #ofConversation = new StagedMap<string, Reservation>()
  readonly #loads = new StagedMap<string, number>()
  readonly #insert
  readonly #delete

  constructor(db: DatabaseSync) {
    this.#insert = lazily(
      db,
      'INSERT INTO reservation (conversation, id, agent, epoch, by_role, by_id) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#delete = lazily(db, 'DELETE FROM reservation WHERE conversation = ?')
    for (const reservation of all(db.prepare('SELECT * FROM reservation'), reservationOf)) {
      this.#ofConversation.set(reservation.conversation, reservation)
      this.addLoad(reservation.agent, 1)
    }
    const owned = db.prepare(
      'SELECT owner, count(*) AS assigned FROM conversation WHERE owner IS NOT NULL GROUP BY owner',
    )
    for (const row of owned.all()) this.addLoad(text(row, 'owner'), int(row, 'assigned'))
    this.settle()
  }

  of(conversation: string): Reservation | undefined {
    return this.#ofConversation.get(conversation)
  }

  all(): readonly Reservation[] {
    return [...this.#ofConversation.values()]
  }

  load(agent: string): number {
    return this.#loads.get(agent) ?? 0
  }

  addLoad(agent: string, change: number): void {
    this.#loads.set(agent, this.load(agent) + change)
  }

  add(reservation: Reservation): void {
    const { conversation, id, agent, epoch, by } = reservation
    this.#insert().run(conversation, id, agent, epoch, by.role, by.id)
    this.#ofConversation.set(conversation, reservation)
    this.addLoad(agent, 1)
  }

  /** Deletes the conversation's reservation, if any, and frees its load. */
  drop(conversation: string): void {
    const reservation = this.#ofConversation.get(conversation)
    if (reservation === undefined) return
    this.#delete().run(conversation)
    this.#ofConversation.delete(conversation)
    this.addLoad(reservation.agent, -1)
  }

  settle(): void {
    this.#ofConversation.settle()
    this.#loads.settle()
  }

  discard(): void {
    this.#ofConversation.discard()
    this.#loads.discard()
  }
}

function reservationOf(row: Row): Reservation {
  const role = text(row, 'by_role')
  return {
    id: text(row, 'id'),
    conversation: text(row, 'conversation'),
    agent: text(row, 'agent'),
    epoch: int(row, 'epoch'),
    by: { role: role === 'visitor' || role === 'agent' ? role : 'system', id: text(row, 'by_id') },
  }
}
