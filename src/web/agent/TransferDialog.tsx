import { useEffect, useState } from 'preact/hooks'
import type { AgentSummary } from '../../protocol/frames.ts'
import type { TextKey } from '../shared/en.ts'
import { keptToken } from './agent-session.ts'
import type { ConversationProps } from './Conversation.tsx'
import { Dialog } from './Dialog.tsx'

type TransferProps = ConversationProps & {
  /** The epoch under which the agent asked for this. */
  readonly epoch: number
  readonly onDone: () => void
}

/** Whom to give the conversation to: who can take it first, the least loaded of them on top. */
export function TransferDialog({
  session,
  state,
  conversation,
  api,
  t,
  epoch,
  onDone,
  onOutcome,
}: TransferProps) {
  const [fresh, setFresh] = useState<readonly AgentSummary[]>()
  useEffect(() => {
    // NOTE: the session knows the agents there were when it connected; one added since then is known to the server alone.
    void api.agents(keptToken.read()).then(setFresh)
  }, [])
  const others = (fresh ?? state.agents).filter(({ id }) => id !== state.you?.id).toSorted(byChance)

  return (
    <Dialog title={t('desk.transfer_to')} cancel={t('desk.cancel')} onDone={onDone}>
      {others.length === 0 && <p>{t('desk.transfer_none')}</p>}
      <ul class="choices">
        {others.map((agent) => (
          <li key={agent.id}>
            <button
              type="button"
              class="choice"
              disabled={!canTake(agent)}
              onClick={() => {
                onDone()
                const command = {
                  type: 'transfer',
                  conversation: conversation.id,
                  epoch,
                  to: agent.id,
                } as const
                void session.command(command).then(onOutcome)
              }}
            >
              <span class="choice-name">
                <i
                  class="dot"
                  data-presence={canTake(agent) ? agent.presence : 'offline'}
                  aria-hidden="true"
                />
                {agent.name}
              </span>
              <span class="choice-note">
                {t(standing(agent))} ·{t('desk.load', { load: agent.load, capacity: agent.capacity })}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

function canTake(agent: AgentSummary): boolean {
  return agent.status === 'online' && agent.presence !== 'offline' && agent.load < agent.capacity
}

// An agent whose status says online may not be there: the page was closed, or nobody knows since a restart.
function standing({ presence, status }: AgentSummary): TextKey {
  if (presence === 'unknown') return 'presence.unknown'
  return presence === 'offline' ? 'status.offline' : `status.${status}`
}

function byChance(a: AgentSummary, b: AgentSummary): number {
  const chance = (agent: AgentSummary): number => (canTake(agent) ? (agent.presence === 'online' ? 2 : 1) : 0)
  return chance(b) - chance(a) || a.load / a.capacity - b.load / b.capacity
}
