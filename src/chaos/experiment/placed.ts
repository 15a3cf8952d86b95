import type { Body, MessageInPage, SentBody, StreamName } from '../../protocol/frames.ts'
import type { OwnerEvent, Placed } from '../check/history.ts'

/** How the history tells of a message: its content only as a hash, and what the desk decided in full. */
export function placedOf(message: MessageInPage, conversation: string, stream: StreamName): Placed {
  const { seq, id, from, body } = message
  const event = body.kind === 'event' ? eventOf(body) : undefined
  return {
    conversation,
    stream,
    seq,
    id,
    from: from.id,
    role: from.role,
    hash: hashOf(stream, body),
    ...(event === undefined ? {} : { event }),
    ...(body.kind === 'retracted' ? { retracted: true } : {}),
  }
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits, of the stream and the body, whatever the order of its keys. */
export function hashOf(stream: StreamName, body: Body | SentBody): number {
  const text = body.kind === 'text' ? body.text : canonical(body)
  let hash = fold(0x811c9dc5, stream)
  hash = fold(hash, body.kind)
  return fold(hash, text) >>> 0
}

function fold(start: number, text: string): number {
  let hash = start
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // An end, so that what stands before it and after it cannot trade places.
  return Math.imul(hash ^ 0xffff, 0x01000193)
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`
}

function eventOf(body: Extract<Body, { kind: 'event' }>): OwnerEvent {
  const { event: kind, epoch } = body
  switch (body.event) {
    case 'assigned':
    case 'transferred': {
      const { owner, load, capacity, agent_version: agentVersion } = body
      return { kind, epoch, owner, load, capacity, agentVersion }
    }
    case 'retracted':
      return { kind, epoch, seq: body.seq }
    case 'released':
    case 'closed':
      return { kind, epoch }
  }
}
