import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Body, EventBody, Sender } from '../../protocol/frames.ts'
import { errorText, type Language, type Translate } from '../shared/i18n.ts'
import { splitLinks } from '../shared/links.ts'
import { type Bubble, type Row, statusBubble } from '../shared/thread.ts'
import { dateText, timeText } from '../shared/time.ts'
import { useVisible } from './hooks.ts'
import { useStickyScroll } from './sticky.ts'

export type ThreadProps = {
  readonly rows: readonly Row[]
  readonly t: Translate
  readonly language: Language
  /** Wall time, ms: decides which day is today. */
  readonly now: number
  readonly nameOf: (from: Sender) => string
  readonly hasOlder: boolean
  readonly loadingOlder: boolean
  readonly onOlder: () => void
  /** The newest row is on a visible screen. Called again after each change; cheap to call. */
  readonly onSeen: () => void
  readonly onRetry: (id: string) => void
  readonly onDiscard: (id: string) => void
  readonly onRetract?: (seq: number) => void
  readonly canRetract?: (bubble: Bubble) => boolean
  readonly children?: ComponentChildren
}

/** A scrolling log of messages. Sticks to the bottom only while it is there; what comes otherwise is counted in a pill. */
export function Thread(props: ThreadProps) {
  const { rows, t } = props
  const scroll = useStickyScroll(rows)
  const visible = useVisible()
  const status = statusBubble(rows)
  const seen = scroll.atBottom && visible
  useEffect(() => {
    if (seen) props.onSeen()
  }, [seen, rows])
  useEffect(() => {
    if (scroll.atTop && props.hasOlder && !props.loadingOlder) props.onOlder()
  }, [scroll.atTop, props.hasOlder, props.loadingOlder])

  return (
    <div class="thread">
      <div
        class="thread-scroll"
        ref={scroll.scroller}
        onScroll={scroll.onScroll}
        tabIndex={0}
        role="log"
        aria-label={t('thread.label')}
        aria-live="polite"
      >
        <div class="thread-rows" ref={scroll.content}>
          {props.hasOlder && (
            <button
              type="button"
              class="quiet-button thread-older"
              disabled={props.loadingOlder}
              onClick={props.onOlder}
            >
              {t(props.loadingOlder ? 'thread.loading' : 'thread.older')}
            </button>
          )}
          {rows.map((row) => (
            <RowView key={row.key} row={row} spelled={row.key === status} {...props} />
          ))}
          {props.children}
        </div>
      </div>
      {!scroll.atBottom && (
        <button
          type="button"
          class="pill"
          data-new={scroll.missed}
          onClick={scroll.toBottom}
          aria-label={scroll.missed === 0 ? t('thread.bottom') : undefined}
        >
          {scroll.missed > 0 && (
            <span>{scroll.missed === 1 ? t('thread.new_one') : t('thread.new', { n: scroll.missed })}</span>
          )}
          <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  )
}

type RowViewProps = ThreadProps & { readonly row: Row; readonly spelled: boolean }

function RowView({ row, spelled, ...props }: RowViewProps) {
  const { t } = props
  switch (row.kind) {
    case 'date':
      return (
        <div class="row-date" data-key={row.key}>
          <time dateTime={new Date(row.at).toISOString()}>{dateText(row.at, props.now, props.language)}</time>
        </div>
      )
    case 'unread':
      return (
        <div class="row-unread" data-key={row.key}>
          <span>{t('thread.unread')}</span>
        </div>
      )
    case 'event':
      return (
        <div class="row-event" data-key={row.key} data-event={row.body.event}>
          {eventText(t, row.body)}
        </div>
      )
    case 'retracted':
      return (
        <div class="row-event" data-key={row.key} data-event="retracted">
          {row.mine ? t('thread.retracted_you') : t('thread.retracted', { name: props.nameOf(row.from) })}
        </div>
      )
    case 'bubble':
      return <BubbleView bubble={row} spelled={spelled} {...props} />
  }
}

function BubbleView({
  bubble,
  spelled,
  ...props
}: ThreadProps & { readonly bubble: Bubble; readonly spelled: boolean }) {
  const { t } = props
  const { state, error, seq } = bubble
  const time = timeText(bubble.at, props.language)
  const who = bubble.mine ? t('thread.you') : props.nameOf(bubble.from)
  return (
    <div
      class="row-bubble"
      data-key={bubble.key}
      data-mine={bubble.mine}
      data-own={bubble.own}
      data-state={state}
      data-first={bubble.first}
      data-last={bubble.last}
      data-seq={seq}
    >
      {!bubble.mine && bubble.first && <div class="bubble-name">{who}</div>}
      <div class="bubble-line">
        <div class="bubble" title={time}>
          <span class="unseen">{`${who}, ${time}: `}</span>
          <BodyView body={bubble.body} t={t} />
        </div>
        {seq !== undefined && props.onRetract !== undefined && props.canRetract?.(bubble) === true && (
          <button type="button" class="quiet-button bubble-retract" onClick={() => props.onRetract?.(seq)}>
            {t('thread.retract')}
          </button>
        )}
      </div>
      {state === 'failed' && (
        <div class="bubble-state" role="alert">
          <span class="danger">{t('state.failed')}</span>
          {error !== undefined && (
            <span class="bubble-reason">{errorText(t, error.code, error.message)}</span>
          )}
          <button type="button" class="link-button" onClick={() => props.onRetry(bubble.id)}>
            {t('state.retry')}
          </button>
          <button type="button" class="link-button" onClick={() => props.onDiscard(bubble.id)}>
            {t('state.discard')}
          </button>
        </div>
      )}
      {spelled && state !== 'failed' && state !== 'received' && (
        <div class="bubble-state" aria-live="off">
          {t(`state.${state}`)}
        </div>
      )}
    </div>
  )
}

function BodyView({ body, t }: { readonly body: Body; readonly t: Translate }) {
  switch (body.kind) {
    case 'text':
      return <LinkedText text={body.text} />
    case 'file':
      return <>{t('thread.file', { name: body.file.name })}</>
    case 'card':
      return (
        <>
          <strong>{body.title}</strong>
          {body.text !== undefined && <div>{body.text}</div>}
          {body.url !== undefined && <LinkedText text={body.url} />}
        </>
      )
    default:
      return null
  }
}

function LinkedText({ text }: { readonly text: string }) {
  return (
    <>
      {splitLinks(text).map((part, i) =>
        part.href === undefined ? (
          part.text
        ) : (
          <a key={i} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </>
  )
}

export function eventText(t: Translate, body: EventBody): string {
  switch (body.event) {
    case 'assigned':
      return t('event.assigned', { name: body.owner_name })
    case 'transferred':
      return t('event.transferred', { name: body.owner_name })
    case 'released':
      return t('event.released')
    case 'closed':
      return t(body.reason === 'idle' ? 'event.closed_idle' : 'event.closed')
    case 'retracted':
      return ''
  }
}
