import type { Presence as PresenceState } from '../../protocol/frames.ts'
import type { AgentRecord, ConversationRecord } from '../storage/store.ts'
import { createEta, type Eta } from './eta.ts'
import { createQueue, type Place, type Queue } from './queue.ts'
import type { WorkerSet } from './worker-sets.ts'

/**
 * What the desk knows: each site's agents, and every open conversation with its owner or its place in the queue.
 * A copy of the store's truth, moved forward by committed epochs only.
 */
export type Book = {
  readonly floor: (site: string) => Floor
  readonly floors: () => Iterable<Floor>
  readonly agent: (id: string) => Agent | undefined
  readonly putAgent: (record: AgentRecord, presence: PresenceState, workers: WorkerSet) => Agent
  readonly conversation: (id: string) => Open | undefined
  readonly ofVisitor: (visitor: string) => Open | undefined
  readonly conversations: () => Iterable<Open>
  readonly lastAgentOf: (visitor: string) => Agent | undefined
  /** The releasing agent shall not get the visitor back by stickiness. */
  readonly forget: (visitor: string) => void
  readonly open: (opened: Opened, group: string) => Open
  /** Moves a conversation to a newer epoch; older ones are passed over. Returns whether it moved. */
  readonly move: (open: Open, to: Moved) => boolean
  /** Takes it out of the queue for as long as something about it is under way. */
  readonly engage: (open: Open) => void
  /** Nothing is under way any more: puts it into the queue if that is where it belongs. */
  readonly disengage: (open: Open) => void
}

export type Floor = {
  readonly site: string
  readonly agents: Agent[]
  readonly queue: Queue<Open>
  readonly eta: Eta
  /** Where the next search for an agent begins, so that equals take turns. */
  turn: number
}

export type Agent = {
  readonly id: string
  readonly floor: Floor
  record: AgentRecord
  presence: PresenceState
  workers: WorkerSet
  /** Reservations under way to this agent. */
  reserved: number
  /** The store said `at_capacity` where the book saw room: not asked again before something changes. */
  full: boolean
  readonly owns: Set<Open>
}

export type Open = {
  readonly id: string
  readonly floor: Floor
  readonly visitor: string
  readonly group: string
  epoch: number
  owner: Agent | undefined
  waitingSince: number
  /** Taken from an owner who is gone: it stands before all others. */
  returned: boolean
  place: Place<Open> | undefined
  /** Settles when what is under way about it has ended; there is never more than one thing. */
  underWay: Promise<void> | undefined
  /** Who gave it back; not offered it again until `passedOverUntil` (monotonic ms). */
  passedOver: Agent | undefined
  passedOverUntil: number
  closed: boolean
  /** What the visitor and the owner were last told. */
  toldPosition: number
  toldEta: boolean
  toldPresence: PresenceState | undefined
}

export type Opened = Pick<ConversationRecord, 'id' | 'site' | 'visitor' | 'epoch' | 'waitingSince'>
export type Moved = {
  readonly epoch: number
  readonly state: ConversationRecord['state']
  readonly owner: string | null
  readonly waitingSince: number
  /** Taken from an owner who is gone: it goes to the queue's head. */
  readonly returned?: boolean
}

/** Visitors whose last agent is remembered; the longest unserved are forgotten first. */
const remembered = 100_000

export function createBook(onMoved: (open: Open, previous: Agent | undefined) => void): Book {
  const floors = new Map<string, Floor>()
  const agents = new Map<string, Agent>()
  const conversations = new Map<string, Open>()
  const byVisitor = new Map<string, Open>()
  const lastAgents = new Map<string, Agent>()

  const floorOf = (site: string): Floor => {
    let floor = floors.get(site)
    if (floor === undefined) {
      floor = { site, agents: [], queue: createQueue<Open>(), eta: createEta(), turn: 0 }
      floors.set(site, floor)
    }
    return floor
  }

  const remember = (visitor: string, agent: Agent): void => {
    lastAgents.delete(visitor)
    lastAgents.set(visitor, agent)
    if (lastAgents.size <= remembered) return
    for (const oldest of lastAgents.keys()) {
      lastAgents.delete(oldest)
      break
    }
  }

  const leaveQueue = (open: Open): void => {
    if (open.place === undefined) return
    open.floor.queue.remove(open.place)
    open.place = undefined
    if (open.floor.queue.size() === 0) open.floor.eta.emptied()
  }

  const joinQueue = (open: Open): void => {
    if (open.closed || open.owner !== undefined || open.underWay !== undefined || open.place !== undefined)
      return
    open.place = open.floor.queue.insert(open, open)
  }

  return {
    floor: floorOf,
    floors: () => floors.values(),
    agent: (id) => agents.get(id),
    putAgent: (record, presence, workers) => {
      const known = agents.get(record.id)
      if (known !== undefined) {
        known.record = record
        known.full = false
        return known
      }
      const floor = floorOf(record.site)
      const agent: Agent = {
        id: record.id,
        floor,
        record,
        presence,
        workers,
        reserved: 0,
        full: false,
        owns: new Set(),
      }
      agents.set(agent.id, agent)
      floor.agents.push(agent)
      return agent
    },
    conversation: (id) => conversations.get(id),
    ofVisitor: (visitor) => byVisitor.get(visitor),
    conversations: () => conversations.values(),
    lastAgentOf: (visitor) => lastAgents.get(visitor),
    forget: (visitor) => {
      lastAgents.delete(visitor)
    },
    open: (opened, group) => {
      const open: Open = {
        id: opened.id,
        floor: floorOf(opened.site),
        visitor: opened.visitor,
        group,
        epoch: opened.epoch,
        owner: undefined,
        waitingSince: opened.waitingSince,
        returned: false,
        place: undefined,
        underWay: undefined,
        passedOver: undefined,
        passedOverUntil: 0,
        closed: false,
        toldPosition: 0,
        toldEta: false,
        toldPresence: undefined,
      }
      conversations.set(open.id, open)
      byVisitor.set(open.visitor, open)
      joinQueue(open)
      return open
    },
    move: (open, to) => {
      if (to.epoch <= open.epoch || open.closed) return false
      const previous = open.owner
      previous?.owns.delete(open)
      if (previous !== undefined) previous.full = false
      leaveQueue(open)
      open.epoch = to.epoch
      open.waitingSince = to.waitingSince
      open.owner = to.owner === null || to.state !== 'assigned' ? undefined : agents.get(to.owner)
      open.toldPosition = 0
      if (to.state === 'closed') {
        open.closed = true
        conversations.delete(open.id)
        if (byVisitor.get(open.visitor) === open) byVisitor.delete(open.visitor)
      } else if (open.owner === undefined) {
        open.returned = to.returned ?? false
      } else {
        open.owner.owns.add(open)
        open.returned = false
        open.passedOver = undefined
        remember(open.visitor, open.owner)
      }
      joinQueue(open)
      onMoved(open, previous)
      return true
    },
    engage: leaveQueue,
    disengage: joinQueue,
  }
}

/** Assigned plus reserved, as the store counts it. */
export function loadOf(agent: Agent): number {
  return agent.owns.size + agent.reserved
}

/** Whether the agent may be given conversations by the desk. */
export function takesNew(agent: Agent): boolean {
  return agent.presence === 'online' && agent.record.status === 'online' && !agent.record.disabled
}
