import type { StreamName } from '../../protocol/frames.ts'
import type { AgentRecord, ConversationRecord, VisitorRecord } from '../storage/store.ts'

/**
 * Who may see and do what, decided in one place for the socket and for REST. What depends on the epoch (only the owner
 * writes to the public stream) is decided by the store, inside the transaction.
 */

/** Whose it is, as authorisation sees it; the same for the socket and for REST. `site` is the site's id. */
export type Caller = VisitorCaller | AgentCaller

export type VisitorCaller = {
  readonly role: 'visitor'
  readonly id: string
  readonly site: string
  /** Goes into the store with the first send. */
  readonly record: VisitorRecord
}

export type AgentCaller = {
  readonly role: 'agent'
  readonly id: string
  readonly site: string
  readonly name: string
  readonly agentRole: AgentRecord['role']
  readonly tokenHash: string
}

/** A visitor reads its own conversations, an agent all of its site. */
export function mayReadConversation(
  caller: Caller,
  conversation: Pick<ConversationRecord, 'site' | 'visitor'>,
): boolean {
  if (conversation.site !== caller.site) return false
  return caller.role === 'agent' || conversation.visitor === caller.id
}

/** Notes and whispers are for agents only. */
export function mayReadStream(
  caller: Caller,
  conversation: Pick<ConversationRecord, 'site' | 'visitor'>,
  stream: StreamName,
): boolean {
  return mayReadConversation(caller, conversation) && (stream === 'public' || caller.role === 'agent')
}
