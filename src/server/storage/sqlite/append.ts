import { randomBase32, toBase32 } from '../../../core/ids.ts'
import { slotOf } from '../../../core/slots.ts'
import type { StreamName } from '../../../protocol/frames.ts'
import type { Append, Outcome, PackedAppend, Rejected, Stored } from '../store.ts'
import type { Tables } from './batch.ts'
import { unpackId } from './client-id.ts'
import type { Held } from './conversations.ts'
import { earlier } from './dedupe.ts'
import { rejected } from './outcome.ts'
import type { SenderEntry } from './senders.ts'

/** A message from a visitor or an agent: dedupe, verdict, authorisation, epoch, insert. */
export function append(tables: Tables, operation: Append, now: number): Outcome {
  const { sender, verdict } = operation
  const entry = tables.senders.find(sender.role, sender.id)
  if (entry !== undefined) {
    const known = earlier(tables, entry.key, operation.id, operation.bodyHash)
    if (known !== undefined) return known
  }
  if (verdict !== undefined) return rejected(verdict.code, verdict.message)
  if (tables.erasure.holds(operation.site))
    return rejected('forbidden', `Site ${operation.site} is being erased.`)
  return sender.role === 'visitor'
    ? fromVisitor(tables, operation, entry, now)
    : fromAgent(tables, operation, now)
}

/**
 * The same by handles: the common case, a new message where its sender may write, is one insert. Whatever else it turns out
 * to be is looked at as an `Append`, in the order that holds there.
 */
export function packedAppend(tables: Tables, packed: PackedAppend, now: number): Outcome {
  const held = tables.conversations.inMemory(packed.handles.conversation)
  if (held !== undefined && tables.deduped && mayWrite(tables, packed, held)) {
    const { id, body, bodyHash } = packed
    const senderKey = packed.handles.sender
    const position = tables.messages.appendNew(held, { senderKey, id, hash: bodyHash, at: now, body })
    if (position !== undefined) return stored(tables, held, 'public', senderKey, position, now)
  }
  const operation = unpacked(tables, packed)
  return 'status' in operation ? operation : append(tables, operation, now)
}

function mayWrite(tables: Tables, { epoch, handles, role }: PackedAppend, held: Held): boolean {
  if (held.state === 'closed' || tables.erasure.holds(held.site)) return false
  if (role === 'visitor') return held.visitorKey === handles.sender
  return (
    tables.fenced &&
    epoch === held.epoch &&
    held.owner !== null &&
    held.owner === tables.senders.byKey(handles.sender)?.id
  )
}

function unpacked(tables: Tables, packed: PackedAppend): Append | Rejected {
  const { body, bodyHash, epoch, handles, role } = packed
  const held = tables.conversations.byKey(handles.conversation)
  const sender = tables.senders.byKey(handles.sender)
  // A worker may hold the handles of what was erased since.
  if ((held === undefined || sender === undefined) && tables.erasure.any)
    return rejected('forbidden', 'The site of this conversation was erased.')
  if (held === undefined || sender?.role !== role)
    return rejected(
      'internal',
      `No conversation ${handles.conversation} or sender ${handles.sender} in this store.`,
    )
  return {
    kind: 'append',
    id: unpackId(packed.id),
    site: sender.site ?? held.site,
    sender: { role, id: sender.id },
    conversation: held.id,
    stream: 'public',
    body: utf8.decode(body),
    bodyHash,
    ...(epoch === undefined ? {} : { epoch }),
  }
}

const utf8 = new TextDecoder()

function fromVisitor(
  tables: Tables,
  operation: Append,
  entry: SenderEntry | undefined,
  now: number,
): Outcome {
  if (operation.stream !== 'public') return rejected('forbidden', 'Visitors write to the public stream only.')
  if (entry !== undefined && entry.site !== operation.site)
    return rejected('forbidden', 'This visitor belongs to another site.')
  const { conversation } = operation
  const named = conversation === undefined ? undefined : tables.conversations.get(conversation)
  if (conversation !== undefined && (entry === undefined || named?.visitorKey !== entry.key))
    return notFound(conversation)
  if (named !== undefined && named.state !== 'closed') {
    return store(tables, operation, named, named.visitorKey, now)
  }

  const newest = entry === undefined ? undefined : tables.conversations.newestOf(entry.key)
  if (newest !== undefined && newest.state !== 'closed') {
    return store(tables, operation, newest, newest.visitorKey, now)
  }

  const visitor = entry ?? newVisitor(tables, operation)
  if (visitor === undefined)
    return rejected(
      'not_found',
      `Visitor ${operation.sender.id} is new, and its first send carried no record.`,
    )
  if (entry !== undefined && operation.visitor !== undefined)
    tables.senders.refreshVisitor(entry, operation.visitor)
  const id = conversationId(tables, operation.site, operation.sender.id)
  const opened = tables.conversations.open(
    id,
    operation.site,
    { id: operation.sender.id, key: visitor.key },
    newest,
    now,
  )
  return { ...store(tables, operation, opened, visitor.key, now), opened: true }
}

function fromAgent(tables: Tables, operation: Append, now: number): Outcome {
  const { conversation, sender } = operation
  const held = conversation === undefined ? undefined : tables.conversations.get(conversation)
  if (held === undefined || held.site !== operation.site) return notFound(conversation ?? '')
  if (held.state === 'closed') return rejected('conversation_closed', `Conversation ${held.id} is closed.`)
  if (operation.stream === 'public' && tables.fenced) {
    const refusal = notUnderEpoch(held, sender.id, operation.epoch)
    if (refusal !== undefined) return refusal
  }
  return store(tables, operation, held, tables.senders.intern('agent', sender.id).key, now)
}

function notUnderEpoch(held: Held, agent: string, epoch: number | undefined): Rejected | undefined {
  if (epoch !== held.epoch)
    return rejected(
      'stale_epoch',
      `Conversation ${held.id} is at epoch ${held.epoch}, not ${epoch ?? 'none'}.`,
    )
  if (held.owner === agent) return undefined
  if (held.owner === null)
    return rejected('stale_epoch', `Conversation ${held.id} waits in the queue: accept it first.`)
  return rejected('forbidden', `Conversation ${held.id} belongs to another agent.`)
}

function store(tables: Tables, operation: Append, held: Held, senderKey: number, now: number): Stored {
  const { id, stream, body, bodyHash } = operation
  const position = tables.messages.append(held, stream, { senderKey, id, hash: bodyHash, at: now, body })
  return stored(tables, held, stream, senderKey, position, now)
}

function stored(
  tables: Tables,
  held: Held,
  stream: StreamName,
  sender: number,
  position: number,
  now: number,
): Stored {
  const after = tables.conversations.advance(held, stream, position)
  return {
    status: 'stored',
    position,
    conversation: held.id,
    stream,
    seq: after[stream].head,
    at: now,
    epoch: held.epoch,
    visitor: held.visitor,
    owner: held.owner,
    handles: { sender, conversation: held.key },
  }
}

function newVisitor(tables: Tables, operation: Append): SenderEntry | undefined {
  const { visitor, sender, site } = operation
  return visitor === undefined ? undefined : tables.senders.addVisitor({ ...visitor, id: sender.id, site })
}

/** Two characters of the visitor's slot, so that a retry finds its shard by the id alone, then seventy random bits. */
function conversationId(tables: Tables, site: string, visitor: string): string {
  const slot = slotOf(site, visitor)
  return toBase32(Uint8Array.of(slot >>> 2, (slot & 3) << 6), 2) + randomBase32(14, tables.random)
}

function notFound(conversation: string): Rejected {
  return rejected('not_found', `No conversation ${conversation} for this sender.`)
}
