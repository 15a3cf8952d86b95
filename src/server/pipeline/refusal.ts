import type { Failed } from '../bus/wire.ts'
import type { Shedder } from '../limits/shedding.ts'
import type { Refusal, StageMetrics } from '../telemetry/stages.ts'
import type { Item, Refused } from './stage.ts'

/**
 * Refusals and the order of senders. After an unknown outcome in a lane (a conversation, on one connection), what was sent
 * behind it is answered `busy` until the refused id comes again: otherwise its retry would stand behind what came after it.
 *
 * Messages are numbered at the door, in the order they came. What was behind a refused one is found in two places:
 *
 * - *at the door*: new ones wait until the earliest refused id of their lane has come again;
 * - *under way*, in a stage that takes its time: they are marked as overtaken, and refused when they come to the next stage,
 *   even if the refused id has come again meanwhile: it stands behind them.
 *
 * What was sent before a refused one goes on, whatever stage it has reached.
 */
export type Refuser = {
  /** Numbers an item at the door; true when it must wait for an earlier one of its lane, and was told so. */
  readonly turnedAway: (item: Item, metrics: StageMetrics) => boolean
  /** True when an earlier one of its lane was refused while this one was under way, and it was told so. */
  readonly overtaken: (item: Item, metrics: StageMetrics) => boolean
  /** Answers the item: its outcome is unknown, the same id is to be sent again. */
  readonly refuse: (item: Item, why: Why, metrics: StageMetrics) => void
  /** Like `refuse`, for who is over a rate limit and may come again after `waitMs`. */
  readonly limit: (item: Item, waitMs: number, metrics: StageMetrics) => void
  /** The item was answered: its outcome is unknown, its sender was told to wait `retryAfterMs`. */
  readonly unknown: (item: Item, retryAfterMs: number) => void
}

export type RefuserPorts = {
  readonly shedder: Pick<Shedder, 'retryAfterMs'>
  readonly monotonic: () => number
  /** Messages between the door and persist. */
  readonly underWay: () => number
}

export type Why = Exclude<Refusal, 'invalid' | 'lane' | 'limited'>

/** Whoever waits for another comes again after so many ms at least. */
const leastRetryMs = 250
/**
 * So long after the time it was told, a sender that sends others and not the refused id has settled it by another copy, whose ack
 * was on its way when this copy was refused. Without this, its conversation would be closed to it until it connects anew.
 */
const forgottenMs = 15_000

const texts: { readonly [Reason in Why]: { readonly code: Failed['code']; readonly text: string } } = {
  shed: { code: 'busy', text: 'the store takes longer than it should' },
  full: { code: 'busy', text: 'too many messages wait to be stored' },
  late: { code: 'busy', text: 'the filters took too long' },
  failed: { code: 'internal', text: 'a filter failed, and the server logged it' },
}

export function createRefuser({ shedder, monotonic, underWay }: RefuserPorts): Refuser {
  // The last one that came in.
  let number = 0

  const unknown = (item: Item, retryAfterMs: number): void => {
    // What is overtaken is not the first of anything: what overtook it is.
    if (isOvertaken(item)) return
    const { origin, frame, n } = item
    origin.refused ??= new Map()
    const key = laneOf(item)
    let lane = origin.refused.get(key)
    if (lane === undefined) {
      lane = { first: undefined, overtaken: [] }
      origin.refused.set(key, lane)
    }
    if (lane.first === undefined || isBefore(n, lane.first.n)) {
      lane.first = { id: frame.id, n, untilMs: monotonic() + retryAfterMs }
    }
    if (n !== number) lane.overtaken.push(n, number)
  }

  const behind = (item: Item, lane: Refused, metrics: StageMetrics): true => {
    metrics.refused.lane++
    const restMs = lane.first === undefined ? 0 : Math.round(lane.first.untilMs - monotonic())
    answer(
      item,
      'busy',
      'an earlier message of this conversation was refused; send that one first',
      Math.max(leastRetryMs, restMs),
    )
    return true
  }

  return {
    turnedAway: (item, metrics) => {
      number = (number + 1) | 0
      item.n = number
      const { origin, frame } = item
      if (origin.refused === undefined) return false
      const key = laneOf(item)
      const lane = origin.refused.get(key)
      if (lane === undefined) return false
      const { first } = lane
      if (first !== undefined && first.id !== frame.id && monotonic() < first.untilMs + forgottenMs) {
        return behind(item, lane, metrics)
      }
      lane.first = undefined
      // Nothing is under way that could be overtaken.
      if (underWay() === 0) lane.overtaken.length = 0
      if (lane.overtaken.length === 0) origin.refused.delete(key)
      if (origin.refused.size === 0) origin.refused = undefined
      return false
    },
    overtaken: (item, metrics) => {
      const lane = item.origin.refused?.get(laneOf(item))
      if (lane === undefined) return false
      forgetBefore(item.n, lane.overtaken)
      return isWithin(item.n, lane.overtaken) && behind(item, lane, metrics)
    },
    refuse: (item, why, metrics) => {
      const retryAfterMs = shedder.retryAfterMs(monotonic())
      metrics.refused[why]++
      // These, too, come in the order of their lane.
      if (why === 'late' || why === 'failed') {
        const lane = item.origin.refused?.get(laneOf(item))
        if (lane !== undefined) forgetBefore(item.n, lane.overtaken)
      }
      unknown(item, retryAfterMs)
      const { code, text } = texts[why]
      answer(item, code, text, retryAfterMs)
    },
    limit: (item, waitMs, metrics) => {
      metrics.refused.limited++
      unknown(item, waitMs)
      answer(item, 'rate_limited', 'too many messages', waitMs)
    },
    unknown,
  }
}

function isOvertaken(item: Item): boolean {
  const lane = item.origin.refused?.get(laneOf(item))
  return lane !== undefined && isWithin(item.n, lane.overtaken)
}

// Items leave a stage in the order of their lane: what was before `n` is gone.
function forgetBefore(n: number, pairs: number[]): void {
  let gone = 0
  while (gone < pairs.length && isBefore(pairs[gone + 1] ?? 0, n)) gone += 2
  if (gone > 0) pairs.splice(0, gone)
}

function isWithin(n: number, pairs: readonly number[]): boolean {
  for (let at = 0; at < pairs.length; at += 2) {
    if (isBefore(pairs[at] ?? 0, n) && !isBefore(pairs[at + 1] ?? 0, n)) return true
  }
  return false
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
