import { useEffect, useMemo } from 'preact/hooks'
import { type Session, type SessionState, threadKey } from '../../client/contract.ts'
import type { ConversationSummary, Sender } from '../../protocol/frames.ts'
import type { Drafts } from '../shared/drafts.ts'
import type { Language, Translate } from '../shared/i18n.ts'
import { attemptSend } from '../shared/session-hooks.ts'
import { threadRows } from '../shared/thread.ts'
import { Composer } from '../ui/Composer.tsx'
import { useNow } from '../ui/hooks.ts'
import { BackIcon } from '../ui/icons.tsx'
import { Thread } from '../ui/Thread.tsx'
import { senderName, visitorName } from './names.ts'

export type SideProps = {
  readonly session: Session
  readonly state: SessionState
  readonly conversation: ConversationSummary
  readonly t: Translate
  readonly language: Language
  readonly drafts: Drafts
  readonly onClose: () => void
}

/** What agents alone see: the visitor's data and the internal stream, apart from what the visitor reads. */
export function Side(props: SideProps) {
  const { conversation, t } = props
  const { visitor } = conversation
  return (
    <aside class="side" aria-label={t('desk.details')}>
      <div class="side-head only-middle">
        <button type="button" class="icon-button" aria-label={t('desk.back')} onClick={props.onClose}>
          <BackIcon />
        </button>
      </div>
      <section class="facts">
        <h2>{visitorName(t, conversation)}</h2>
        <dl>
          <dt>{t('desk.presence')}</dt>
          <dd>{t(`presence.${visitor?.presence ?? 'unknown'}`)}</dd>
          {visitor?.page_url !== undefined && (
            <>
              <dt>{t('desk.page')}</dt>
              <dd>{visitor.page_url}</dd>
            </>
          )}
          {visitor?.locale !== undefined && (
            <>
              <dt>{t('desk.language')}</dt>
              <dd>{visitor.locale}</dd>
            </>
          )}
        </dl>
      </section>
      <Notes {...props} />
    </aside>
  )
}

function Notes({ session, state, conversation, t, language, drafts }: SideProps) {
  const { id } = conversation
  const me: Sender = { role: 'agent', id: state.you?.id ?? '' }
  const now = useNow(30_000)
  const thread = state.threads.get(threadKey(id, 'internal'))
  const rows = useMemo(
    () =>
      threadRows({
        segments: [{ messages: thread?.messages ?? [], readByOther: 0 }],
        pending: thread?.pending ?? [],
        me,
      }),
    [thread, me.id],
  )
  useEffect(() => {
    if (thread === undefined && state.connection.phase === 'ready') session.loadOlder(id, 'internal')
  }, [thread === undefined, state.connection.phase])
  const draftKey = `${id}.notes`

  return (
    <section class="notes" aria-labelledby="kf-notes">
      <h2 id="kf-notes">
        {t('desk.notes')} <span>{t('desk.notes_hint')}</span>
      </h2>
      <Thread
        rows={rows}
        t={t}
        language={language}
        now={now}
        nameOf={(from) => senderName(t, from, conversation)}
        hasOlder={thread !== undefined && !thread.complete}
        loadingOlder={thread?.loadingOlder ?? false}
        onOlder={() => session.loadOlder(id, 'internal')}
        onSeen={() => undefined}
        onRetry={(message) => session.resend(message)}
        onDiscard={(message) => session.discard(message)}
      />
      <Composer
        t={t}
        draft={drafts.read(draftKey)}
        onDraft={(text) => drafts.write(draftKey, text)}
        onSend={(text) => {
          return attemptSend(t, () => session.send(id, { kind: 'text', text }, { stream: 'internal' }))
        }}
        maxChars={state.limits.text_chars}
        label={t('desk.notes')}
        placeholder={t('desk.note_placeholder')}
        action={t('desk.note_save')}
      />
    </section>
  )
}
