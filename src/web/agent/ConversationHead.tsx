import { useState } from 'preact/hooks'
import { BackIcon, NoteIcon } from '../ui/icons.tsx'
import type { ConversationProps } from './Conversation.tsx'
import { Dialog } from './Dialog.tsx'
import { senderName, visitorName } from './names.ts'

type HeadProps = ConversationProps & { readonly isOwn: boolean }
type Asking = 'transfer' | 'release' | 'close'

export function ConversationHead(props: HeadProps) {
  const { session, conversation, t, isOwn } = props
  const [asking, setAsking] = useState<{ readonly what: Asking; readonly epoch: number }>()
  const presence = conversation.visitor?.presence ?? 'unknown'
  // The epoch when the agent pressed, not the one when the answer is given: what changed meanwhile is refused.
  const ask = (what: Asking): void => setAsking({ what, epoch: conversation.epoch })
  const done = (): void => setAsking(undefined)

  return (
    <header class="talk-head">
      <button
        type="button"
        class="icon-button only-narrow"
        aria-label={t('desk.back')}
        onClick={props.onBack}
      >
        <BackIcon />
      </button>
      <div class="talk-who">
        <h2>{visitorName(t, conversation)}</h2>
        <p>
          <i class="dot" data-presence={presence} aria-hidden="true" />
          {t(`presence.${presence}`)}
        </p>
      </div>
      {isOwn && (
        <div class="talk-actions">
          <button type="button" class="button" onClick={() => ask('transfer')}>
            {t('desk.transfer')}
          </button>
          <button type="button" class="button" onClick={() => ask('release')}>
            {t('desk.release')}
          </button>
          <button type="button" class="button" onClick={() => ask('close')}>
            {t('desk.close')}
          </button>
        </div>
      )}
      <button
        type="button"
        class="icon-button only-middle"
        aria-label={t('desk.details')}
        onClick={props.onAside}
      >
        <NoteIcon />
      </button>
      {asking?.what === 'transfer' && <TransferDialog {...props} epoch={asking.epoch} onDone={done} />}
      {(asking?.what === 'release' || asking?.what === 'close') && (
        <Dialog
          title={t(asking.what === 'close' ? 'desk.closing' : 'desk.releasing')}
          cancel={t('desk.cancel')}
          onDone={done}
        >
          <button
            type="button"
            class="button primary"
            onClick={() => {
              done()
              const { what, epoch } = asking
              if (what !== 'transfer')
                void session
                  .command({ type: what, conversation: conversation.id, epoch })
                  .then(props.onOutcome)
            }}
          >
            {t('desk.confirm')}
          </button>
        </Dialog>
      )}
    </header>
  )
}

type TransferProps = HeadProps & { readonly epoch: number; readonly onDone: () => void }

function TransferDialog({ session, state, conversation, t, epoch, onDone, onOutcome }: TransferProps) {
  const others = state.agents
    .filter(({ id }) => id !== state.you?.id)
    .toSorted((a, b) => rank(a.status) - rank(b.status) || a.load / a.capacity - b.load / b.capacity)
  return (
    <Dialog title={t('desk.transfer_to')} cancel={t('desk.cancel')} onDone={onDone}>
      {others.length === 0 && <p>{t('desk.transfer_none')}</p>}
      <ul class="choices">
        {others.map((agent) => (
          <li key={agent.id}>
            <button
              type="button"
              class="choice"
              disabled={agent.status !== 'online'}
              onClick={() => {
                onDone()
                void session
                  .command({ type: 'transfer', conversation: conversation.id, epoch, to: agent.id })
                  .then(onOutcome)
              }}
            >
              <span class="choice-name">
                <i
                  class="dot"
                  data-presence={agent.status === 'online' ? agent.presence : 'offline'}
                  aria-hidden="true"
                />
                {senderName(t, { role: 'agent', id: agent.id, name: agent.name }, conversation)}
              </span>
              <span class="choice-note">
                {t(`status.${agent.status}`)} ·{' '}
                {t('desk.load', { load: agent.load, capacity: agent.capacity })}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

function rank(status: 'online' | 'away' | 'offline'): number {
  return status === 'online' ? 0 : status === 'away' ? 1 : 2
}
