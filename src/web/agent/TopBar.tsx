import type { Session, SessionState } from '../../client/contract.ts'
import type { AgentStatus } from '../../protocol/frames.ts'
import type { Translate } from '../shared/i18n.ts'

/** What an agent chooses from; `offline` is what closing the page means. */
const statuses = ['online', 'away'] as const satisfies readonly AgentStatus[]

export type TopBarProps = {
  readonly session: Session
  readonly state: SessionState
  readonly t: Translate
  readonly onLogout: () => void
}

export function TopBar({ session, state, t, onLogout }: TopBarProps) {
  const status = state.status ?? 'offline'
  return (
    <header class="top">
      <span class="top-brand" aria-hidden="true">
        kf
      </span>
      <h1>{t('agent.title')}</h1>
      <div class="top-status" role="radiogroup" aria-label={t('status.label')} data-status={status}>
        {statuses.map((value) => (
          <label key={value} data-chosen={status === value} data-status={value}>
            <input
              type="radio"
              name="status"
              checked={status === value}
              onChange={() => session.setStatus(value)}
            />
            <i aria-hidden="true" />
            {t(`status.${value}`)}
          </label>
        ))}
      </div>
      <span class="top-me">{state.you?.name}</span>
      <button type="button" class="button" onClick={onLogout}>
        {t('desk.logout')}
      </button>
    </header>
  )
}
