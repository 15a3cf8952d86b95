import type { Send } from '../../protocol/frames.ts'
import { wireLimits } from '../../protocol/limits.ts'
import type { Request } from '../bus/wire.ts'
import { hashBody } from '../storage/store.ts'
import type { Item, Origin, Stage } from './stage.ts'

/**
 * Which conversation, which audience: turns frames into requests of the store and the desk.
 * The store settles the conversation itself (a visitor's open one, else a new one), inside the transaction.
 */
export const route: Stage<Item, Item> = (batch) => {
  for (const item of batch) item.request = requestOf(item)
  return batch
}

function requestOf({ origin, frame, verdict }: Item): Request {
  const { caller } = origin
  if (frame.type === 'send') return appendOf(frame, origin, verdict)
  const by = { role: caller.role, id: caller.id, ...(caller.role === 'agent' ? { name: caller.name } : {}) }
  const { id, conversation, epoch } = frame
  switch (frame.type) {
    case 'retract':
      return {
        kind: 'retract',
        id,
        sender: by,
        conversation,
        epoch,
        seq: frame.seq,
        withinMs: wireLimits.retract_within_ms,
      }
    case 'transfer':
      return { kind: 'command', command: 'transfer', id, conversation, epoch, by, to: frame.to }
    default:
      return { kind: 'command', command: frame.type, id, conversation, epoch, by }
  }
}

function appendOf(frame: Send, origin: Origin, verdict: Item['verdict']): Request {
  const { caller } = origin
  const body = JSON.stringify(frame.body)
  const stream = frame.stream ?? 'public'
  const visitor = caller.role === 'visitor' && !origin.visitorStored ? caller.record : undefined
  const handles = origin.handlesIn?.(frame.conversation)
  return {
    kind: 'append',
    id: frame.id,
    site: caller.site,
    sender:
      caller.role === 'agent'
        ? { role: 'agent', id: caller.id, name: caller.name }
        : { role: 'visitor', id: caller.id },
    stream,
    body,
    bodyHash: hashBody(stream, body),
    ...(handles === undefined ? {} : { handles }),
    ...(visitor === undefined ? {} : { visitor }),
    ...(frame.conversation === undefined ? {} : { conversation: frame.conversation }),
    ...(frame.epoch === undefined ? {} : { epoch: frame.epoch }),
    ...(verdict === undefined ? {} : { verdict }),
  }
}
