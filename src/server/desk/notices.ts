import type { Clock } from '../../core/clock.ts'
import type { ServerFrame } from '../../protocol/frames.ts'
import { serverLimits } from '../../protocol/limits.ts'
import type { Store } from '../storage/store.ts'
import type { Agent, Book, Floor, Open } from './book.ts'
import type { Presence } from './presence.ts'
import { createThrottle, type Throttle } from './throttle.ts'
import type { Views } from './views.ts'

/** A frame, best effort, to all sessions of these identities. */
export type Notify = (to: readonly string[], frame: ServerFrame) => void

/**
 * Tells people what changed around them: places in the queue, who waits, who is present. Nothing here is stored or acked;
 * what changes often is told as its latest state, in slices, so that a long queue does not hold up the loop.
 */
export type Notices = {
  readonly queueChanged: (floor: Floor) => void
  /** The agent just became present: it needs the whole queue, changed or not. */
  readonly agentArrived: (agent: Agent) => void
  readonly agentChanged: (agent: Agent) => void
  readonly visitorChanged: (open: Open) => void
  readonly stop: () => void
}

export type NoticesOptions = {
  readonly book: Book
  readonly presence: Pick<Presence, 'of'>
  readonly store: Pick<Store, 'conversation'>
  readonly views: Views
  readonly notify: Notify
  readonly clock: Clock
}

const leadMs = 50
const positionsMs = 1_000
const longQueue = 500
const longQueueMs = 2_000
const snapshotMs = 250
const visitorsMs = 250
const agentsMs = 500
/** Visitors told in one turn of the loop, and the pause before the next ones. */
const slice = 500
const slicePauseMs = 5
/** Each is told to all colleagues, so 400 agents that arrive together make 160,000 frames: spread them. */
const agentSlice = 50

type FloorNotices = {
  readonly positions: Throttle
  readonly snapshot: Throttle
  readonly arrived: Set<Agent>
  lastSnapshot: string
}

export function createNotices(options: NoticesOptions): Notices {
  const { presence, store, views, notify, clock } = options
  const floors = new Map<Floor, FloorNotices>()
  const visitors = new Set<Open>()
  const agents = new Set<Agent>()
  const told = new WeakMap<Agent, string>()
  let stopped = false

  const noticesOf = (floor: Floor): FloorNotices => {
    let notices = floors.get(floor)
    if (notices === undefined) {
      const pauseMs = (): number => (floor.queue.size() > longQueue ? longQueueMs : positionsMs)
      notices = {
        positions: createThrottle(clock, leadMs, pauseMs, () => {
          tellPositions(floor, 0)
        }),
        snapshot: createThrottle(
          clock,
          leadMs,
          () => snapshotMs,
          () => {
            tellSnapshot(floor)
          },
        ),
        arrived: new Set(),
        lastSnapshot: '0',
      }
      floors.set(floor, notices)
    }
    return notices
  }

  const tellPositions = (floor: Floor, from: number): void => {
    if (stopped) return
    let position = from
    for (const open of floor.queue.range(from, slice)) {
      position++
      const eta = floor.eta.of(position)
      if (open.toldPosition === position && open.toldEta === (eta !== null)) continue
      if (presence.of(open.visitor) !== 'online') continue
      open.toldPosition = position
      open.toldEta = eta !== null
      notify([open.visitor], {
        type: 'queue',
        conversation: open.id,
        position,
        eta_s: eta,
        waiting_since: open.waitingSince,
      })
    }
    if (floor.queue.size() > position && position > from) {
      clock.after(slicePauseMs, () => {
        tellPositions(floor, position)
      })
    }
  }

  const tellSnapshot = (floor: Floor): void => {
    const notices = noticesOf(floor)
    const waiting = floor.queue.size()
    let key = String(waiting)
    const first = floor.queue.range(0, serverLimits.queue_snapshot)
    for (const open of first) key += `,${open.id}:${open.epoch}${presence.of(open.visitor)}`
    const to: string[] = []
    for (const agent of floor.agents) {
      if (agent.presence !== 'online' || agent.record.disabled) continue
      if (key !== notices.lastSnapshot || notices.arrived.has(agent)) to.push(agent.id)
    }
    notices.lastSnapshot = key
    notices.arrived.clear()
    if (to.length === 0) return
    const conversations = first.flatMap((open) => {
      const record = store.conversation(open.id)
      return record === undefined ? [] : views.summary(record, 'agent')
    })
    notify(to, { type: 'queue', waiting, conversations })
  }

  const tellVisitors = createThrottle(
    clock,
    leadMs,
    () => visitorsMs,
    () => {
      for (const open of takeSome(visitors, slice)) {
        const now = presence.of(open.visitor)
        if (open.closed || open.owner === undefined || open.toldPresence === now) continue
        open.toldPresence = now
        notify([open.owner.id], {
          type: 'presence',
          conversation: open.id,
          who: { role: 'visitor', id: open.visitor },
          presence: now,
        })
      }
      if (visitors.size > 0) tellVisitors.ask()
    },
  )

  const tellAgents = createThrottle(
    clock,
    leadMs,
    () => agentsMs,
    () => {
      for (const agent of takeSome(agents, agentSlice)) {
        const state = `${agent.presence} ${agent.record.status}`
        const before = told.get(agent)
        if (before === state) continue
        told.set(agent, state)
        tellColleagues(agent)
        if (before?.startsWith(`${agent.presence} `) !== true) tellItsVisitors(agent)
      }
      if (agents.size > 0) tellAgents.ask()
    },
  )

  const tellColleagues = (agent: Agent): void => {
    const to: string[] = []
    for (const other of agent.floor.agents)
      if (other !== agent && other.presence === 'online') to.push(other.id)
    if (to.length === 0) return
    notify(to, {
      type: 'presence',
      who: { role: 'agent', id: agent.id },
      presence: agent.presence,
      status: agent.record.status,
    })
  }

  const tellItsVisitors = (agent: Agent): void => {
    for (const open of agent.owns) tellOwnersPresence(open, agent)
  }

  const tellOwnersPresence = (open: Open, owner: Agent): void => {
    if (presence.of(open.visitor) !== 'online') return
    notify([open.visitor], {
      type: 'presence',
      conversation: open.id,
      who: { role: 'agent', id: owner.id },
      presence: owner.presence,
    })
  }

  return {
    queueChanged: (floor) => {
      const notices = noticesOf(floor)
      notices.positions.ask()
      notices.snapshot.ask()
    },
    agentArrived: (agent) => {
      const notices = noticesOf(agent.floor)
      notices.arrived.add(agent)
      notices.snapshot.ask()
    },
    agentChanged: (agent) => {
      agents.add(agent)
      tellAgents.ask()
    },
    visitorChanged: (open) => {
      const now = presence.of(open.visitor)
      if (open.owner === undefined) {
        // A page that came back was not there when its place was told.
        if (now !== 'online') open.toldPosition = 0
        noticesOf(open.floor).snapshot.ask()
        noticesOf(open.floor).positions.ask()
        return
      }
      visitors.add(open)
      tellVisitors.ask()
      if (now === 'online' && open.owner.presence !== 'online') tellOwnersPresence(open, open.owner)
    },
    stop: () => {
      stopped = true
      tellVisitors.stop()
      tellAgents.stop()
      for (const { positions, snapshot } of floors.values()) {
        positions.stop()
        snapshot.stop()
      }
    },
  }
}

/** Takes out the first `count`. */
function takeSome<T>(set: Set<T>, count: number): T[] {
  const out: T[] = []
  for (const item of set) {
    if (out.length >= count) break
    out.push(item)
    set.delete(item)
  }
  return out
}
