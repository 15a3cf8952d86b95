import type { Answer, Delivered, Request } from '../bus/wire.ts'
import type { Asker } from '../bus/writer-link.ts'
import type { Append, Stored } from '../storage/store.ts'
import type { StageMetrics } from '../telemetry/stages.ts'
import { type Item, microseconds, type Origin, type Stage } from './stage.ts'

export type PersistPorts = {
  /** Queues a request for the writer; false when as many wait as may. */
  readonly ask: (request: Request, asker: Asker, token: unknown) => boolean
  /** How long the oldest unanswered request has waited, ms; 0 when none does. */
  readonly waitedMs: () => number
  /** 0 … 1, for spreading retries. */
  readonly random: () => number
  /** Hands a committed message to the sessions of its audience on this worker, but not to `except`. */
  readonly publish: (message: Delivered, except: Origin) => void
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
}

export type Persist = {
  readonly persist: Stage<Item, Item>
  /** All answers of one batch of the writer's were told: ends the measuring of the answer stage. */
  readonly settled: () => void
}

const leastRetryMs = 250

/**
 * Asks the writer and, after the commit, answers the sender and publishes to the audience.
 *
 * After an unknown outcome for a conversation, later sends there get `busy` until the refused id comes again: otherwise
 * a retry would stand behind what was sent after it.
 */
export function createPersist(
  ports: PersistPorts & {
    readonly metrics: { readonly persist: StageMetrics; readonly answer: StageMetrics }
  },
): Persist {
  const { monotonic, metrics } = ports
  // When the first answer of the writer's current batch was told; undefined between batches.
  let answeringAt: number | undefined
  const asker: Asker = {
    answered: (token, request, answer) => {
      // The token is the item that `ask` was given below.
      const item = token as Item
      answeringAt ??= monotonic()
      metrics.answer.in++
      metrics.persist.wait?.observe(((microseconds(answeringAt) - item.askedAt) | 0) / 1e6)
      if (answer.status === 'failed') metrics.answer.refused.failed++
      else metrics.answer.out++
      if (answer.status === 'stored' && request.kind === 'append') publishStored(item, request, answer)
      if (answer.status === 'failed') refuse(item, true)
      item.origin.answered(item.frame, request, answer)
    },
  }

  const publishStored = (item: Item, request: Append, stored: Stored): void => {
    const to = stored.stream === 'public' ? [stored.visitor] : []
    if (stored.owner !== null) to.push(stored.owner)
    ports.publish(
      {
        conversation: stored.conversation,
        stream: stored.stream,
        seq: stored.seq,
        id: request.id,
        from: request.sender,
        body: request.body,
        at: stored.at,
        position: stored.position,
        to,
      },
      item.origin,
    )
  }

  const persist: Stage<Item, Item> = (batch) => {
    const began = monotonic()
    const askedAt = microseconds(began)
    const { refused } = metrics.persist
    let asked = 0
    for (const item of batch) {
      const { origin, frame, request, verdict } = item
      if (request === undefined) continue
      item.askedAt = askedAt
      if (verdict !== undefined && request.kind !== 'append') {
        origin.answered(frame, request, { status: 'rejected', ...verdict })
      } else if (mustWait(item)) {
        refused.lane++
        origin.answered(
          frame,
          request,
          busy(ports, 'an earlier message of this conversation was refused; send that one first'),
        )
      } else if (ports.ask(request, asker, item)) {
        asked++
      } else {
        refused.full++
        refuse(item, false)
        origin.answered(frame, request, busy(ports, 'too many messages wait to be stored'))
      }
    }
    metrics.persist.in += batch.length
    metrics.persist.out += asked
    metrics.persist.seconds.observe((monotonic() - began) / 1000)
    return batch
  }

  return {
    persist,
    settled: () => {
      if (answeringAt === undefined) return
      metrics.answer.seconds.observe((monotonic() - answeringAt) / 1000)
      answeringAt = undefined
    },
  }
}

// A queue empties in about as long as its head has waited: whoever comes again sooner only keeps it full. Measured at 20,000
// visitors: a fixed 250 ms turned a backlog of seconds into 80,000 retries a second, which never ended.
function busy({ waitedMs, random }: PersistPorts, why: string): Answer {
  const retryAfterMs = Math.round(Math.max(leastRetryMs, waitedMs()) * (0.75 + random() / 2))
  return {
    status: 'failed',
    code: 'busy',
    message: `${why}; retry the same id after ${retryAfterMs} ms`,
    retryAfterMs,
  }
}

function mustWait({ origin, frame }: Item): boolean {
  const { refused } = origin
  if (refused === undefined) return false
  const key = laneOf(origin, frame.conversation)
  const waitingFor = refused.get(key)
  if (waitingFor === undefined) return false
  if (waitingFor.id !== frame.id) return true
  refused.delete(key)
  if (refused.size === 0) origin.refused = undefined
  return false
}

// The first id refused in a lane is the one to come again; those behind it were refused because of it. NOTE: what the store
// was asked and left unknown was sent before whatever found the queue full meanwhile, though it is known to be refused later.
function refuse({ origin, frame }: Item, asked: boolean): void {
  origin.refused ??= new Map()
  const key = laneOf(origin, frame.conversation)
  const first = origin.refused.get(key)
  if (first === undefined || (asked && !first.asked)) origin.refused.set(key, { id: frame.id, asked })
}

/** Work runs in lanes: one per conversation. A visitor has one open conversation, named or not. */
function laneOf(origin: Origin, conversation: string | undefined): string {
  return origin.caller.role === 'visitor' ? '' : (conversation ?? '')
}
