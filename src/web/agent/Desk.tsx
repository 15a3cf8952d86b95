import { useEffect, useMemo, useState } from 'preact/hooks'
import { type Outcome, type Session, type SessionState, threadKey } from '../../client/contract.ts'
import type { ConversationSummary } from '../../protocol/frames.ts'
import { drafts } from '../shared/drafts.ts'
import { errorText, type Language, type Translate } from '../shared/i18n.ts'
import { storageOf } from '../shared/ports.ts'
import { Banner } from '../ui/Banner.tsx'
import { useTitle } from '../ui/hooks.ts'
import type { Api } from './api.ts'
import { Conversation } from './Conversation.tsx'
import { List } from './List.tsx'
import { useNotice } from './notice.ts'
import { neighbour, ownRows, queueRows } from './order.ts'
import { Side } from './Side.tsx'
import { TopBar } from './TopBar.tsx'

export type DeskProps = {
  readonly session: Session
  readonly state: SessionState
  readonly api: Api
  readonly t: Translate
  readonly language: Language
  readonly onLogout: () => void
}

const queuePreviews = 10

/** Three panes: the list, the thread, and what agents know about the visitor. */
export function Desk({ session, state, api, t, language, onLogout }: DeskProps) {
  const [chosen, setChosen] = useState<string>()
  const [aside, setAside] = useState(false)
  const { notice, show } = useNotice()
  const kept = useMemo(() => drafts(storageOf('sessionStorage'), 'kf.agent.draft.'), [])
  const me = state.you?.id ?? ''
  const messagesOf = (id: string) => state.threads.get(threadKey(id, 'public'))?.messages ?? []
  const own = useMemo(
    () => ownRows(state.conversations, me, messagesOf),
    [state.conversations, state.threads, me],
  )
  const queue = useMemo(() => queueRows(state.queue.conversations, messagesOf), [state.queue, state.threads])
  const current = useChosen(state, chosen)
  useTitle(t('agent.title'), own.reduce((sum, row) => sum + row.unread, 0) + state.queue.waiting)

  const choose = (id: string | undefined): void => {
    setChosen(id)
    setAside(false)
  }
  const settle = (outcome: Outcome): void => {
    if (outcome.status === 'rejected') show(errorText(t, outcome.code, outcome.message))
  }
  const accept = ({ id, epoch }: ConversationSummary): void => {
    choose(id)
    void session.command({ type: 'accept', conversation: id, epoch }).then(settle)
  }

  useEffect(() => {
    // Those next in line show what they ask, before anybody accepts them.
    for (const { conversation } of queue.slice(0, queuePreviews)) {
      if (!state.threads.has(threadKey(conversation.id, 'public'))) session.loadOlder(conversation.id)
    }
  }, [queue])

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return
      const ids = [...own, ...queue].map((row) => row.conversation.id)
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault()
        choose(neighbour(ids, chosen, event.key === 'ArrowDown' ? 1 : -1))
      } else if (event.code === 'KeyA') {
        event.preventDefault()
        const next = queue[0]?.conversation
        if (next !== undefined) accept(next)
      }
    }
    window.addEventListener('keydown', onKey)
    return () => {
      window.removeEventListener('keydown', onKey)
    }
  })

  return (
    <div
      class="desk"
      data-chosen={current !== undefined}
      data-aside={aside}
      data-phase={state.connection.phase}
    >
      <TopBar session={session} state={state} t={t} onLogout={onLogout} />
      <Banner
        connection={state.connection}
        t={t}
        onRetry={() => (state.connection.phase === 'ended' ? session.start() : session.kick())}
      />
      {notice !== undefined && (
        <p class="notice" role="alert">
          {notice}
        </p>
      )}
      <div class="panes">
        <List
          t={t}
          own={own}
          queue={queue}
          waiting={state.queue.waiting}
          chosen={current?.id}
          listed={state.listed}
          onChoose={choose}
          onAccept={accept}
        />
        {current === undefined ? (
          <main class="pane-empty">
            <h2>{t('desk.none_title')}</h2>
            <p>{t('desk.none')}</p>
            <p class="pane-keys">{t('desk.keys')}</p>
          </main>
        ) : (
          <>
            <Conversation
              key={current.id}
              session={session}
              state={state}
              conversation={current}
              api={api}
              t={t}
              language={language}
              drafts={kept}
              onBack={() => choose(undefined)}
              onAside={() => setAside(!aside)}
              onAccept={accept}
              onOutcome={settle}
            />
            <Side
              key={`side ${current.id}`}
              session={session}
              state={state}
              conversation={current}
              t={t}
              language={language}
              drafts={kept}
              onClose={() => setAside(false)}
            />
          </>
        )}
      </div>
    </div>
  )
}

/**
 * The chosen conversation wherever it stands now. NOTE: one that has been closed or taken over leaves both lists; it stays
 * on the screen as it was last seen until the agent turns elsewhere, so that no half-written answer changes its addressee.
 */
function useChosen(state: SessionState, chosen: string | undefined): ConversationSummary | undefined {
  const [last, setLast] = useState<ConversationSummary>()
  const found =
    state.conversations.find(({ id }) => id === chosen) ??
    state.queue.conversations.find(({ id }) => id === chosen)
  useEffect(() => {
    if (found !== undefined) setLast(found)
  }, [found])
  if (chosen === undefined) return undefined
  return found ?? (last?.id === chosen ? last : undefined)
}
