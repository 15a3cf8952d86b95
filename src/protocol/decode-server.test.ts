import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeServerFrame } from './decode-server.ts'
import { encode } from './encode.ts'
import type { ConversationSummary, ServerFrame } from './frames.ts'
import { wireLimits } from './limits.ts'

const conversation = 'abcdefgh234567ab'
const from = { role: 'agent', id: 'a1', name: '林小雨' } as const
const message = { seq: 1, id: 'm1', from, body: { kind: 'text', text: '你好' }, at: 1 } as const
const summary: ConversationSummary = {
  id: conversation,
  head: 1,
  state: 'assigned',
  epoch: 1,
  owner: 'a1',
  read: { visitor: 0, agent: 1 },
}

const frames: readonly ServerFrame[] = [
  {
    type: 'welcome',
    incarnation: 'i1',
    you: { role: 'visitor', id: 'v1' },
    site: { id: 's1', name: 'Shop' },
    limits: wireLimits,
    conversations: [summary],
  },
  { type: 'ack', id: 'm1', conversation, stream: 'public', seq: 1, at: 1 },
  { type: 'error', code: 'busy', message: 'full' },
  { type: 'message', conversation, stream: 'public', ...message },
  { type: 'page', conversation, stream: 'internal', after: 0, messages: [message], head: 1 },
  { type: 'conversations', conversations: [summary] },
  { type: 'conversation', conversation: summary },
  { type: 'typing', conversation, from },
  { type: 'read', conversation, role: 'agent', seq: 1 },
  { type: 'presence', who: { role: 'agent', id: 'a1' }, presence: 'unknown' },
  { type: 'queue', conversation, position: 1, eta_s: null, waiting_since: 1 },
  { type: 'queue', waiting: 1, conversations: [summary] },
  { type: 'reset', conversation },
  { type: 'drain', reconnect_after_ms: 10 },
  { type: 'pong' },
  { type: 'status', status: 'away' },
]

describe('a server frame', () => {
  test.each(frames)('is read as it was written: %j', (frame) => {
    expect(decodeServerFrame(encode(frame))).toEqual(frame)
  })

  test('may carry fields this client does not know', () => {
    expect(decodeServerFrame('{"type":"drain","reconnect_after_ms":5,"because":"upgrade"}')).toMatchObject({
      type: 'drain',
      reconnect_after_ms: 5,
    })
  })

  test.each([
    '',
    'Bad Gateway',
    'null',
    '[]',
    '{}',
    '{"type":1}',
    '{"type":"hologram"}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
    '{"type":"message","conversation":"c","stream":"public","seq":1}',
    '{"type":"drain","reconnect_after_ms":"soon"}',
    '{"type":"page","conversation":"c","stream":"public","messages":[null],"head":1}',
    '{"type":"welcome"}',
  ])('%s is ignored', (text) => {
    expect(decodeServerFrame(text)).toBeUndefined()
  })

  test('never makes the client throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.string(), fc.jsonValue(), (frame, field, value) => {
        decodeServerFrame(JSON.stringify({ ...frame, [field]: value }))
      }),
    )
  })
})
