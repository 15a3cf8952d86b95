import type { EventBody, Sender } from '../../../protocol/frames.ts'
import type { Stored } from '../store.ts'
import type { Tables } from './batch.ts'
import type { Held } from './conversations.ts'

/** Puts the event into the public stream of `held`, the conversation as it is after the change. */
export function insertEvent(
  tables: Tables,
  command: { readonly id: string; readonly by: Sender },
  held: Held,
  body: EventBody,
  hash: number,
  now: number,
  previous: string | null = null,
): Stored {
  const { role, id } = command.by
  const sender = role === 'visitor' ? tables.senders.find(role, id) : tables.senders.intern(role, id)
  if (sender === undefined) throw new TypeError(`Visitor ${id} has a conversation but no record.`)
  const event = JSON.stringify(body)
  const position = tables.messages.append(held, 'public', {
    senderKey: sender.key,
    id: command.id,
    hash,
    at: now,
    body: event,
  })
  const after = tables.conversations.advance(held, 'public', position)
  return {
    status: 'stored',
    position,
    conversation: held.id,
    stream: 'public',
    seq: after.public.head,
    at: now,
    epoch: held.epoch,
    visitor: held.visitor,
    owner: held.owner,
    ...(previous === null ? {} : { previous }),
    event,
  }
}
