import type { Clock } from '../../core/clock.ts'
import type { ConfirmBy } from '../storage/revisions.ts'
import { say } from './sentences.ts'

/** How the node does, while a revision waits for its confirm. Counters only grow; one that shrank belonged to a process that ended. */
export type Health = {
  /** Why the node is not ready; empty while it is. */
  readonly notReady: readonly string[]
  /** Processes that ended and were replaced. */
  readonly restarts: number
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
    if (clock.now() >= confirm.by) return say('not_in_time')
    const [reason] = now.notReady
    if (reason !== undefined) return say('readiness', { reason })
    // It may be ready again by now, but its counters began anew, and it ended under this revision.
    if (now.restarts > first.restarts) return say('restarted')
    const taken = now.taken - first.taken
    const refused = now.refused - first.refused
    if (refused >= guardBounds.refusedAtLeast && refused > taken * guardBounds.refusedShare) {
      const count = Math.max(taken, refused)
      const share = ((100 * refused) / count).toFixed(1)
      return say('refused_share', { share, count, bound: guardBounds.refusedShare * 100 })
    }
    return undefined
  }
}
