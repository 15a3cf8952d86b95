import { type SessionState, type Thread, threadKey } from '../../client/contract.ts'
import type { ConversationSummary, Sender } from '../../protocol/frames.ts'
import { countUnread, type Pending, type Segment } from '../shared/thread.ts'

/** What the visitor's panel shows, out of the session's state. */
export type VisitorView = {
  readonly me: Sender
  /** The newest conversation; the one a send goes to while it is open. */
  readonly current: ConversationSummary | undefined
  readonly segments: readonly Segment[]
  /** The conversations of `segments`. */
  readonly shown: readonly ConversationSummary[]
  readonly pending: readonly Pending[]
  readonly unread: number
  /** Where `loadOlder` continues, or undefined when everything is here. */
  readonly older: string | undefined
  readonly loadingOlder: boolean
}

/** `unreadAfter` is the read cursor of the newest conversation when the panel was opened. */
export function visitorView(
  state: SessionState,
  unreadAfter: { readonly conversation: string; readonly seq: number } | undefined,
): VisitorView {
  const me: Sender = { role: 'visitor', id: state.you?.id ?? '' }
  const oldestFirst = state.conversations.toReversed()
  const threads = new Map<string, Thread>()
  for (const { id } of oldestFirst) {
    const thread = state.threads.get(threadKey(id, 'public'))
    if (thread !== undefined && thread.messages.length > 0) threads.set(id, thread)
  }
  const segments = oldestFirst.flatMap(({ id, read }) => {
    const thread = threads.get(id)
    if (thread === undefined) return []
    return [
      {
        messages: thread.messages,
        readByOther: read.agent,
        unreadAfter: unreadAfter?.conversation === id ? unreadAfter.seq : undefined,
      },
    ]
  })
  let unread = 0
  for (const { id, read } of oldestFirst)
    unread += countUnread(threads.get(id)?.messages ?? [], 'visitor', read.visitor)
  const older = olderThan(state, threads)
  return {
    me,
    current: state.conversations[0],
    segments,
    shown: oldestFirst.filter(({ id }) => threads.has(id)),
    pending: state.pending,
    unread,
    older,
    loadingOlder:
      older !== undefined && (state.threads.get(threadKey(older, 'public'))?.loadingOlder ?? false),
  }
}

// Walks from the newest conversation back to the first whose history is not all here.
function olderThan(state: SessionState, shown: ReadonlyMap<string, Thread>): string | undefined {
  const gap = state.conversations.find(({ id, head }) => head > 0 && shown.get(id)?.complete !== true)
  return gap?.id
}
