import type { AgentCommand, Send } from '../protocol/frames.ts'
import type { PendingMessage } from './contract.ts'

/** What goes through an outbox and is answered. */
export type Laned = Send | AgentCommand

export type Entry = {
  readonly id: string
  readonly lane: string
  readonly frame: Laned
  readonly made: number
  readonly attempt: number
  readonly status: 'waiting' | 'sent' | 'failed'
  /** How often it went out on this connection without an answer yet. */
  readonly copies: number
  /** On the monotonic clock. */
  readonly sentAt: number
  /** The server answered this connection that it does not know the outcome. */
  readonly refused: boolean
  /** Settled already; it only stays until every copy is answered, and goes again to lift a refusal. */
  readonly told: boolean
  readonly error?: { readonly code: string; readonly message: string }
}

/** What an entry begins with. */
export const fresh = { attempt: 0, copies: 0, sentAt: 0, refused: false, told: false } as const

const views = new WeakMap<Entry, PendingMessage>()

/** As a page shows it: one message, or none for a command or what is settled already. */
export function pendingOf(entry: Entry): readonly PendingMessage[] {
  const { id, frame, made, status, error } = entry
  if (frame.type !== 'send' || entry.told) return []
  const view = views.get(entry) ?? {
    id,
    conversation: frame.conversation,
    stream: frame.stream ?? 'public',
    body: frame.body,
    made,
    status: status === 'sent' ? 'sending' : status,
    ...(error === undefined ? {} : { error }),
  }
  views.set(entry, view)
  return [view]
}
