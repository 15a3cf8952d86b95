import type { EventBody } from '../../../protocol/frames.ts'
import type { Outcome, Rejected, Retract } from '../store.ts'
import type { Tables } from './batch.ts'
import type { Held } from './conversations.ts'
import { earlier, hashCommand } from './dedupe.ts'
import { insertEvent } from './event.ts'
import { rejected } from './outcome.ts'
import { placedOf } from './page.ts'

const retracted = JSON.stringify({ kind: 'retracted' })

/** Takes the content out of the sender's own public message and says so in the stream. */
export function retract(tables: Tables, operation: Retract, now: number): Outcome {
  const { sender, seq } = operation
  const entry = tables.senders.find(sender.role, sender.id)
  const hash = hashCommand('retracted', operation.conversation, String(seq))
  if (entry !== undefined) {
    const known = earlier(tables, entry.key, operation.id, hash)
    if (known !== undefined) return known
  }
  const held = tables.conversations.get(operation.conversation)
  if (held === undefined || !mayKnow(tables, operation, held))
    return rejected('not_found', `No conversation ${operation.conversation} for this sender.`)
  const refusal = notAllowed(tables, operation, held)
  if (refusal !== undefined) return refusal

  const query = {
    conversation: held.id,
    stream: 'public',
    head: held.public,
    after: seq - 1,
    limit: 1,
  } as const
  const message = tables.page(query, placedOf)[0]
  if (message?.seq !== seq) return rejected('not_found', `Conversation ${held.id} has no message ${seq}.`)
  if (message.senderKey !== entry?.key || !isContent(message.body) || now - message.at > operation.withinMs) {
    return rejected(
      'retract_too_late',
      `Message ${seq} is older than ${operation.withinMs} ms, someone else's, or gone already.`,
    )
  }
  tables.messages.replaceBody(message.position, retracted)
  const event: EventBody = { kind: 'event', event: 'retracted', epoch: held.epoch, seq }
  return insertEvent(tables, { id: operation.id, by: sender }, held, event, hash, now)
}

function mayKnow(tables: Tables, { sender }: Retract, held: Held): boolean {
  if (sender.role === 'visitor') return held.visitor === sender.id
  return sender.role === 'agent' && tables.directory.agent(sender.id)?.site === held.site
}

function notAllowed(tables: Tables, operation: Retract, held: Held): Rejected | undefined {
  if (held.state === 'closed') return rejected('conversation_closed', `Conversation ${held.id} is closed.`)
  if (operation.sender.role === 'visitor' || !tables.fenced) return undefined
  if (held.epoch !== operation.epoch)
    return rejected(
      'stale_epoch',
      `Conversation ${held.id} is at epoch ${held.epoch}, not ${operation.epoch}.`,
    )
  return held.owner === operation.sender.id
    ? undefined
    : rejected('forbidden', `Conversation ${held.id} belongs to another agent.`)
}

// Events and what was retracted before have no content to take out.
function isContent(body: string): boolean {
  return !body.startsWith('{"kind":"event"') && body !== retracted
}
