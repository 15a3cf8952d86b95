import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ackFrame, messageFrame } from '../../protocol/encode.ts'
import { noFinding } from './dialect.ts'
import { kfDialect } from './kf-dialect.ts'

const id = '0198c2de-1234-7abc-8def-00000001002a'

function classify(text: string) {
  // Between other bytes, as in a shared read buffer.
  const bytes = Buffer.from(`##${text}##`)
  const found = noFinding()
  const kind = kfDialect.classify(bytes, 2, bytes.length - 2, found)
  return {
    kind,
    id: bytes.toString('latin1', found.idAt, found.idAt + 36),
    seq: found.seq,
    conversation: bytes.toString('latin1', found.conversationAt, found.conversationEnd),
  }
}

const conversation = 'ab7777'

test('acks and messages as the server writes them are known by their bytes, whatever a message says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 2 ** 31 }), (text, seq) => {
      const bodyJson = JSON.stringify({ kind: 'text', text })
      const message = messageFrame({
        conversation,
        stream: 'public',
        seq,
        id,
        from: { role: 'visitor', id: 'v1', name: text },
        bodyJson,
        at: 1,
      })
      expect(classify(message)).toEqual({ kind: 'message', id, seq, conversation })
      expect(classify(ackFrame({ id, conversation, stream: 'public', seq, at: 1 }))).toEqual({
        kind: 'ack',
        id,
        seq,
        conversation,
      })
    }),
    { seed: 7 },
  )
})

test('any other layout of the same, the internal stream, events of the system and every other frame are left to JSON', () => {
  const ack = { type: 'ack', id, conversation, stream: 'public', seq: 3, at: 1 }
  const others = [
    JSON.stringify(ack, null, 1),
    JSON.stringify({ ...ack, stream: 'internal' }),
    JSON.stringify({ type: 'ack', seq: 3, id, conversation, stream: 'public', at: 1 }),
    messageFrame({
      conversation,
      stream: 'public',
      seq: 1,
      id,
      from: { role: 'system', id: 'desk' },
      bodyJson: '{}',
      at: 1,
    }),
    '{"type":"pong"}',
    '{"type":"ack","id":"',
    '',
  ]
  expect(others.map((text) => classify(text).kind)).toEqual(others.map(() => 'other'))
})
