import {
  type Connection,
  type PendingMessage,
  type SessionState,
  type Thread,
  threadKey,
} from './contract.ts'
import type { Model } from './model.ts'
import type { ThreadModel } from './thread.ts'

/** The immutable state of one instant; made only when someone looks. */
export function viewOf(connection: Connection, { people, threads, outbox, limits }: Model): SessionState {
  const { you, site, position, queue, agents, status, typing, presence, listed } = people
  const pending = outbox.pending()
  return {
    connection,
    you,
    site,
    limits,
    conversations: people.list(),
    threads: threadViews(threads.all(), pending),
    pending,
    position,
    queue,
    agents,
    status,
    typing,
    presence,
    listed,
  }
}

function threadViews(
  threads: ReadonlyMap<string, ThreadModel>,
  pending: readonly PendingMessage[],
): ReadonlyMap<string, Thread> {
  const byThread = new Map<string, PendingMessage[]>()
  for (const message of pending) {
    if (message.conversation === undefined) continue
    const key = threadKey(message.conversation, message.stream)
    const list = byThread.get(key)
    if (list === undefined) byThread.set(key, [message])
    else list.push(message)
  }
  return new Map([...threads].map(([key, thread]) => [key, thread.view(byThread.get(key) ?? [])]))
}
