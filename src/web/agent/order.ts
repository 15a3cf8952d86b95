import type { ThreadMessage } from '../../client/contract.ts'
import type { ConversationSummary } from '../../protocol/frames.ts'
import { countUnread } from '../shared/thread.ts'

/** A line of the agent's list. */
export type ListRow = {
  readonly conversation: ConversationSummary
  /** Since when the visitor waits for an answer, ms since the epoch; undefined when answered. */
  readonly waitingSince: number | undefined
  readonly unread: number
  /** What was written last, one line of it. */
  readonly last: string | undefined
}

export type MessagesOf = (conversation: string) => readonly ThreadMessage[]

/** One's own conversations: who waits for an answer first, longest first; then the answered ones, latest news first. */
export function ownRows(
  conversations: readonly ConversationSummary[],
  me: string,
  messagesOf: MessagesOf,
): readonly ListRow[] {
  return conversations
    .filter(({ owner, state }) => owner === me && state === 'assigned')
    .map((conversation) => {
      const messages = messagesOf(conversation.id)
      const waitingSince = messages.length === 0 ? conversation.waiting_since : unansweredSince(messages)
      return { row: listRow(conversation, messages, waitingSince), newest: messages.at(-1)?.at ?? 0 }
    })
    .sort((a, b) => byWait(a.row, b.row) || b.newest - a.newest || byId(a.row, b.row))
    .map(({ row }) => row)
}

/** The queue, longest wait first, as the server says it. Nothing in it is unread: nobody was to read it yet. */
export function queueRows(
  conversations: readonly ConversationSummary[],
  messagesOf: MessagesOf,
): readonly ListRow[] {
  return conversations
    .map((conversation) => ({
      ...listRow(conversation, messagesOf(conversation.id), conversation.waiting_since),
      unread: 0,
    }))
    .sort((a, b) => byWait(a, b) || byId(a, b))
}

/** When the first of the visitor's messages came that no agent has answered yet; undefined when there is none. */
export function unansweredSince(messages: readonly ThreadMessage[]): number | undefined {
  let since: number | undefined
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i]
    if (message === undefined || message.from.role === 'agent') {
      // An agent's own event (it accepted, say) is no answer.
      if (message?.body.kind === 'event') continue
      break
    }
    if (message.from.role === 'visitor') since = message.at
  }
  return since
}

/** The row `step` lines further, for the keyboard; the first or last one from nowhere. */
export function neighbour(
  ids: readonly string[],
  chosen: string | undefined,
  step: 1 | -1,
): string | undefined {
  const at = chosen === undefined ? -1 : ids.indexOf(chosen)
  if (at === -1) return step === 1 ? ids[0] : ids.at(-1)
  return ids[Math.min(Math.max(at + step, 0), ids.length - 1)]
}

function listRow(
  conversation: ConversationSummary,
  messages: readonly ThreadMessage[],
  waitingSince: number | undefined,
): ListRow {
  const last = messages.findLast(({ body }) => body.kind === 'text')
  return {
    conversation,
    waitingSince,
    unread: countUnread(messages, 'agent', conversation.read.agent),
    last: last?.body.kind === 'text' ? last.body.text.replace(/\s+/g, ' ').slice(0, 120) : undefined,
  }
}

function byWait(a: ListRow, b: ListRow): number {
  return (a.waitingSince ?? Number.MAX_SAFE_INTEGER) - (b.waitingSince ?? Number.MAX_SAFE_INTEGER)
}

// Equal rows must not change places from one drawing to the next.
function byId(a: ListRow, b: ListRow): number {
  return a.conversation.id < b.conversation.id ? -1 : 1
}
