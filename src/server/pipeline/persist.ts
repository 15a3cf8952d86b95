import type { Delivered, Request } from '../bus/wire.ts'
import type { Asker } from '../bus/writer-link.ts'
import type { Append, Stored } from '../storage/store.ts'
import type { StageMetrics } from '../telemetry/stages.ts'
import type { Refuser } from './refusal.ts'
import type { Item, Origin, Stage } from './stage.ts'
import { type AskedBatch, createUnanswered } from './unanswered.ts'

export type PersistPorts = {
  /** Queues a request for the writer; false when as many wait as may. */
  readonly ask: (request: Request, asker: Asker, token: unknown) => boolean
  /** Hands a committed message to the sessions of its audience on this worker, but not to `except`. */
  readonly publish: (message: Delivered, except: Origin) => void
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
}

export type PersistParts = PersistPorts & {
  readonly refuser: Refuser
  readonly metrics: { readonly persist: StageMetrics; readonly answer: StageMetrics }
  /** So many requests were answered. */
  readonly served: (count: number) => void
}

export type Persist = {
  readonly persist: Stage<Item, Item>
  /** All answers of one batch of the writer's were told: ends the measuring of the answer stage. */
  readonly settled: () => void
  /** How long the oldest unanswered request has waited, ms; 0 when none does. */
  readonly waitedMs: () => number
}

/** When a sender tries again what the store left unknown and said no time for, ms. */
const unknownRetryMs = 1_000

/** Asks the writer and, after the commit, answers the sender and publishes to the audience. */
export function createPersist(parts: PersistParts): Persist {
  const { monotonic, metrics, refuser } = parts
  // When the first answer of the writer's current batch was told; undefined between batches.
  let answeringAt: number | undefined
  const unanswered = createUnanswered()
  let answers = 0
  let failures = 0
  const asker: Asker = {
    answered: (token, request, answer) => {
      // The token is the item that `ask` was given below.
      const item = token as Item
      answeringAt ??= monotonic()
      answers++
      if (item.asked !== undefined) {
        item.asked.open--
        metrics.persist.wait?.observe((answeringAt - item.asked.at) / 1000)
      }
      if (answer.status === 'stored' && request.kind === 'append') publishStored(item, request, answer)
      if (answer.status === 'failed') {
        failures++
        refuser.unknown(item, answer.retryAfterMs ?? unknownRetryMs)
      }
      item.origin.answered(item.frame, request, answer)
    },
  }

  const publishStored = (item: Item, request: Append, stored: Stored): void => {
    const to = stored.stream === 'public' ? [stored.visitor] : []
    if (stored.owner !== null) to.push(stored.owner)
    parts.publish(
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

  const ask = (item: Item, request: Request, asked: AskedBatch): void => {
    const { origin, frame, verdict } = item
    if (verdict !== undefined && request.kind !== 'append') {
      origin.answered(frame, request, { status: 'rejected', ...verdict })
      return
    }
    if (refuser.overtaken(item, metrics.persist)) return
    item.asked = asked
    asked.open++
    if (parts.ask(request, asker, item)) {
      metrics.persist.out++
      return
    }
    asked.open--
    refuser.refuse(item, 'full', metrics.persist)
  }

  return {
    persist: (batch) => {
      const began = monotonic()
      const asked = unanswered.begin(began)
      for (const item of batch) if (item.request !== undefined) ask(item, item.request, asked)
      metrics.persist.in += batch.length
      metrics.persist.seconds.observe((monotonic() - began) / 1000)
      return batch
    },
    waitedMs: () => unanswered.waitedMs(monotonic()),
    settled: () => {
      if (answeringAt === undefined) return
      metrics.answer.in += answers
      metrics.answer.out += answers - failures
      metrics.answer.refused.failed += failures
      metrics.answer.seconds.observe((monotonic() - answeringAt) / 1000)
      parts.served(answers)
      answers = 0
      failures = 0
      answeringAt = undefined
    },
  }
}
