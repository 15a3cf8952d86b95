import type { Clock } from '../../core/clock.ts'
import type { Sender } from '../../protocol/frames.ts'
import type { Router } from '../routing/router.ts'
import type { Fence } from '../storage/store.ts'
import { type Agent, type Book, type Floor, loadOf, type Open, takesNew } from './book.ts'
import type { Carrier } from './carrier.ts'
import type { Presence } from './presence.ts'

/** Who acts when the desk itself does. */
export const deskSender: Sender = { role: 'system', id: 'desk' }

/**
 * Gives the queue to free agents, and takes conversations from agents who are gone. Both run once per turn of the loop,
 * however many things asked for it: 5,000 conversations that open together are one batch.
 */
export type Assignment = {
  /** Something may be assignable: a conversation was queued, capacity came free, an agent came. */
  readonly wake: (floor: Floor) => void
  /** Takes what the agent owns if it is gone or disabled. */
  readonly leave: (agent: Agent) => void
}

export type AssignmentOptions = {
  readonly book: Book
  readonly carrier: Carrier
  readonly router: Router
  readonly presence: Pick<Presence, 'workersOf'>
  readonly clock: Clock
  readonly nextId: () => string
  /** Whether an agent's conversations go back to the queue, and why. */
  readonly goneFor: (agent: Agent) => 'gone' | 'disabled' | undefined
}

/** One drain of one queue: within it, loads only grow. */
type Search = {
  readonly free: readonly Agent[]
  /** No agent of `free` has a smaller share of its capacity. */
  least: number
  /** Groups without a free agent. */
  readonly exhausted: Set<string>
}

/** Changes of owner decided in one turn of the loop, about: some 8 µs each, and commits wait meanwhile. */
const mostAtOnce = 1_000
/** Conversations looked at in one step down the queue. */
const stride = 256

export function createAssignment({
  book,
  carrier,
  router,
  presence,
  clock,
  nextId,
  goneFor,
}: AssignmentOptions): Assignment {
  const woken = new Set<Floor>()
  const leaving = new Set<Agent>()
  let scheduled = false

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    queueMicrotask(run)
  }

  const run = (): void => {
    scheduled = false
    const left = [...leaving]
    leaving.clear()
    takeBack(left)
    const floors = [...woken]
    woken.clear()
    for (const floor of floors) drain(floor)
  }

  const takeBack = (agents: readonly Agent[]): void => {
    const batch = carrier.batch()
    const later: Agent[] = []
    for (const agent of agents) {
      const reason = goneFor(agent)
      if (reason === undefined) continue
      if (batch.size() >= mostAtOnce) {
        later.push(agent)
        continue
      }
      for (const open of agent.owns) {
        if (open.underWay === undefined) batch.add({ open, fence: fenceOf(open, { to: 'released', reason }) })
      }
    }
    if (batch.size() === 0) return
    void batch.run().then(() => {
      for (const agent of later) leave(agent)
    })
  }

  const leave = (agent: Agent): void => {
    leaving.add(agent)
    schedule()
  }

  const drain = (floor: Floor): void => {
    const size = floor.queue.size()
    if (size === 0) return
    // One that waits looks through the agents once anyway; a crowd only through those with room.
    const free = size === 1 ? floor.agents : floor.agents.filter(hasRoom)
    const search: Search = { free, least: 0, exhausted: new Set() }
    const batch = carrier.batch()
    let room = free.length
    let skip = 0
    // What is left over is looked at when this batch has settled.
    while (room > 0 && batch.size() < mostAtOnce) {
      const waiting = floor.queue.range(skip, stride)
      if (waiting.length === 0) break
      for (const open of waiting) {
        const agent = choose(open, search)
        if (agent === undefined) {
          if (room === 0) break
          skip++
          continue
        }
        batch.add({ open, agent, fence: fenceOf(open, { to: 'assigned', agent: agent.id }) })
        if (!hasRoom(agent)) room--
      }
    }
    if (batch.size() > 0) void batch.run()
  }

  const choose = (open: Open, search: Search): Agent | undefined => {
    const passedOver =
      open.passedOver !== undefined && clock.monotonic() < open.passedOverUntil ? open.passedOver : undefined
    const last = book.lastAgentOf(open.visitor)
    if (
      last !== undefined &&
      last !== passedOver &&
      last.floor === open.floor &&
      hasRoom(last) &&
      router.serves(last.id, open.group)
    )
      return last
    if (search.exhausted.has(open.group)) return undefined
    const agent = leastLoaded(open, search, passedOver)
    if (agent === undefined && passedOver === undefined) search.exhausted.add(open.group)
    return agent
  }

  const leastLoaded = (open: Open, search: Search, passedOver: Agent | undefined): Agent | undefined => {
    const { floor } = open
    const { free } = search
    const visitorsWorkers = presence.workersOf(open.visitor)
    const start = floor.turn % free.length
    let best: Agent | undefined
    let bestShare = Infinity
    let bestShares = false
    let bestAt = 0
    let sawAll = true
    for (let i = 0; i < free.length; i++) {
      const at = start + i < free.length ? start + i : start + i - free.length
      const agent = free[at]
      if (agent === undefined || !hasRoom(agent)) continue
      const share = loadOf(agent) / agent.record.capacity
      if (share > bestShare || (share === bestShare && bestShares)) continue
      const shares = visitorsWorkers.length === 0 || sharesWorker(agent.workers, visitorsWorkers)
      if (share === bestShare && !shares) continue
      if (agent === passedOver || !router.serves(agent.id, open.group)) {
        sawAll = false
        continue
      }
      best = agent
      bestShare = share
      bestShares = shares
      bestAt = at
      // Nobody has less, and nobody else shares more: the rest need not be looked at.
      if (shares && share <= search.least) break
    }
    if (best === undefined) return undefined
    floor.turn = bestAt + 1
    if (sawAll) search.least = bestShare
    return best
  }

  const fenceOf = (open: Open, change: Fence['change']): Fence => ({
    kind: 'fence',
    id: nextId(),
    conversation: open.id,
    epoch: open.epoch,
    by: deskSender,
    change,
  })

  return {
    wake: (floor) => {
      woken.add(floor)
      schedule()
    },
    leave,
  }
}

function hasRoom(agent: Agent): boolean {
  return takesNew(agent) && !agent.full && loadOf(agent) < agent.record.capacity
}

function sharesWorker(a: readonly number[], b: readonly number[]): boolean {
  for (const worker of a) if (b.includes(worker)) return true
  return false
}
