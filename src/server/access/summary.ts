import type { AgentSummary, ConversationSummary } from '../../protocol/frames.ts'
import type { AgentView, ConversationView } from '../bus/wire.ts'
import type { Caller } from './authorise.ts'

/** What a caller may see of a conversation: internal head and the visitor's data are for agents. */
export function summaryFor(caller: Pick<Caller, 'role'>, view: ConversationView): ConversationSummary {
  const shared = {
    id: view.id,
    head: view.public.head,
    state: view.state,
    epoch: view.epoch,
    owner: view.owner,
    ...(view.ownerName === undefined ? {} : { owner_name: view.ownerName }),
    read: view.read,
    ...(view.state === 'closed' ? {} : { waiting_since: view.waitingSince }),
  }
  if (caller.role === 'visitor') return shared
  return {
    ...shared,
    internal_head: view.internal.head,
    visitor: {
      id: view.visitor,
      presence: view.visitorPresence,
      ...(view.pageUrl === undefined ? {} : { page_url: view.pageUrl }),
      ...(view.locale === undefined ? {} : { locale: view.locale }),
    },
  }
}

export function agentSummary(view: AgentView): AgentSummary {
  const { id, name, status, presence, load, capacity } = view
  return { id, name, status, presence, load, capacity }
}
