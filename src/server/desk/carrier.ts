import type { Clock } from '../../core/clock.ts'
import type { Fence, Outcome, Rejected, Reserve, Store, Stored } from '../storage/store.ts'
import type { Agent, Book, Open } from './book.ts'

/** The writer's group commit, or a shard's: outcomes by place; rejects when nothing is known about any of them. */
export type Submit = (operations: readonly (Reserve | Fence)[]) => Promise<readonly Outcome[]>

/** One change of owner. With `agent`, a reservation there comes first. */
export type Step = { readonly open: Open; readonly fence: Fence; readonly agent?: Agent }

/** `from`: which half gave the verdict. */
export type Verdict = { readonly outcome: Stored | Rejected; readonly from: 'reserve' | 'fence' }

/**
 * Carries changes of owner through the store, many at a time: all reservations in one submission, then all fences in one.
 * From `add` until the verdict is in the book, the conversation is under way and nothing else touches it.
 *
 * A submission that fails says nothing: it is repeated with the same ids until the store answers, and dedupe makes that
 * safe. So a reservation is never left behind by a running desk; one left by a crash is replayed at the next start.
 */
export type Carrier = {
  readonly batch: () => Batch
  readonly stop: () => void
}

export type Batch = {
  readonly add: (step: Step) => void
  readonly size: () => number
  /** The verdicts in the order of `add`; undefined when the desk was stopped first. `onUnknown` is called at the first failure. */
  readonly run: (onUnknown?: () => void) => Promise<readonly Verdict[] | undefined>
}

export type CarrierOptions = {
  readonly book: Book
  readonly store: Pick<Store, 'conversation'>
  readonly submit: Submit
  readonly clock: Clock
  /** Between repetitions, and how long a conversation rests after a rejection that changed nothing. */
  readonly retryMs: number
  /** The conversation is free for the next thing, or an agent near it has room again: look at it. */
  readonly onSettled: (open: Open) => void
}

export function createCarrier({ book, store, submit, clock, retryMs, onSettled }: CarrierOptions): Carrier {
  let stopped = false

  const submitUntilKnown = async (
    operations: readonly (Reserve | Fence)[],
    onUnknown: (() => void) | undefined,
  ): Promise<readonly Outcome[] | undefined> => {
    if (operations.length === 0) return []
    while (!stopped) {
      try {
        const outcomes = await submit(operations)
        return stopped ? undefined : outcomes
      } catch {
        onUnknown?.()
        await pause()
      }
    }
    return undefined
  }

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      clock.after(retryMs, resolve)
    })

  const settle = (open: Open): void => {
    open.underWay = undefined
    book.disengage(open)
    onSettled(open)
  }

  const resync = (open: Open): void => {
    const record = store.conversation(open.id)
    if (record !== undefined) book.move(open, record)
  }

  const take = ({ open, fence, agent }: Step, { outcome }: Verdict): void => {
    if (agent !== undefined) agent.reserved--
    const before = open.epoch
    if (outcome.status === 'stored') book.move(open, movedBy(fence, outcome, open, store))
    else resync(open)
    if (outcome.status !== 'rejected') {
      settle(open)
      return
    }
    if (outcome.code === 'at_capacity' && agent !== undefined) markFull(agent, open)
    // NOTE: by the desk itself, and nothing changed: asking again at once would turn in a circle.
    const circles = fence.by.role === 'system' && open.epoch === before && outcome.code !== 'at_capacity'
    if (!circles) {
      settle(open)
      return
    }
    rest(open)
  }

  // NOTE: its own promise, unsettled: whoever awaits `underWay` looks again when it settles, and would spin on a settled one.
  const rest = (open: Open): void => {
    const rested = Promise.withResolvers<void>()
    open.underWay = rested.promise
    clock.after(retryMs, () => {
      if (!stopped) settle(open)
      else open.underWay = undefined
      rested.resolve()
    })
  }

  // The book saw room where the store saw none, which a lost answer can do: looked at again after a while.
  const markFull = (agent: Agent, open: Open): void => {
    agent.full = true
    clock.after(retryMs, () => {
      agent.full = false
      if (!stopped) onSettled(open)
    })
  }

  return {
    batch: () => {
      const steps: Step[] = []
      const ended = Promise.withResolvers<void>()
      return {
        add: (step) => {
          step.open.underWay = ended.promise
          book.engage(step.open)
          if (step.agent !== undefined) step.agent.reserved++
          steps.push(step)
        },
        size: () => steps.length,
        run: async (onUnknown) => {
          const verdicts = await carry(steps, (operations) => submitUntilKnown(operations, onUnknown))
          for (const [i, step] of steps.entries()) {
            const verdict = verdicts?.[i]
            if (verdict === undefined) step.open.underWay = undefined
            else take(step, verdict)
          }
          ended.resolve()
          return verdicts
        },
      }
    },
    stop: () => {
      stopped = true
    },
  }
}

async function carry(
  steps: readonly Step[],
  submit: (operations: readonly (Reserve | Fence)[]) => Promise<readonly Outcome[] | undefined>,
): Promise<readonly Verdict[] | undefined> {
  const verdicts: (Verdict | undefined)[] = steps.map(() => undefined)
  const reserving: { readonly at: number; readonly reserve: Reserve }[] = []
  for (const [at, { fence, agent }] of steps.entries()) {
    if (agent === undefined) continue
    const { id, conversation, epoch, by } = fence
    reserving.push({
      at,
      reserve: {
        kind: 'reserve',
        id,
        conversation,
        epoch,
        agent: agent.id,
        by: { role: by.role, id: by.id },
      },
    })
  }
  const reserved = await submit(reserving.map(({ reserve }) => reserve))
  if (reserved === undefined) return undefined
  for (const [i, { at }] of reserving.entries()) {
    const outcome = reserved[i]
    if (outcome?.status === 'rejected') verdicts[at] = { outcome, from: 'reserve' }
  }
  const fencing: number[] = []
  for (const at of steps.keys()) if (verdicts[at] === undefined) fencing.push(at)
  const fenced = await submit(fencing.flatMap((at) => steps[at]?.fence ?? []))
  if (fenced === undefined) return undefined
  for (const [i, at] of fencing.entries()) verdicts[at] = { outcome: verdictOf(fenced[i]), from: 'fence' }
  return verdicts.map((verdict) => verdict ?? { outcome: verdictOf(undefined), from: 'fence' })
}

function verdictOf(outcome: Outcome | undefined): Stored | Rejected {
  if (outcome?.status === 'stored' || outcome?.status === 'duplicate' || outcome?.status === 'rejected')
    return outcome
  return {
    status: 'rejected',
    code: 'internal',
    message: `the store answered a fence with ${outcome?.status ?? 'nothing'}`,
  }
}

/** Where a stored fence puts its conversation. */
export function movedBy(
  fence: Fence,
  stored: Stored,
  open: Open,
  store: Pick<Store, 'conversation'>,
): Parameters<Book['move']>[1] {
  const { epoch, owner } = stored
  switch (fence.change.to) {
    case 'assigned':
      return { epoch, owner, state: 'assigned', waitingSince: open.waitingSince }
    case 'closed':
      return { epoch, owner, state: 'closed', waitingSince: open.waitingSince }
    case 'released':
      // The store alone says since when it waits now.
      return {
        epoch,
        owner,
        state: 'queued',
        returned: fence.change.reason !== 'agent',
        waitingSince: store.conversation(open.id)?.waitingSince ?? stored.at,
      }
  }
}
