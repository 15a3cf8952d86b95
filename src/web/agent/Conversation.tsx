import { useEffect, useMemo, useState } from 'preact/hooks'
import { type Outcome, type Session, type SessionState, threadKey } from '../../client/contract.ts'
import { systemClock } from '../../core/clock.ts'
import type { ConversationSummary, Sender } from '../../protocol/frames.ts'
import type { Drafts } from '../shared/drafts.ts'
import type { Language, Translate } from '../shared/i18n.ts'
import { attemptSend } from '../shared/session-hooks.ts'
import { type Bubble, threadRows } from '../shared/thread.ts'
import { throttleLatest } from '../shared/throttle.ts'
import { Composer } from '../ui/Composer.tsx'
import { useNow } from '../ui/hooks.ts'
import { Thread } from '../ui/Thread.tsx'
import type { Api } from './api.ts'
import { ConversationHead } from './ConversationHead.tsx'
import { senderName } from './names.ts'

export type ConversationProps = {
  readonly session: Session
  readonly state: SessionState
  readonly conversation: ConversationSummary
  readonly api: Api
  readonly t: Translate
  readonly language: Language
  readonly drafts: Drafts
  readonly onBack: () => void
  readonly onAside: () => void
  readonly onAccept: (conversation: ConversationSummary) => void
  readonly onOutcome: (outcome: Outcome) => void
}

/** One conversation's public stream. Mounted anew for each, so that nothing typed or pressed here can reach another. */
export function Conversation(props: ConversationProps) {
  const { session, state, conversation, t } = props
  const { id, epoch } = conversation
  const me: Sender = { role: 'agent', id: state.you?.id ?? '' }
  const isOwn = conversation.state === 'assigned' && conversation.owner === me.id
  const thread = state.threads.get(threadKey(id, 'public'))
  const now = useNow(10_000)
  // The divider stays where it was when the agent came, until the agent leaves.
  const [unreadAfter] = useState(
    conversation.read.agent < conversation.head ? conversation.read.agent : undefined,
  )
  const rows = useMemo(
    () =>
      threadRows({
        segments: [{ messages: thread?.messages ?? [], readByOther: conversation.read.visitor, unreadAfter }],
        pending: thread?.pending ?? [],
        me,
      }),
    [thread, conversation.read.visitor, me.id],
  )
  useEffect(() => {
    if (thread === undefined && state.connection.phase === 'ready') session.loadOlder(id)
  }, [thread === undefined, state.connection.phase])

  const canRetract = (bubble: Bubble): boolean =>
    isOwn && bubble.mine && now - bubble.at < state.limits.retract_within_ms
  return (
    <main class="talk" aria-label={senderName(t, { role: 'visitor', id: '' }, conversation)}>
      <ConversationHead {...props} isOwn={isOwn} />
      <Thread
        rows={rows}
        t={t}
        language={props.language}
        now={now}
        nameOf={(from) => senderName(t, from, conversation)}
        hasOlder={thread !== undefined && !thread.complete}
        loadingOlder={thread?.loadingOlder ?? false}
        onOlder={() => session.loadOlder(id)}
        onSeen={() => {
          if (isOwn && conversation.head > conversation.read.agent) session.markRead(id, conversation.head)
        }}
        onRetry={(message) => session.resend(message, { epoch })}
        onDiscard={(message) => session.discard(message)}
        onRetract={(seq) =>
          void session.command({ type: 'retract', conversation: id, epoch, seq }).then(props.onOutcome)
        }
        canRetract={canRetract}
      />
      <TypingPreview {...props} />
      {isOwn ? <Answer {...props} /> : <NotMine {...props} />}
    </main>
  )
}

function Answer({ session, state, conversation, t, drafts }: ConversationProps) {
  const { id, epoch } = conversation
  const typing = useMemo(
    () => throttleLatest<undefined>(2_000, systemClock, () => session.typing(id)),
    [session, id],
  )
  useEffect(() => typing.cancel, [typing])
  return (
    <Composer
      t={t}
      draft={drafts.read(id)}
      onDraft={(text) => drafts.write(id, text)}
      onSend={(text) => {
        typing.cancel()
        // The conversation and epoch of this drawing: what the agent saw when pressing.
        return attemptSend(t, () => session.send(id, { kind: 'text', text }, { epoch }))
      }}
      onTyping={(text) => {
        if (text !== '') typing.push(undefined)
      }}
      maxChars={state.limits.text_chars}
      focus
    />
  )
}

function NotMine({ conversation, t, onAccept }: ConversationProps) {
  if (conversation.state === 'queued') {
    return (
      <div class="talk-foot">
        <p>{t('desk.queued_note')}</p>
        <button type="button" class="button primary" onClick={() => onAccept(conversation)}>
          {t('desk.accept')}
        </button>
      </div>
    )
  }
  const name = conversation.owner_name ?? t('chat.agent')
  return (
    <div class="talk-foot">
      <p>{conversation.state === 'closed' ? t('desk.closed_note') : t('desk.other_note', { name })}</p>
    </div>
  )
}

function TypingPreview({ state, conversation, t }: ConversationProps) {
  const typing = state.typing.get(conversation.id)
  // An emptied field is sent as an empty preview.
  if (typing?.from.role !== 'visitor' || typing.preview === '') return null
  return (
    <p class="preview" aria-live="off">
      <span class="preview-name">
        {senderName(t, typing.from, conversation)} {t('desk.typing')}
      </span>
      {typing.preview !== undefined && <span class="preview-text">{typing.preview}</span>}
    </p>
  )
}
