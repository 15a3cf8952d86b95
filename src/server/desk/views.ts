import type { ConversationSummary } from '../../protocol/frames.ts'
import type { AgentView, ConversationView } from '../bus/wire.ts'
import type { ConversationRecord, Store } from '../storage/store.ts'
import { type Book, loadOf } from './book.ts'
import type { Presence } from './presence.ts'

/** What the desk adds to the store's records: names, presence, load. */
export type Views = {
  readonly view: (record: ConversationRecord) => ConversationView
  readonly summary: (record: ConversationRecord, reader: 'visitor' | 'agent') => ConversationSummary
  readonly agents: (site: string) => AgentView[]
  /** The queue's first `limit`, head first, and how many wait in all. */
  readonly queue: (
    site: string,
    limit: number,
  ) => { readonly waiting: number; readonly conversations: ConversationView[] }
}

export type ViewsOptions = {
  readonly book: Book
  readonly presence: Pick<Presence, 'of'>
  readonly store: Pick<Store, 'conversation' | 'directory'>
}

export function createViews({ book, presence, store }: ViewsOptions): Views {
  const ownerName = (owner: string | null): string | undefined => {
    if (owner === null) return undefined
    return book.agent(owner)?.record.name ?? store.directory.agent(owner)?.name
  }

  const view = (record: ConversationRecord): ConversationView => {
    const visitor = store.directory.visitor(record.visitor)
    const name = ownerName(record.owner)
    return {
      ...record,
      ...(name === undefined ? {} : { ownerName: name }),
      visitorPresence: presence.of(record.visitor),
      ...(visitor?.pageUrl === undefined ? {} : { pageUrl: visitor.pageUrl }),
      ...(visitor?.locale === undefined ? {} : { locale: visitor.locale }),
    }
  }

  const summary = (record: ConversationRecord, reader: 'visitor' | 'agent'): ConversationSummary => {
    const name = ownerName(record.owner)
    return {
      id: record.id,
      head: record.public.head,
      ...(reader === 'agent' ? { internal_head: record.internal.head } : {}),
      state: record.state,
      epoch: record.epoch,
      owner: record.owner,
      ...(name === undefined ? {} : { owner_name: name }),
      read: record.read,
      ...(record.state === 'queued' ? { waiting_since: record.waitingSince } : {}),
      ...(reader === 'agent' ? { visitor: visitorOf(record) } : {}),
    }
  }

  const visitorOf = (record: ConversationRecord): NonNullable<ConversationSummary['visitor']> => {
    const visitor = store.directory.visitor(record.visitor)
    return {
      id: record.visitor,
      presence: presence.of(record.visitor),
      ...(visitor?.pageUrl === undefined ? {} : { page_url: visitor.pageUrl }),
      ...(visitor?.locale === undefined ? {} : { locale: visitor.locale }),
    }
  }

  return {
    view,
    summary,
    agents: (site) =>
      book.floor(site).agents.map((agent) => ({
        id: agent.id,
        name: agent.record.name,
        status: agent.record.status,
        presence: agent.presence,
        load: loadOf(agent),
        capacity: agent.record.capacity,
      })),
    queue: (site, limit) => {
      const { queue } = book.floor(site)
      const conversations: ConversationView[] = []
      for (const open of queue.range(0, limit)) {
        const record = store.conversation(open.id)
        if (record !== undefined) conversations.push(view(record))
      }
      return { waiting: queue.size(), conversations }
    },
  }
}
