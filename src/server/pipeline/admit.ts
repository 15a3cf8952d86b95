import type { MessageLimits } from '../limits/filter.ts'
import type { Shedder } from '../limits/shedding.ts'
import type { StageMetrics } from '../telemetry/stages.ts'
import type { Refuser } from './refusal.ts'
import type { Item, Stage } from './stage.ts'

export type AdmitPorts = {
  readonly refuser: Refuser
  readonly shedder: Pick<Shedder, 'observe'>
  readonly limits?: Pick<MessageLimits, 'wait' | 'turnedAway'> | undefined
  /** How long the oldest unanswered request has waited, ms; 0 when none does. */
  readonly waitedMs: () => number
  readonly monotonic: () => number
  /** Of the stage it is the door of. */
  readonly metrics: StageMetrics
}

/**
 * The door behind parse: has messages numbered as they come in, and refuses what need not go on before anything more is spent on it:
 * what is behind a refused one, new messages while the store does not keep up, and what is over a rate limit. Acks, reads, history
 * and agents' commands are never refused because the store is slow.
 */
export function createAdmit({
  refuser,
  limits,
  shedder,
  waitedMs,
  monotonic,
  metrics,
}: AdmitPorts): Stage<Item, Item> {
  return (batch) => {
    const shed = shedder.observe(monotonic(), waitedMs())
    let kept: Item[] | undefined
    for (const [place, item] of batch.entries()) {
      if (isAdmitted(item, shed)) kept?.push(item)
      else kept ??= batch.slice(0, place)
    }
    return kept ?? batch
  }

  function isAdmitted(item: Item, shed: boolean): boolean {
    if (refuser.turnedAway(item, metrics)) {
      limits?.turnedAway(item)
      return false
    }
    if (shed && item.frame.type === 'send') {
      refuser.refuse(item, 'shed', metrics)
      return false
    }
    // Last: what is refused for another reason uses no allowance up.
    const waitMs = limits?.wait(item) ?? 0
    if (waitMs === 0) return true
    refuser.limit(item, waitMs, metrics)
    return false
  }
}
