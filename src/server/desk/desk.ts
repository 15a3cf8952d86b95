import type { Clock } from '../../core/clock.ts'
import { type RandomBytes, uuidv7 } from '../../core/ids.ts'
import type { AgentStatus, QueuePosition } from '../../protocol/frames.ts'
import type { Answer, DeskCommand, Identity } from '../bus/wire.ts'
import type { Router, RoutingContext } from '../routing/router.ts'
import type { Fence, Store, Stored, VisitorRecord } from '../storage/store.ts'
import { createAssignment } from './assignment.ts'
import { type Agent, createBook, type Open } from './book.ts'
import { createCarrier, movedBy, type Submit } from './carrier.ts'
import { createCommands } from './commands.ts'
import { createNotices, type Notify } from './notices.ts'
import type { Presence } from './presence.ts'
import { createRecovery } from './recovery.ts'
import { createViews, type Views } from './views.ts'

/**
 * Who serves whom. Every change of owner is a fence in the store that grows the epoch by one:
 *
 *   from      to        by                               how
 *   (none)    queued    the visitor's first send         append
 *   queued    assigned  the desk; an agent: accept       reserve, fence
 *   assigned  assigned  its owner: transfer              reserve at the new one, fence
 *   assigned  queued    its owner: release; the desk,    fence; back to the queue's head
 *                       when the owner is gone or disabled
 *   assigned  closed    its owner: close                 fence
 *   closed    —         nobody; a later send opens the visitor's next one
 *
 * An agent gets new conversations while present and `online`; `away` keeps what it has; whoever is absent past the grace,
 * or `offline` by its own word for as long, loses them to the queue.
 */
export type Desk = Views & {
  /** Reads agents and open conversations from the store, ends what a crash left half done, and begins to assign. */
  readonly start: () => void
  readonly stop: () => void
  /** After the commit of a send that opened a conversation. */
  readonly opened: (site: string, stored: Stored, visitor?: VisitorRecord) => void
  /** After the commit of a fence, whoever asked for it; the desk's own may be told too. */
  readonly committed: (fence: Fence, stored: Stored) => void
  /** The agent's record was put: new, renamed, disabled, another capacity. */
  readonly agentChanged: (agent: string) => void
  readonly statusChanged: (agent: string, status: AgentStatus) => void
  /** Never rejects. */
  readonly command: (command: DeskCommand) => Promise<Answer>
  /** Where a queued conversation stands now: for a session that begins. */
  readonly place: (conversation: string) => QueuePosition | undefined
}

export type DeskOptions = {
  readonly store: Pick<
    Store,
    'conversation' | 'conversationsOfAgent' | 'queued' | 'reservations' | 'directory'
  >
  readonly presence: Presence
  readonly submit: Submit
  readonly notify: Notify
  readonly router: Router
  readonly clock: Clock
  readonly random: RandomBytes
  readonly timing?: Partial<DeskTiming>
}

export type DeskTiming = {
  /** From an agent's own `offline` to the loss of its conversations: time to change one's mind. */
  readonly offDutyMs: number
  /** A released conversation is not offered to the agent who released it for so long. */
  readonly passOverMs: number
  /** Before the store is asked again what it did not answer. */
  readonly retryMs: number
}

const defaults: DeskTiming = { offDutyMs: 10_000, passOverMs: 60_000, retryMs: 1_000 }
/** Shorter than this in the queue is being served at once: it tells nothing about the queue's pace. */
const waitedMs = 1_000

export function createDesk(options: DeskOptions): Desk {
  const { store, presence, submit, notify, router, clock, random } = options
  const { offDutyMs, passOverMs, retryMs } = { ...defaults, ...options.timing }
  const offDuty = new Map<Agent, { readonly at: number; readonly cancel: () => void }>()
  let recovered = false
  let stopped = false

  const onMoved = (open: Open, previous: Agent | undefined): void => {
    const { floor, owner } = open
    notices.queueChanged(floor)
    if (previous !== undefined) assignment.wake(floor)
    if (owner === undefined) return
    if (previous === undefined && recovered) {
      floor.eta.assigned(clock.monotonic(), clock.now() - open.waitingSince > waitedMs)
      if (floor.queue.size() === 0) floor.eta.emptied()
    }
    open.toldPresence = presence.of(open.visitor)
    if (owner.presence === 'online') return
    notices.visitorChanged(open)
    assignment.leave(owner)
  }

  const onSettled = (open: Open): void => {
    if (stopped) return
    if (open.owner !== undefined && goneFor(open.owner) !== undefined) assignment.leave(open.owner)
    if (open.place !== undefined) notices.queueChanged(open.floor)
    assignment.wake(open.floor)
  }

  const goneFor = (agent: Agent): 'gone' | 'disabled' | undefined => {
    if (agent.record.disabled) return 'disabled'
    if (agent.presence === 'offline') return 'gone'
    const duty = offDuty.get(agent)
    return duty !== undefined && duty.at <= clock.monotonic() ? 'gone' : undefined
  }

  const onReleased = (open: Open, by: Agent): void => {
    book.forget(open.visitor)
    open.passedOver = by
    open.passedOverUntil = clock.monotonic() + passOverMs
    clock.after(passOverMs, () => {
      if (!stopped) assignment.wake(open.floor)
    })
  }

  const book = createBook(onMoved)
  const carrier = createCarrier({ book, store, submit, clock, retryMs, onSettled })
  const pool = randomPool(random)
  const nextId = (): string => uuidv7(clock.now(), pool)
  const assignment = createAssignment({ book, carrier, router, presence, clock, nextId, goneFor })
  const views = createViews({ book, presence, store })
  const notices = createNotices({ book, presence, store, views, notify, clock })
  const unavailable = (agent: Agent): boolean => agent.record.status === 'offline'
  const commands = createCommands({ book, carrier, store, submit, unavailable, onReleased })

  const putAgent = (id: string): Agent | undefined => {
    const record = store.directory.agent(id)
    if (record === undefined) return undefined
    const agent = book.putAgent(record, presence.of(id), presence.workersOf(id))
    watchDuty(agent)
    return agent
  }

  const watchDuty = (agent: Agent): void => {
    const watched = offDuty.get(agent)
    if (agent.record.status !== 'offline') {
      watched?.cancel()
      offDuty.delete(agent)
    } else if (watched === undefined) {
      const cancel = clock.after(offDutyMs, () => {
        if (!stopped) assignment.leave(agent)
      })
      offDuty.set(agent, { at: clock.monotonic() + offDutyMs, cancel })
    }
  }

  const lookAt = (agent: Agent): void => {
    notices.agentChanged(agent)
    if (goneFor(agent) !== undefined) assignment.leave(agent)
    else assignment.wake(agent.floor)
  }

  const groupOf = (
    site: string,
    conversation: string,
    visitor: string,
    attributes: RoutingContext['attributes'],
  ): string => router.match({ site, visitor, conversation, attributes }).group

  const presenceChanged = (identity: Identity, now: Agent['presence'], workers: Agent['workers']): void => {
    if (stopped) return
    if (identity.role === 'visitor') {
      const open = book.ofVisitor(identity.id)
      if (open !== undefined) notices.visitorChanged(open)
      return
    }
    const agent = book.agent(identity.id)
    if (agent === undefined) return
    agent.workers = workers
    if (agent.presence === now) return
    agent.presence = now
    if (now === 'online') notices.agentArrived(agent)
    lookAt(agent)
  }

  const graceEnded = (): void => {
    if (stopped) return
    for (const floor of book.floors()) {
      for (const agent of floor.agents) {
        if (agent.presence !== 'unknown' || presence.of(agent.id) !== 'offline') continue
        agent.presence = 'offline'
        lookAt(agent)
      }
    }
    for (const open of book.conversations())
      if (presence.of(open.visitor) === 'offline') notices.visitorChanged(open)
  }

  const recovery = createRecovery({ book, carrier, store, submit, putAgent, groupOf, wake: assignment.wake })

  return {
    ...views,
    start: () => {
      recovery.load()
      recovered = true
      recovery.replay()
      for (const floor of book.floors()) assignment.wake(floor)
      presence.listen({ changed: presenceChanged, graceEnded })
    },
    stop: () => {
      stopped = true
      carrier.stop()
      notices.stop()
      for (const { cancel } of offDuty.values()) cancel()
    },
    opened: (site, stored, visitor) => {
      if (stopped || book.conversation(stored.conversation) !== undefined) return
      const open = book.open(
        {
          id: stored.conversation,
          site,
          visitor: stored.visitor,
          epoch: stored.epoch,
          waitingSince: stored.at,
        },
        groupOf(site, stored.conversation, stored.visitor, () => visitor),
      )
      notices.queueChanged(open.floor)
      assignment.wake(open.floor)
    },
    committed: (fence, stored) => {
      const open = book.conversation(fence.conversation)
      if (stopped || open === undefined || stored.status !== 'stored') return
      if (stored.owner !== null && book.agent(stored.owner) === undefined) putAgent(stored.owner)
      book.move(open, movedBy(fence, stored, open, store))
    },
    agentChanged: (id) => {
      const agent = stopped ? undefined : putAgent(id)
      if (agent !== undefined) lookAt(agent)
    },
    statusChanged: (id, status) => {
      const agent = stopped ? undefined : book.agent(id)
      if (agent === undefined) return
      agent.record = { ...agent.record, status }
      watchDuty(agent)
      lookAt(agent)
    },
    command: (command) => commands.carryOut(command),
    place: (conversation) => {
      const open = book.conversation(conversation)
      if (open?.place === undefined) return undefined
      const position = open.floor.queue.position(open.place)
      return {
        type: 'queue',
        conversation,
        position,
        eta_s: open.floor.eta.of(position),
        waiting_since: open.waitingSince,
      }
    },
  }
}

/** Asks for random bytes 4 KiB at a time: 16 at a time cost as much as all the rest of an assignment. */
function randomPool(random: RandomBytes): RandomBytes {
  let bytes = new Uint8Array(0)
  let used = 0
  return (length) => {
    if (used + length > bytes.length) {
      bytes = Uint8Array.from(random(Math.max(length, 4_096)))
      used = 0
    }
    used += length
    return bytes.subarray(used - length, used)
  }
}
