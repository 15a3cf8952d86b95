import type { Translate } from '../shared/i18n.ts'
import { clockText } from '../shared/time.ts'
import { useNow } from './hooks.ts'

/** From here on a wait is long, and then too long, ms. */
const warmMs = 60_000
const hotMs = 180_000

/** How long somebody has waited, counting. Not announced: a screen reader reads it when it comes to it. */
export function WaitClock({ since, t }: { readonly since: number; readonly t: Translate }) {
  const elapsed = useNow(1_000) - since
  const time = clockText(elapsed)
  const heat = elapsed >= hotMs ? 'hot' : elapsed >= warmMs ? 'warm' : 'cool'
  return (
    <span class="wait" data-heat={heat} title={t('desk.waits', { time })} aria-live="off">
      {time}
    </span>
  )
}
