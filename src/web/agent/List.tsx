import type { ConversationSummary } from '../../protocol/frames.ts'
import type { Translate } from '../shared/i18n.ts'
import { WaitClock } from '../ui/WaitClock.tsx'
import { visitorName } from './names.ts'
import type { ListRow } from './order.ts'

export type ListProps = {
  readonly t: Translate
  readonly own: readonly ListRow[]
  readonly queue: readonly ListRow[]
  /** All who wait; the snapshot holds at most a hundred of them. */
  readonly waiting: number
  readonly chosen: string | undefined
  readonly listed: boolean
  readonly onChoose: (id: string) => void
  readonly onAccept: (conversation: ConversationSummary) => void
}

export function List({ t, own, queue, waiting, chosen, listed, onChoose, onAccept }: ListProps) {
  const next = queue[0]
  return (
    <nav class="list" aria-label={t('desk.list')}>
      <section aria-labelledby="kf-mine">
        <h2 id="kf-mine">
          {t('desk.mine')} <span class="count">{own.length}</span>
        </h2>
        {own.length === 0 && listed && <p class="list-empty">{t('desk.mine_empty')}</p>}
        <ul>
          {own.map((row) => (
            <RowView key={row.conversation.id} row={row} t={t} chosen={chosen} onChoose={onChoose} />
          ))}
        </ul>
      </section>
      <section aria-labelledby="kf-queue">
        <div class="list-head">
          <h2 id="kf-queue">
            {t('desk.queue')} <span class="count">{waiting}</span>
          </h2>
          {next !== undefined && (
            <button type="button" class="button primary small" onClick={() => onAccept(next.conversation)}>
              {t('desk.accept_next')}
            </button>
          )}
        </div>
        {queue.length === 0 && listed && <p class="list-empty">{t('desk.queue_empty')}</p>}
        <ul>
          {queue.map((row) => (
            <RowView key={row.conversation.id} row={row} t={t} chosen={chosen} onChoose={onChoose} />
          ))}
        </ul>
        {waiting > queue.length && (
          <p class="list-empty">{t('desk.queue_more', { n: waiting - queue.length })}</p>
        )}
      </section>
    </nav>
  )
}

type RowViewProps = {
  readonly row: ListRow
  readonly t: Translate
  readonly chosen: string | undefined
  readonly onChoose: (id: string) => void
}

function RowView({ row, t, chosen, onChoose }: RowViewProps) {
  const { conversation, waitingSince, unread, last } = row
  const isChosen = conversation.id === chosen
  return (
    <li>
      <button
        type="button"
        class="list-row"
        aria-current={isChosen ? 'true' : undefined}
        data-id={conversation.id}
        onClick={() => onChoose(conversation.id)}
      >
        <span class="list-name">
          <i class="dot" data-presence={conversation.visitor?.presence ?? 'unknown'} aria-hidden="true" />
          {visitorName(t, conversation)}
        </span>
        <span class="list-wait">
          {waitingSince === undefined ? (
            <span class="list-answered">{t('desk.answered')}</span>
          ) : (
            <WaitClock since={waitingSince} t={t} />
          )}
        </span>
        <span class="list-last">{last}</span>
        {unread > 0 && (
          <span class="badge">
            <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
            <span class="unseen">
              {unread === 1 ? t('desk.unread_one') : t('desk.unread', { n: unread })}
            </span>
          </span>
        )}
      </button>
    </li>
  )
}
