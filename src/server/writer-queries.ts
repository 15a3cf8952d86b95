import { serverLimits } from '../protocol/limits.ts'
import type { Query, QueryResult } from './bus/wire.ts'
import type { Desk } from './desk/desk.ts'
import type { Store } from './storage/store.ts'

/** What workers ask of the state that only the writer has: heads, owners, the queue. All from memory but for what was evicted. */
export function answerQuery(query: Query, store: Store, desk: Desk): QueryResult {
  switch (query.kind) {
    case 'visitor':
      return ofVisitor(query, store, desk)
    case 'agent':
      return ofAgent(query, store, desk)
    case 'conversation': {
      const record = store.conversation(query.conversation)
      return { conversations: record === undefined ? [] : [desk.view(record)] }
    }
    case 'queue':
      return desk.queue(query.site, serverLimits.queue_snapshot)
    case 'floor':
      return { conversations: [], agents: desk.agents(query.site) }
  }
}

function ofVisitor(query: Extract<Query, { kind: 'visitor' }>, store: Store, desk: Desk): QueryResult {
  const limit = serverLimits.conversations_page
  const records = store.conversationsOfVisitor(query.visitor, limit, query.before)
  const last = records.at(-1)
  const queued = records.find((record) => record.state === 'queued')
  const place = queued === undefined ? undefined : desk.place(queued.id)
  return {
    conversations: records.map((record) => desk.view(record)),
    ...(records.length === limit && last !== undefined ? { more: last.opened } : {}),
    ...(place === undefined ? {} : { place }),
  }
}

function ofAgent(query: Extract<Query, { kind: 'agent' }>, store: Store, desk: Desk): QueryResult {
  const own = store.conversationsOfAgent(query.agent)
  const held = new Set(own.map((record) => record.id))
  const also = query.also
    .filter((id) => !held.has(id))
    .map((id) => store.conversation(id))
    .filter((record) => record?.site === query.site)
  const { conversations: queue, waiting } = desk.queue(query.site, serverLimits.queue_snapshot)
  return {
    conversations: [...own, ...also].flatMap((record) => (record === undefined ? [] : [desk.view(record)])),
    agents: desk.agents(query.site),
    queue,
    waiting,
  }
}
