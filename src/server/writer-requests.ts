import { messageOf } from '../core/errors.ts'
import { readUuid } from '../core/uuid.ts'
import type { Delivered, Request } from './bus/wire.ts'
import type { Source, WorkerLinks } from './bus/worker-links.ts'
import type { Desk } from './desk/desk.ts'
import type { GroupCommit, Submitter } from './storage/group-commit.ts'
import type {
  Append,
  Fence,
  Operation,
  Outcome,
  PackedAppend,
  Retract,
  Store,
  Stored,
} from './storage/store.ts'

export type WriterRequests = {
  /** A worker's request; its answer goes back over the worker's link. */
  readonly carryOut: (from: Source, n: number, request: Request | PackedAppend) => void
  /** Operations of the desk or of an administrator, in one commit where they fit; rejects when nothing is known of them. */
  readonly submitAll: (operations: readonly Operation[]) => Promise<readonly Outcome[]>
}

export type WriterRequestsPorts = {
  readonly store: Pick<Store, 'conversation' | 'directory'>
  readonly group: GroupCommit
  readonly warn: (message: string) => void
  // Desk and links need these requests themselves: they are asked for when the first one comes.
  readonly desk: () => Desk
  readonly links: () => WorkerLinks
}

/** Takes requests through the group commit, answers them, tells the desk, and publishes what was stored. */
export function createWriterRequests({
  store,
  group,
  warn,
  desk,
  links,
}: WriterRequestsPorts): WriterRequests {
  const committed = (operation: Operation, outcome: Outcome, from: Source | undefined): void => {
    switch (operation.kind) {
      case 'append':
        if (outcome.status === 'stored') appended(operation, outcome, from)
        return
      case 'packed_append':
        if (outcome.status === 'stored') packedAppended(operation, outcome, from)
        return
      case 'fence':
        if (outcome.status === 'stored') fenced(operation, outcome)
        return
      case 'retract':
        if (outcome.status === 'stored') publishEvent(operation, operation.sender, outcome)
        return
      case 'set_status':
        desk().statusChanged(operation.agent, operation.status)
        return
      case 'put_agent':
        if (outcome.status === 'rejected') return
        desk().agentChanged(operation.agent.id)
        links().revoke(operation.agent.id)
        return
      case 'end_sessions':
        if (operation.agent !== undefined) links().revoke(operation.agent)
        return
      default:
    }
  }

  const appended = (append: Append, stored: Stored, from: Source | undefined): void => {
    const to = audience(stored)
    // The worker it came from publishes to its own sessions by itself, out of the answer.
    if (from === undefined || links().hasAudience(to, from)) {
      links().deliver(deliveredOf(append.id, append.sender, append.body, stored, to), from)
    }
    if (stored.opened === true) desk().opened(append.site, stored, append.visitor)
  }

  const packedAppended = (packed: PackedAppend, stored: Stored, from: Source | undefined): void => {
    if (from !== undefined) deliverToOthers(packed, stored, from)
    const site = stored.opened === true ? store.conversation(stored.conversation)?.site : undefined
    if (site !== undefined) desk().opened(site, stored)
  }

  const deliverToOthers = (packed: PackedAppend, stored: Stored, from: Source): void => {
    if (inPlace(packed, stored)) {
      links().deliverPacked(packed, stored, from)
      return
    }
    const to = audience(stored)
    if (!links().hasAudience(to, from)) return
    const sender = { role: packed.role, id: stored.visitor }
    const body = Buffer.from(packed.body).toString()
    links().deliver(deliveredOf(readUuid(packed.id, 0), sender, body, stored, to), from)
  }

  const fenced = (fence: Fence, stored: Stored): void => {
    publishEvent(fence, fence.by, stored)
    desk().committed(fence, stored)
  }

  const publishEvent = (operation: Fence | Retract, from: Delivered['from'], stored: Stored): void => {
    const record = operation.kind === 'fence' ? store.conversation(stored.conversation) : undefined
    const message = deliveredOf(operation.id, from, stored.event ?? '{}', stored, audience(stored))
    if (record === undefined || stored.owner === null) {
      links().deliver(message)
      return
    }
    // NOTE: the record knows the whole batch already; live frames begin behind this event, so its seq is the head to state.
    const { epoch, owner, seq } = stored
    const summary = {
      ...desk().summary(record, 'agent'),
      head: seq,
      epoch,
      owner,
      state: 'assigned' as const,
    }
    links().deliver({ ...message, summary })
  }

  const submitters = new WeakMap<Source, Submitter>()
  const submitterOf = (from: Source): Submitter => {
    let submitter = submitters.get(from)
    if (submitter === undefined) {
      submitter = {
        committed: (n, operation, outcome) => {
          if (
            operation.kind === 'packed_append' &&
            outcome.status === 'stored' &&
            inPlace(operation, outcome)
          )
            links().answerPacked(from, n, operation, outcome)
          else links().answer(from, n, outcome)
          committed(operation, outcome, from)
        },
        // NOTE: no answer: the links are cut instead, so that the worker resends everything in order.
        failed: () => {
          links().cut()
        },
      }
      submitters.set(from, submitter)
    }
    return submitter
  }

  return {
    carryOut: (from, n, request) => {
      if (request.kind !== 'command') {
        group.submit(withAgent(request, store), submitterOf(from), n)
        return
      }
      desk()
        .command(request)
        .catch((error: unknown) => {
          warn(`a command failed: ${messageOf(error)}`)
          return { status: 'failed', code: 'internal', message: 'the command failed; see the log' } as const
        })
        .then((answer) => {
          links().answer(from, n, answer)
          links().flush()
        })
        .catch((error: unknown) => {
          warn(`an answer could not be sent: ${messageOf(error)}`)
        })
    },
    submitAll: (operations) => submitAll(operations, group, committed),
  }
}

// Stored where its handles say: whoever asked knows all but the place. Else a visitor's conversation was closed, and this is in the
// next one.
function inPlace({ handles }: PackedAppend, stored: Stored): boolean {
  return stored.handles?.conversation === handles.conversation
}

function submitAll(
  operations: readonly Operation[],
  group: GroupCommit,
  committed: (operation: Operation, outcome: Outcome, worker: undefined) => void,
): Promise<readonly Outcome[]> {
  if (operations.length === 0) return Promise.resolve([])
  const { promise, resolve, reject } = Promise.withResolvers<readonly Outcome[]>()
  const outcomes: Outcome[] = []
  const submitter: Submitter = {
    committed: (_place, operation, outcome) => {
      outcomes.push(outcome)
      committed(operation, outcome, undefined)
      if (outcomes.length === operations.length) resolve(outcomes)
    },
    failed: (_place, _operation, message) => {
      reject(new Error(message))
    },
  }
  for (const [place, operation] of operations.entries()) group.submit(operation, submitter, place)
  return promise
}

// A logout names the session only; whose sockets to look at again is known before it is gone.
function withAgent(request: Operation, store: Pick<Store, 'directory'>): Operation {
  if (request.kind !== 'end_sessions' || request.agent !== undefined || request.tokenHash === undefined)
    return request
  const agent = store.directory.session(request.tokenHash)?.agent
  return agent === undefined ? request : { ...request, agent }
}

function audience(stored: Stored): string[] {
  const to = stored.stream === 'public' ? [stored.visitor] : []
  if (stored.owner !== null) to.push(stored.owner)
  if (stored.previous !== undefined) to.push(stored.previous)
  return to
}

function deliveredOf(
  id: string,
  from: Delivered['from'],
  body: string,
  { conversation, stream, seq, at, position }: Stored,
  to: readonly string[],
): Delivered {
  return { conversation, stream, seq, id, from, body, at, position, to }
}
