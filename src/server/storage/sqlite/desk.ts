import type { EventBody, Role, Sender } from '../../../protocol/frames.ts'
import type { AgentRecord, Fence, Outcome, Rejected, Reserve } from '../store.ts'
import type { Tables } from './batch.ts'
import type { Held } from './conversations.ts'
import { earlier, hashCommand, idConflict } from './dedupe.ts'
import { insertEvent } from './event.ts'
import { rejected } from './outcome.ts'

/** First half of an assignment: rights, epoch, capacity; then the intent is written and its load counted. */
export function reserve(tables: Tables, operation: Reserve): Outcome {
  const { id, by, agent } = operation
  const known = earlierCommand(tables, by, id, hashAssignment(operation.conversation, agent))
  if (known !== undefined) return known
  const reservation = tables.reservations.of(operation.conversation)
  if (reservation !== undefined && sameCommand(reservation, operation)) {
    return reservation.agent === agent
      ? { status: 'reserved', load: tables.reservations.load(agent) }
      : idConflict(id)
  }
  const held = authorised(tables, operation.conversation, by)
  if ('code' in held) return held
  const refusal = staleOrClosed(tables, held, operation.epoch) ?? mayAssign(held, by, agent)
  if (refusal !== undefined) return refusal
  if (reservation !== undefined)
    return rejected('stale_epoch', `Conversation ${held.id} is being assigned to ${reservation.agent}.`)
  const record = availableAgent(tables, held, agent)
  if ('code' in record) return record
  if (tables.capped && tables.reservations.load(agent) >= record.capacity) return atCapacity(record)
  tables.reservations.add({ id, conversation: held.id, agent, epoch: held.epoch, by })
  return { status: 'reserved', load: tables.reservations.load(agent) }
}

/** Every change of owner: epoch compared and grown by one, owner set, event inserted, reservation gone. */
export function fence(tables: Tables, operation: Fence, now: number): Outcome {
  const { change, by } = operation
  const hash =
    change.to === 'assigned'
      ? hashAssignment(operation.conversation, change.agent)
      : hashCommand(change.to, operation.conversation, change.reason)
  const known = earlierCommand(tables, by, operation.id, hash)
  if (known !== undefined) return known
  const held = authorised(tables, operation.conversation, by)
  if ('code' in held) return held
  const refusal = staleOrClosed(tables, held, operation.epoch)
  if (refusal !== undefined) return refusal
  switch (change.to) {
    case 'assigned':
      return assign(tables, operation, held, change.agent, hash, now)
    case 'released':
      return release(tables, operation, held, change.reason, hash, now)
    case 'closed':
      return close(tables, operation, held, change.reason, hash, now)
  }
}

function assign(
  tables: Tables,
  operation: Fence,
  held: Held,
  agent: string,
  hash: number,
  now: number,
): Outcome {
  const reservation = tables.reservations.of(held.id)
  if (reservation === undefined || !sameCommand(reservation, operation) || reservation.agent !== agent) {
    return rejected(
      'stale_epoch',
      `Conversation ${held.id} has no reservation ${operation.id} for ${agent}: reserve first.`,
    )
  }
  const refusal = mayAssign(held, operation.by, agent)
  if (refusal !== undefined) return refusal
  const record = availableAgent(tables, held, agent)
  // The event names this version of the agent, so its capacity is what must hold, though it was lowered since the reservation.
  if ('code' in record || (tables.capped && tables.reservations.load(agent) > record.capacity)) {
    tables.reservations.drop(held.id)
    return 'code' in record ? record : atCapacity(record)
  }
  const after = changeOwner(tables, held, {
    state: 'assigned',
    owner: agent,
    waitingSince: held.waitingSince,
  })
  const event: EventBody = {
    kind: 'event',
    event: held.owner === null ? 'assigned' : 'transferred',
    epoch: after.epoch,
    owner: agent,
    owner_name: record.name,
    ...(held.owner === null ? {} : { previous: held.owner }),
    agent_version: record.version,
    capacity: record.capacity,
    load: tables.reservations.load(agent),
  }
  return insertEvent(tables, operation, after, event, hash, now, held.owner)
}

function release(
  tables: Tables,
  operation: Fence,
  held: Held,
  reason: 'agent' | 'gone' | 'disabled',
  hash: number,
  now: number,
): Outcome {
  if (held.owner === null)
    return rejected('stale_epoch', `Conversation ${held.id} waits in the queue already.`)
  const refusal = ownerOnly(held, operation.by)
  if (refusal !== undefined) return refusal
  // Who lost its agent through no choice of the agent goes back to the head of the queue.
  const waitingSince = reason === 'agent' ? now : held.waitingSince
  const after = changeOwner(tables, held, { state: 'queued', owner: null, waitingSince })
  return insertEvent(
    tables,
    operation,
    after,
    { kind: 'event', event: 'released', epoch: after.epoch, previous: held.owner, reason },
    hash,
    now,
    held.owner,
  )
}

function close(
  tables: Tables,
  operation: Fence,
  held: Held,
  reason: 'agent' | 'idle',
  hash: number,
  now: number,
): Outcome {
  const refusal = ownerOnly(held, operation.by)
  if (refusal !== undefined) return refusal
  const after = changeOwner(tables, held, { state: 'closed', owner: null, waitingSince: held.waitingSince })
  const previous = held.owner === null ? {} : { previous: held.owner }
  return insertEvent(
    tables,
    operation,
    after,
    { kind: 'event', event: 'closed', epoch: after.epoch, ...previous, reason },
    hash,
    now,
    held.owner,
  )
}

/** A reservation made under the old epoch can never be fenced any more: it goes, and so does its load. */
function changeOwner(
  tables: Tables,
  held: Held,
  change: Pick<Held, 'state' | 'owner' | 'waitingSince'>,
): Held {
  tables.reservations.drop(held.id)
  if (held.owner !== null) tables.reservations.addLoad(held.owner, -1)
  if (change.owner !== null) tables.reservations.addLoad(change.owner, 1)
  return tables.conversations.change(held, { ...change, epoch: held.epoch + 1 })
}

type By = { readonly role: Role; readonly id: string }

function earlierCommand(tables: Tables, by: By, id: string, hash: number): Outcome | undefined {
  const entry = tables.senders.find(by.role, by.id)
  return entry === undefined ? undefined : earlier(tables, entry.key, id, hash)
}

/** The conversation, if `by` may know of it: the desk knows all, an agent those of its site. */
function authorised(tables: Tables, conversation: string, by: By): Held | Rejected {
  if (by.role === 'visitor') return rejected('forbidden', 'Visitors give no commands.')
  const held = tables.conversations.get(conversation)
  const foreign =
    by.role === 'agent' && held !== undefined && tables.directory.agent(by.id)?.site !== held.site
  return held === undefined || foreign
    ? rejected('not_found', `No conversation ${conversation} for this sender.`)
    : held
}

function staleOrClosed(tables: Tables, held: Held, epoch: number): Rejected | undefined {
  if (held.state === 'closed') return rejected('conversation_closed', `Conversation ${held.id} is closed.`)
  if (held.epoch === epoch || !tables.fenced) return undefined
  return rejected('stale_epoch', `Conversation ${held.id} is at epoch ${held.epoch}, not ${epoch}.`)
}

/** From the queue: by the desk, or by an agent to itself. From an owner: by that owner, to another. */
function mayAssign(held: Held, by: By, agent: string): Rejected | undefined {
  if (held.owner === null) {
    return by.role === 'system' || by.id === agent
      ? undefined
      : rejected('forbidden', 'From the queue an agent accepts for itself only.')
  }
  if (held.owner === agent)
    return rejected('forbidden', `Agent ${agent} has conversation ${held.id} already.`)
  return held.owner === by.id ? undefined : notOwner(held)
}

function ownerOnly(held: Held, by: By): Rejected | undefined {
  return by.role === 'system' || held.owner === by.id ? undefined : notOwner(held)
}

function notOwner(held: Held): Rejected {
  return rejected('forbidden', `Only the owner of conversation ${held.id} may do that.`)
}

function availableAgent(tables: Tables, held: Held, agent: string): AgentRecord | Rejected {
  const record = tables.directory.agent(agent)
  if (record === undefined || record.site !== held.site)
    return rejected('agent_unavailable', `No agent ${agent} on this site.`)
  return record.disabled ? rejected('agent_unavailable', `Agent ${agent} is disabled.`) : record
}

function atCapacity(agent: AgentRecord): Rejected {
  return rejected(
    'at_capacity',
    `Agent ${agent.id} holds as many conversations as its capacity of ${agent.capacity} allows.`,
  )
}

function sameCommand(
  reservation: { readonly id: string; readonly by: By },
  command: { readonly id: string; readonly by: By | Sender },
): boolean {
  return (
    reservation.id === command.id &&
    reservation.by.role === command.by.role &&
    reservation.by.id === command.by.id
  )
}

function hashAssignment(conversation: string, agent: string): number {
  return hashCommand('assigned', conversation, agent)
}
