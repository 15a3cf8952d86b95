import { type Hello, subprotocol } from '../../protocol/frames.ts'
import { idLength } from '../load/message-id.ts'
import type { Dialect, Found, HelloUser } from './dialect.ts'

const ackHead = Buffer.from('{"type":"ack","id":"')
const ackMiddle = Buffer.from('","conversation":"')
const ackSeq = Buffer.from('","stream":"public","seq":')
const messageHead = Buffer.from('{"type":"message","conversation":"')
const messageId = Buffer.from(',"id":"')
const messageFrom = Buffer.from('","from":{"role":"')
const quote = 0x22
// Events of the system have ids of the server's making, which may look like one of a run by chance.
const initialOfSystem = 0x73

/**
 * kf.v1. A frame is classified by bytes only when it is laid out exactly as `JSON.stringify` lays out the protocol's types;
 * any other valid layout is `other`, and JSON tells.
 */
export const kfDialect: Dialect = {
  name: 'kf',
  subprotocol,
  sequenced: true,
  delivers: true,
  opens: true,
  stores: true,
  hello: (user) =>
    JSON.stringify(user.role === 'visitor' ? visitorHello(user) : { type: 'hello', token: user.token }),
  message: (slot, text) => JSON.stringify({ type: 'send', id: slot, body: { kind: 'text', text } }),
  answer: (slot, conversation, epoch, text) =>
    JSON.stringify({ type: 'send', id: slot, conversation, epoch, body: { kind: 'text', text } }),
  classify: (bytes, start, end, found) => {
    if (matches(bytes, start, end, ackHead)) return isAck(bytes, start, end, found) ? 'ack' : 'other'
    return matches(bytes, start, end, messageHead) && isMessage(bytes, start, end, found)
      ? 'message'
      : 'other'
  },
}

function visitorHello({
  site,
  number,
  token,
  resume,
}: Extract<HelloUser, { readonly role: 'visitor' }>): Hello {
  return {
    type: 'hello',
    site,
    locale: number % 5 === 4 ? 'zh-CN' : 'en',
    ...(token === undefined ? {} : { token }),
    ...(resume === undefined
      ? {}
      : {
          resume: {
            incarnation: resume.incarnation,
            streams: [{ conversation: resume.conversation, stream: 'public', after: resume.after }],
          },
        }),
  }
}

function isAck(bytes: Buffer, start: number, end: number, found: Found): boolean {
  found.idAt = start + ackHead.length
  const middle = found.idAt + idLength
  if (!matches(bytes, middle, end, ackMiddle)) return false
  return conversationAndSeq(bytes, middle + ackMiddle.length, end, found) > 0
}

function isMessage(bytes: Buffer, start: number, end: number, found: Found): boolean {
  const at = conversationAndSeq(bytes, start + messageHead.length, end, found)
  if (at === 0 || !matches(bytes, at, end, messageId)) return false
  found.idAt = at + messageId.length
  const role = found.idAt + idLength + messageFrom.length
  return matches(bytes, found.idAt + idLength, end, messageFrom) && bytes[role] !== initialOfSystem
}

// Reads `conversation","stream":"public","seq":N` from `at`; returns where N ends, 0 when the layout is another.
function conversationAndSeq(bytes: Buffer, at: number, end: number, found: Found): number {
  const close = bytes.indexOf(quote, at)
  if (close < 0 || !matches(bytes, close, end, ackSeq)) return 0
  found.conversationAt = at
  found.conversationEnd = close
  let seq = 0
  let digit = close + ackSeq.length
  for (; digit < end; digit++) {
    const value = (bytes[digit] ?? 0) - 0x30
    if (value < 0 || value > 9) break
    seq = seq * 10 + value
  }
  found.seq = seq
  return digit
}

function matches(bytes: Buffer, at: number, end: number, expected: Buffer): boolean {
  const length = expected.length
  if (at + length > end) return false
  for (let i = length - 1; i >= 0; i--) {
    if (bytes[at + i] !== expected[i]) return false
  }
  return true
}
