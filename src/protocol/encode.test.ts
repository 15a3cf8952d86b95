import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ackFrame, encode, errorFrame, messageFrame, messageInPage, pageFrame, pongFrame } from './encode.ts'
import type { Body, MessageInPage, Sender } from './frames.ts'

const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
const stream = fc.constantFrom('public' as const, 'internal' as const)
const count = fc.nat(Number.MAX_SAFE_INTEGER)
const conversation = fc.stringMatching(/^[a-z2-7]{16}$/)
const id = fc.uuid({ version: 7 })
const sender: fc.Arbitrary<Sender> = fc.record(
  { role: fc.constantFrom('visitor' as const, 'agent' as const, 'system' as const), id: name, name },
  { requiredKeys: ['role', 'id'], noNullPrototype: true },
)
const body: fc.Arbitrary<Body> = fc.record(
  { kind: fc.constant('text' as const), text: name },
  { noNullPrototype: true },
)
const message: fc.Arbitrary<MessageInPage> = fc.record(
  { seq: count, id: name, from: sender, body, at: count },
  { noNullPrototype: true },
)

function stored({ body: content, ...rest }: MessageInPage) {
  return { ...rest, bodyJson: JSON.stringify(content) }
}

describe('hand-made frames are what JSON.stringify makes of the typed ones', () => {
  test('message', () => {
    fc.assert(
      fc.property(
        conversation,
        stream,
        message,
        (where, name, { seq, id: messageId, from, body: content, at }) => {
          const frame = {
            type: 'message',
            conversation: where,
            stream: name,
            seq,
            id: messageId,
            from,
            body: content,
            at,
          } as const
          expect(messageFrame({ ...frame, bodyJson: JSON.stringify(content) })).toBe(encode(ordered(frame)))
        },
      ),
    )
  })

  test('page, with either bound', () => {
    fc.assert(
      fc.property(
        conversation,
        stream,
        fc.array(message),
        count,
        fc.boolean(),
        (where, name, messages, n, older) => {
          const bound = older ? { before: n } : { after: n }
          const texts = messages.map((one) => messageInPage(stored(one)))
          const frame = {
            type: 'page',
            conversation: where,
            stream: name,
            ...bound,
            messages: messages.map(orderedMessage),
            head: n,
          } as const
          expect(pageFrame({ conversation: where, stream: name, ...bound, messages: texts, head: n })).toBe(
            encode(frame),
          )
        },
      ),
    )
  })

  test('ack, with and without epoch', () => {
    fc.assert(
      fc.property(
        id,
        conversation,
        stream,
        count,
        count,
        fc.option(count, { nil: undefined }),
        (one, where, name, seq, at, epoch) => {
          const ack = {
            id: one,
            conversation: where,
            stream: name,
            seq,
            at,
            ...(epoch === undefined ? {} : { epoch }),
          }
          expect(ackFrame(ack)).toBe(encode({ type: 'ack', ...ack }))
        },
      ),
    )
  })

  test('error, with and without id and retry_after_ms', () => {
    fc.assert(
      fc.property(
        fc.option(name, { nil: undefined }),
        name,
        fc.option(fc.nat(), { nil: undefined }),
        (one, words, retry) => {
          const frame = {
            type: 'error',
            ...(one === undefined ? {} : { id: one }),
            code: 'busy',
            message: words,
            ...(retry === undefined ? {} : { retry_after_ms: retry }),
          } as const
          expect(errorFrame({ id: one, code: 'busy', message: words, retryAfterMs: retry })).toBe(
            encode(frame),
          )
        },
      ),
    )
  })

  test('a fraction of a millisecond to wait is rounded up', () => {
    expect(errorFrame({ code: 'busy', message: 'full', retryAfterMs: 12.1 })).toBe(
      '{"type":"error","code":"busy","message":"full","retry_after_ms":13}',
    )
  })

  test('pong', () => {
    expect(pongFrame).toBe(encode({ type: 'pong' }))
  })
})

// JSON.stringify keeps the order of keys, and fast-check's records have their own.
function orderedMessage({ seq, id: one, from, body: content, at }: MessageInPage): MessageInPage {
  return { seq, id: one, from: orderedSender(from), body: content, at }
}

function ordered<Frame extends { readonly from: Sender }>(frame: Frame): Frame {
  return { ...frame, from: orderedSender(frame.from) }
}

function orderedSender(from: Sender): Sender {
  return { role: from.role, id: from.id, ...(from.name === undefined ? {} : { name: from.name }) }
}
