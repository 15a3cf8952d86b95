import { useState } from 'preact/hooks'
import { BackIcon, NoteIcon } from '../ui/icons.tsx'
import type { ConversationProps } from './Conversation.tsx'
import { Dialog } from './Dialog.tsx'
import { visitorName } from './names.ts'
import { TransferDialog } from './TransferDialog.tsx'

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
