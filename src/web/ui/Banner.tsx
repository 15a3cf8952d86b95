import type { Connection } from '../../client/contract.ts'
import type { Translate } from '../shared/i18n.ts'
import { bannerKey, useOnline } from '../shared/session-hooks.ts'

export type BannerProps = {
  readonly connection: Connection
  readonly t: Translate
  readonly onRetry: () => void
}

/** Says when the page is cut off, and lets a person end the wait. */
export function Banner({ connection, t, onRetry }: BannerProps) {
  const key = bannerKey(connection, useOnline())
  if (key === undefined) return null
  const reason = connection.phase === 'ended' ? (connection.message ?? String(connection.code)) : ''
  return (
    <div class="banner" role="status">
      <span>{t(key, { reason })}</span>
      <button type="button" class="link-button" onClick={onRetry}>
        {t('connection.retry')}
      </button>
    </div>
  )
}
