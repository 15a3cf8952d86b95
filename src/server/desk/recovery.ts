import type { RoutingContext } from '../routing/router.ts'
import type { Fence, Reservation, Store } from '../storage/store.ts'
import type { Agent, Book, Floor } from './book.ts'
import type { Carrier, Submit } from './carrier.ts'

/** Fills the book from the store at a start, and ends what a crash left between reserve and fence. */
export type Recovery = { readonly load: () => void; readonly replay: () => void }

export type RecoveryOptions = {
  readonly book: Book
  readonly carrier: Carrier
  readonly store: Pick<Store, 'conversationsOfAgent' | 'queued' | 'reservations' | 'directory'>
  readonly submit: Submit
  readonly wake: (floor: Floor) => void
  readonly putAgent: (id: string) => Agent | undefined
  readonly groupOf: (
    site: string,
    conversation: string,
    visitor: string,
    attributes: RoutingContext['attributes'],
  ) => string
}

export function createRecovery(options: RecoveryOptions): Recovery {
  const { book, carrier, store, submit, putAgent, groupOf, wake } = options

  const group = (site: string, conversation: string, visitor: string): string =>
    groupOf(site, conversation, visitor, () => store.directory.visitor(visitor))

  const fenceOf = ({ id, conversation, agent, epoch, by }: Reservation): Fence => {
    const name = by.role === 'agent' ? store.directory.agent(by.id)?.name : undefined
    const sender = name === undefined ? by : { ...by, name }
    return { kind: 'fence', id, conversation, epoch, by: sender, change: { to: 'assigned', agent } }
  }

  return {
    load: () => {
      for (const { id } of store.directory.agents()) putAgent(id)
      for (const { id: site } of store.directory.sites()) {
        for (const record of store.queued(site)) book.open(record, group(site, record.id, record.visitor))
        for (const agent of book.floor(site).agents) {
          for (const record of store.conversationsOfAgent(agent.id)) {
            if (record.state !== 'assigned') continue
            const before = { ...record, epoch: record.epoch - 1 }
            book.move(book.open(before, group(site, record.id, record.visitor)), record)
          }
        }
      }
    },
    // The store refuses the obsolete ones, and drops their reservations with that.
    replay: () => {
      const batch = carrier.batch()
      const obsolete: Fence[] = []
      const reserved: Agent[] = []
      for (const reservation of store.reservations()) {
        const open = book.conversation(reservation.conversation)
        if (open === undefined || open.underWay !== undefined) {
          obsolete.push(fenceOf(reservation))
          continue
        }
        batch.add({ open, fence: fenceOf(reservation) })
        const agent = book.agent(reservation.agent)
        if (agent !== undefined) reserved.push(agent)
      }
      for (const agent of reserved) agent.reserved++
      void batch.run().then(() => {
        for (const agent of reserved) {
          agent.reserved--
          wake(agent.floor)
        }
      })
      // Should this fail, they are still there at the next start.
      if (obsolete.length > 0) void submit(obsolete).catch(() => undefined)
    },
  }
}
