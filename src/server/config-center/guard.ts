import type { Clock } from '../../core/clock.ts'
import type { ConfirmBy } from '../storage/revisions.ts'

/** How the node does, while a revision waits for its confirm. Counters only grow; one that shrank belonged to a process that ended. */
export type Health = {
  /** Why the node is not ready; empty while it is. */
  readonly notReady: readonly string[]
  readonly taken: number
  readonly refused: number
}

/** More than this share of messages refused since the revision became live, and at least so many of them. */
export const guardBounds = { refusedShare: 0.05, refusedAtLeast: 20 } as const

/** Watches one window; asked again and again, it says why the revision must go, once there is a reason. */
export function createGuard(
  confirm: ConfirmBy,
  first: Health,
  clock: Clock,
): (now: Health) => string | undefined {
  return (now) => {
    if (clock.now() >= confirm.by) return 'it was not confirmed in time'
    const [reason] = now.notReady
    if (reason !== undefined) return `readiness failed: ${reason}`
    const taken = now.taken - first.taken
    const refused = now.refused - first.refused
    if (refused >= guardBounds.refusedAtLeast && refused > taken * guardBounds.refusedShare) {
      const share = ((100 * refused) / Math.max(taken, refused)).toFixed(1)
      return `${share} % of ${Math.max(taken, refused)} messages were refused (bound ${guardBounds.refusedShare * 100} %)`
    }
    return undefined
  }
}
