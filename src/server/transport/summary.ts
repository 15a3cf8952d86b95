import type { AgentSummary, ConversationSummary } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import type { AgentView, ConversationView } from '../bus/wire.ts'

/** A conversation as this caller may see it: the internal stream and the visitor's page are the agents'. */
export function summaryFor(caller: Caller, view: ConversationView): ConversationSummary {
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

export function agentSummary({ id, name, status, presence, load, capacity }: AgentView): AgentSummary {
  return { id, name, status, presence, load, capacity }
}
