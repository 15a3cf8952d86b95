import type { Failed } from '../bus/wire.ts'
import type { Shedder } from '../limits/shedding.ts'
import type { Refusal, StageMetrics } from '../telemetry/stages.ts'
import type { Item, Refused } from './stage.ts'

/**
 * Refusals and the order of senders. After an unknown outcome in a lane (a conversation, on one connection), what was sent
 * behind it is answered `busy` until the refused id comes again: otherwise its retry would stand behind what came after it.
 *
 * Messages are numbered as they come in. A lane remembers the *earliest* that was refused: what came before it goes on, whatever
 * stage it has reached, what came after it waits. So the stages between may have queues and be slow, and one rule holds in all.
 */
export type Refuser = {
  /** Answers the item: its outcome is unknown, the same id is to be sent again. */
  readonly refuse: (item: Item, why: Why, metrics: StageMetrics) => void
  /** True when an earlier one of its lane must come first; it was answered then. */
  readonly heldUp: (item: Item, metrics: StageMetrics) => boolean
}

/** Whoever is held up behind another comes again after so many ms at least. */
const leastRetryMs = 250
/**
 * So long after the time it was told, a sender that sends others and not the refused id has settled it by another copy, whose ack
 * was on its way when this copy was refused. Without this, its conversation would be closed to it until it connects anew.
 */
const forgottenMs = 15_000

export type Why = Exclude<Refusal, 'invalid' | 'lane'>

const texts: { readonly [Reason in Why]: { readonly code: Failed['code']; readonly text: string } } = {
  shed: { code: 'busy', text: 'the store takes longer than it should' },
  full: { code: 'busy', text: 'too many messages wait to be stored' },
  late: { code: 'busy', text: 'the filters took too long' },
  failed: { code: 'internal', text: 'a filter failed, and the server logged it' },
}

export function createRefuser(shedder: Pick<Shedder, 'retryAfterMs'>, monotonic: () => number): Refuser {
  return {
    refuse: (item, why, metrics) => {
      const now = monotonic()
      const retryAfterMs = shedder.retryAfterMs(now)
      metrics.refused[why]++
      mark(item, now + retryAfterMs)
      const { code, text } = texts[why]
      answer(item, code, text, retryAfterMs)
    },
    heldUp: (item, metrics) => {
      const first = heldUpBy(item, monotonic)
      if (first === undefined) return false
      metrics.refused.lane++
      const retryAfterMs = Math.max(leastRetryMs, Math.round(first.untilMs - monotonic()))
      answer(
        item,
        'busy',
        'an earlier message of this conversation was refused; send that one first',
        retryAfterMs,
      )
      return true
    },
  }
}

/** The lane of `item` is closed to what came after it, until its id comes again; the sender was told to wait until then. */
export function mark(item: Item, untilMs: number): void {
  const { origin, frame, n } = item
  origin.refused ??= new Map()
  const key = laneOf(item)
  const first = origin.refused.get(key)
  if (first === undefined || isBefore(n, first.n)) origin.refused.set(key, { id: frame.id, n, untilMs })
}

// Lifts the mark when `item` is what had to come again.
function heldUpBy(item: Item, monotonic: () => number): Refused | undefined {
  const { origin, frame, n } = item
  if (origin.refused === undefined) return undefined
  const key = laneOf(item)
  const first = origin.refused.get(key)
  if (first === undefined || !isBefore(first.n, n)) return undefined
  if (first.id !== frame.id && monotonic() < first.untilMs + forgottenMs) return first
  origin.refused.delete(key)
  if (origin.refused.size === 0) origin.refused = undefined
  return undefined
}

/** Work runs in lanes: one per conversation. A visitor has one open conversation, named or not. */
function laneOf({ origin, frame }: Item): string {
  return origin.caller.role === 'visitor' ? '' : (frame.conversation ?? '')
}

// Numbers wrap at 2³².
function isBefore(one: number, other: number): boolean {
  return ((one - other) | 0) < 0
}

function answer(item: Item, code: Failed['code'], why: string, retryAfterMs: number): void {
  item.origin.answered(item.frame, item.request, {
    status: 'failed',
    code,
    message: `${why}; retry the same id after ${retryAfterMs} ms`,
    retryAfterMs,
  })
}
