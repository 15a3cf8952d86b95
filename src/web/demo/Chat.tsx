import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Session, SessionState } from '../../client/contract.ts'
import { systemClock } from '../../core/clock.ts'
import { attempt, drafts } from '../shared/drafts.ts'
import type { Language, Translate } from '../shared/i18n.ts'
import { storageOf } from '../shared/ports.ts'
import { attemptSend, useProbes, useSession } from '../shared/session-hooks.ts'
import { threadRows } from '../shared/thread.ts'
import { previewOf, throttleLatest } from '../shared/throttle.ts'
import { Banner } from '../ui/Banner.tsx'
import { Composer } from '../ui/Composer.tsx'
import { useNow, useTitle, useVisualViewport } from '../ui/hooks.ts'
import { ChatIcon, DownIcon } from '../ui/icons.tsx'
import { Thread } from '../ui/Thread.tsx'
import { type VisitorView, visitorView } from './view.ts'

export type ChatProps = {
  readonly session: Session
  readonly site: string
  readonly t: Translate
  readonly language: Language
  readonly title: string
}

/** The launcher and, once opened, the panel. The launcher is fixed in its corner: the shop's page never moves for it. */
export function Chat({ session, site, t, language, title }: ChatProps) {
  const state = useSession(session)
  useProbes(session)
  useVisualViewport()
  const memory = useMemo(() => storageOf('sessionStorage'), [])
  const [open, setOpen] = useState(() => attempt(() => memory?.getItem('kf.open')) === 'yes')
  const [divider, setDivider] = useState<Divider>()
  const launcher = useRef<HTMLButtonElement>(null)
  const view = visitorView(state, divider)
  useTitle(title, view.unread)

  const show = (wanted: boolean): void => {
    attempt(() => memory?.setItem('kf.open', wanted ? 'yes' : 'no'))
    const { current } = view
    setDivider(
      wanted && current !== undefined && view.unread > 0
        ? { conversation: current.id, seq: current.read.visitor }
        : undefined,
    )
    setOpen(wanted)
    if (!wanted) launcher.current?.focus({ preventScroll: true })
  }

  return (
    <div class="chat" data-open={open} data-phase={state.connection.phase}>
      <button
        ref={launcher}
        type="button"
        class="launcher"
        aria-expanded={open}
        aria-controls="kf-panel"
        aria-label={open ? t('chat.close') : launcherLabel(t, view.unread)}
        onClick={() => show(!open)}
      >
        {open ? <DownIcon /> : <ChatIcon />}
        {!open && view.unread > 0 && (
          <span class="badge" aria-hidden="true">
            {view.unread > 99 ? '99+' : view.unread}
          </span>
        )}
      </button>
      {open && (
        <Panel
          session={session}
          site={site}
          state={state}
          view={view}
          t={t}
          language={language}
          onClose={() => show(false)}
        />
      )}
    </div>
  )
}

type Divider = { readonly conversation: string; readonly seq: number }

type PanelProps = Omit<ChatProps, 'title'> & {
  readonly state: SessionState
  readonly view: VisitorView
  readonly onClose: () => void
}

function Panel({ session, site, state, view, t, language, onClose }: PanelProps) {
  const now = useNow(30_000)
  const kept = useMemo(() => drafts(storageOf('sessionStorage'), `kf.draft.${site}.`), [site])
  const typing = useMemo(
    () => throttleLatest<string>(1_000, systemClock, (text) => session.typing(openId(session), text)),
    [session],
  )
  useEffect(() => typing.cancel, [typing])
  const { current } = view
  const rows = useMemo(
    () => threadRows(view),
    [
      state.threads,
      state.pending,
      state.conversations,
      state.you,
      view.segments.map((segment) => segment.unreadAfter).join(),
    ],
  )
  const agentName = current?.owner_name ?? t('chat.agent')
  const typist = current === undefined ? undefined : state.typing.get(current.id)

  return (
    <section
      id="kf-panel"
      class="panel"
      role="dialog"
      aria-label={t('chat.title')}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.isComposing) onClose()
      }}
    >
      <header class="panel-head">
        <div class="panel-who">
          <span
            class="panel-avatar"
            aria-hidden="true"
            data-presence={current === undefined ? undefined : state.presence.get(current.id)}
          >
            {current?.owner_name === undefined ? <ChatIcon /> : initialOf(current.owner_name)}
          </span>
          <div>
            <h2>{t('chat.title')}</h2>
            <p>
              {current?.state === 'assigned' ? t('chat.with', { name: agentName }) : t('chat.reply_soon')}
            </p>
          </div>
        </div>
        <button type="button" class="icon-button" aria-label={t('chat.close')} onClick={onClose}>
          <DownIcon />
        </button>
      </header>
      <Banner
        connection={state.connection}
        t={t}
        onRetry={() => (state.connection.phase === 'ended' ? session.start() : session.kick())}
      />
      <Thread
        rows={rows}
        t={t}
        language={language}
        now={now}
        nameOf={(from) => from.name ?? agentName}
        hasOlder={view.older !== undefined && state.listed}
        loadingOlder={view.loadingOlder}
        onOlder={() => {
          if (view.older !== undefined) session.loadOlder(view.older)
        }}
        onSeen={() => {
          for (const { id, head, read } of view.shown) if (head > read.visitor) session.markRead(id, head)
        }}
        onRetry={(id) => session.resend(id)}
        onDiscard={(id) => session.discard(id)}
      >
        {rows.length === 0 && <p class="thread-hello">{t('chat.hello')}</p>}
        {current?.state === 'closed' && view.pending.length === 0 && (
          <p class="row-event">{t('chat.ended')}</p>
        )}
        {typist !== undefined && (
          <TypingDots label={t('chat.typing', { name: typist.from.name ?? agentName })} />
        )}
      </Thread>
      <QueueLine state={state} t={t} />
      <Composer
        t={t}
        draft={kept.read('visitor')}
        onDraft={(text) => kept.write('visitor', text)}
        onSend={(text) => {
          typing.cancel()
          return attemptSend(t, () => session.send(openId(session), { kind: 'text', text }))
        }}
        onTyping={(text) => typing.push(previewOf(text, state.limits.preview_chars))}
        maxChars={state.limits.text_chars}
        focus
      />
    </section>
  )
}

// The server decides where a send goes once this conversation is closed, so the page names none then.
function openId(session: Session): string | undefined {
  const current = session.state.conversations[0]
  return current === undefined || current.state === 'closed' ? undefined : current.id
}

function QueueLine({ state, t }: { readonly state: SessionState; readonly t: Translate }) {
  const { position } = state
  if (position === undefined) return null
  const n = position.position
  const text =
    n <= 1
      ? t('chat.queue_next')
      : position.etaS === null
        ? t('chat.queue', { n })
        : t('chat.queue_eta', { n, minutes: Math.max(1, Math.round(position.etaS / 60)) })
  return (
    <p class="queue-line" role="status">
      {text}
    </p>
  )
}

function TypingDots({ label }: { readonly label: string }) {
  return (
    <div class="typing" role="status" aria-label={label} title={label}>
      <i />
      <i />
      <i />
    </div>
  )
}

function launcherLabel(t: Translate, unread: number): string {
  if (unread === 0) return t('chat.open')
  return unread === 1 ? t('chat.open_unread_one') : t('chat.open_unread', { n: unread })
}

function initialOf(name: string): string {
  return (Array.from(name)[0] ?? '').toUpperCase()
}
