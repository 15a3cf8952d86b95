import { hashBody, type Outcome, type Rejected, type Stored } from '../store.ts'
import type { Tables } from './batch.ts'
import type { Held } from './conversations.ts'
import type { Found } from './messages.ts'
import { rejected } from './outcome.ts'

/**
 * What this sender's id was answered before, or undefined when it is new. Looked up before all else: a retry gets the first
 * answer, whatever has changed since. The same id with another body or command is `id_conflict`.
 */
export function earlier(tables: Tables, senderKey: number, id: string, hash: number): Outcome | undefined {
  if (!tables.deduped) return undefined
  const found = tables.messages.find(senderKey, id)
  if (found === undefined) return undefined
  return found.hash === hash ? duplicate(tables, senderKey, found) : idConflict(id)
}

export function idConflict(id: string): Rejected {
  return rejected('id_conflict', `The id ${id} was used before with another body or command.`)
}

/** Tells one command from another; the epoch stays out, as a retry may carry a newer one. */
export function hashCommand(...parts: readonly string[]): number {
  // No body is valid JSON in this form, so a command never equals a message.
  return hashBody('public', `command ${JSON.stringify(parts)}`)
}

function duplicate(tables: Tables, sender: number, found: Found): Stored {
  const held = tables.conversations.byKey(found.conversationKey)
  if (held === undefined) throw new TypeError(`Message ${found.position} belongs to no conversation.`)
  const event = eventIn(found.body)
  return {
    status: 'duplicate',
    position: found.position,
    conversation: held.id,
    stream: found.stream,
    seq: found.seq,
    at: found.at,
    visitor: held.visitor,
    ...(event === undefined ? asMessage(held, sender, found) : asEvent(held, found.body, event)),
  }
}

// A conversation begins with its visitor's first message. Epoch and owner are today's: the row does not keep them.
function asMessage(
  held: Held,
  sender: number,
  found: Found,
): Pick<Stored, 'epoch' | 'owner' | 'opened' | 'handles'> {
  const { epoch, key, owner } = held
  const answer = { epoch, owner, handles: { sender, conversation: key } }
  return found.stream === 'public' && found.seq === 1 ? { ...answer, opened: true } : answer
}

function asEvent(
  held: Held,
  body: string,
  event: KnownEvent,
): Pick<Stored, 'epoch' | 'owner' | 'previous' | 'event'> {
  const owner = event.event === 'retracted' ? held.owner : (event.owner ?? null)
  return {
    epoch: event.epoch,
    owner,
    event: body,
    ...(event.previous === undefined ? {} : { previous: event.previous }),
  }
}

type KnownEvent = {
  readonly event: string
  readonly epoch: number
  readonly owner?: string
  readonly previous?: string
}

function eventIn(body: string): KnownEvent | undefined {
  if (!body.startsWith('{"kind":"event"')) return undefined
  const parsed: unknown = JSON.parse(body)
  return isEvent(parsed) ? parsed : undefined
}

function isEvent(value: unknown): value is KnownEvent {
  return typeof value === 'object' && value !== null && 'event' in value && 'epoch' in value
}
