import type { ConversationSummary, Sender } from '../../protocol/frames.ts'
import type { Translate } from '../shared/i18n.ts'

/** A visitor has no name yet: the end of its id tells two of them apart. */
export function visitorName(t: Translate, conversation: ConversationSummary): string {
  return t('desk.visitor_id', { id: (conversation.visitor?.id ?? conversation.id).slice(-4).toUpperCase() })
}

export function senderName(t: Translate, from: Sender, conversation: ConversationSummary): string {
  if (from.role === 'visitor') return from.name ?? visitorName(t, conversation)
  return from.name ?? t('chat.agent')
}
