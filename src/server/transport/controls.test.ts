import { describe, expect, test } from 'vitest'
import type { History } from '../../protocol/frames.ts'
import type { Answer, ConversationView, QueryResult, Request } from '../bus/wire.ts'
import type { StoredMessage } from '../storage/store.ts'
import { createControls } from './controls.ts'
import {
  agentCaller,
  conversation,
  delivered,
  type SessionInTest,
  sessionOf,
  storedMessage,
  summary,
} from './session-in-test.ts'

const foreign = 'aaaaaaaaaaaaaaa3'

function view(head: number, more: Partial<ConversationView> = {}): ConversationView {
  return {
    id: conversation,
    site: 's1',
    visitor: 'v1',
    state: 'assigned',
    epoch: 1,
    owner: 'a1',
    waitingSince: 0,
    opened: 0,
    public: { head, headPosition: head },
    internal: { head: 0, headPosition: 0 },
    read: { visitor: 0, agent: 0 },
    visitorPresence: 'online',
    ...more,
  }
}

/** `messages` is the public stream; the store knows `conversation` and, of another visitor, `foreign`. */
function start(messages: readonly StoredMessage[] = []) {
  const relayed: string[] = []
  const asked: { readonly request: Request; readonly answer: (answer: Answer) => void }[] = []
  const state: { failed: string | undefined; full: boolean } = { failed: undefined, full: false }
  const result = (id: string): QueryResult => {
    if (state.failed !== undefined) return { conversations: [], failed: state.failed }
    if (id === conversation) return { conversations: [view(messages.length)] }
    return { conversations: id === foreign ? [view(3, { id, visitor: 'v2', site: 's2' })] : [] }
  }
  const control = createControls({
    query: (query, done) => {
      done(query.kind === 'conversation' ? result(query.conversation) : { conversations: [] })
    },
    incarnation: () => 'i1',
    reader: {
      page: ({ after, before, limit }) =>
        after === undefined
          ? messages.filter(({ seq }) => seq < (before ?? 0)).slice(-limit)
          : messages.filter(({ seq }) => seq > after).slice(0, limit),
    },
    ask: (request, asker, token) => {
      if (state.full) return false
      asked.push({ request, answer: (answer) => asker.answered(token, request, answer) })
      return true
    },
    relay: (to, by, frame, echo) => relayed.push(`${to} by ${by.id}${echo ? ' with echo' : ''}: ${frame}`),
  })
  return { control, relayed, asked, state }
}

const history = (more: Partial<History> = {}): History => ({
  type: 'history',
  conversation,
  limit: 200,
  ...more,
})
const seqs = ({ frames }: SessionInTest): number[] =>
  frames().flatMap((frame) => (frame.type === 'page' ? frame.messages.map(({ seq }) => seq) : []))
const errors = ({ frames }: SessionInTest): unknown[] => frames().filter(({ type }) => type === 'error')

describe('history', () => {
  const short = Array.from({ length: 5 }, (_, i) => storedMessage(i + 1))
  const text = JSON.stringify({ kind: 'text', text: '长'.repeat(8_000) })
  const long = Array.from({ length: 60 }, (_, i) => ({ ...storedMessage(i + 1), body: text }))
  /** As many bodies as 64 Ki characters hold. */
  const held = Math.floor((64 * 1024) / text.length)

  test('is a page with the bound that was asked for', () => {
    const t = sessionOf()
    const { control } = start(short)
    control(t.session, history({ before: 4, limit: 2 }))
    expect(t.frames()).toMatchObject([{ type: 'page', conversation, stream: 'public', before: 4, head: 5 }])
    expect(seqs(t)).toEqual([2, 3])
  })

  test.each<[string, History]>([
    ['of a foreign conversation', history({ conversation: foreign, after: 0 })],
    ['of no conversation', history({ conversation: 'aaaaaaaaaaaaaaa4', after: 0 })],
    ['of an internal stream', history({ stream: 'internal', after: 0 })],
  ])('%s is not found, and all three look alike', (_, frame) => {
    const t = sessionOf()
    start(short).control(t.session, frame)
    expect(t.frames()).toEqual([
      { type: 'error', code: 'not_found', message: `history: no conversation ${frame.conversation} for you` },
    ])
  })

  test('says so when the store does not answer', () => {
    const t = sessionOf()
    const { control, state } = start(short)
    state.failed = 'the store did not answer in time'
    control(t.session, history({ after: 0 }))
    expect(errors(t)).toMatchObject([{ code: 'unavailable', retry_after_ms: 1_000 }])
  })

  test('of long texts ends before an outbox would be full, nearest to the bound', () => {
    const [forward, backward] = [sessionOf(), sessionOf()]
    const { control } = start(long)
    control(forward.session, history({ after: 0 }))
    control(backward.session, history({ before: 61 }))
    expect(seqs(forward)).toEqual(Array.from({ length: held }, (_, i) => i + 1))
    expect(seqs(backward)).toEqual(Array.from({ length: held }, (_, i) => 61 - held + i))
  })

  test('catches a resumed session up page after page, and live frames follow', () => {
    const t = sessionOf()
    const { control } = start(long)
    t.session.resume = new Map([[conversation, 3]])
    t.session.enter(summary(50), true)
    for (let after = 3; after < 60; after = seqs(t).at(-1) ?? 60) {
      t.session.deliver(delivered(61), '{"type":"message","seq":61}')
      control(t.session, history({ after }))
    }
    expect(seqs(t)).toEqual(Array.from({ length: 57 }, (_, i) => i + 4))
    t.session.deliver(delivered(61), '{"type":"message","seq":61}')
    expect(t.frames().filter(({ type }) => type === 'message')).toHaveLength(1)
  })
})

describe('typing and reading', () => {
  test("reach the other side, the read mark one's own other sessions too", () => {
    const t = sessionOf()
    const { control, relayed, asked } = start()
    t.session.enter(summary(3), false)
    control(t.session, { type: 'typing', conversation, preview: '请问' })
    control(t.session, { type: 'read', conversation, seq: 2 })
    const from = '"from":{"role":"visitor","id":"v1"}'
    expect(relayed).toEqual([
      `${conversation} by v1: {"type":"typing","conversation":"${conversation}",${from},"preview":"请问"}`,
      `${conversation} by v1 with echo: {"type":"read","conversation":"${conversation}","role":"visitor","seq":2}`,
    ])
    expect(asked.map(({ request }) => request)).toEqual([
      { kind: 'mark_read', conversation, role: 'visitor', seq: 2 },
    ])
  })

  test("an agent's half-written text is shown to nobody", () => {
    const t = sessionOf(agentCaller)
    const { control, relayed } = start()
    t.session.enter(summary(3), false)
    control(t.session, { type: 'typing', conversation, preview: 'how do I say this' })
    expect(relayed).toHaveLength(1)
    expect(relayed[0]).not.toContain('preview')
  })

  test('in a conversation that is not in view reach nobody', () => {
    const t = sessionOf()
    const { control, relayed, asked } = start()
    control(t.session, { type: 'typing', conversation: foreign })
    control(t.session, { type: 'typing' })
    control(t.session, { type: 'read', conversation: foreign, seq: 1 })
    expect([relayed, asked]).toEqual([[], []])
    expect(t.frames()).toEqual([
      { type: 'error', code: 'not_found', message: `read: no conversation ${foreign} in your view` },
    ])
  })
})

describe('status, ping and a second hello', () => {
  test("an agent's status is answered when it is stored", () => {
    const t = sessionOf(agentCaller)
    const { control, asked } = start()
    control(t.session, { type: 'status', status: 'away' })
    expect(t.frames()).toEqual([])
    expect(asked[0]?.request).toEqual({ kind: 'set_status', agent: 'a1', status: 'away' })
    asked[0]?.answer({ status: 'done' })
    asked[0]?.answer({ status: 'failed', code: 'unavailable', message: '' })
    expect(t.frames()).toMatchObject([{ type: 'status', status: 'away' }, { code: 'unavailable' }])
  })

  test('a full queue is busy, a visitor has no status', () => {
    const [agent, visitor] = [sessionOf(agentCaller), sessionOf()]
    const { control, state } = start()
    state.full = true
    for (const { session } of [agent, visitor]) control(session, { type: 'status', status: 'away' })
    expect([errors(agent), errors(visitor)]).toMatchObject([[{ code: 'busy' }], [{ code: 'forbidden' }]])
  })

  test('a ping is a pong, a second hello an error', () => {
    const t = sessionOf()
    const { control } = start()
    control(t.session, { type: 'ping' })
    control(t.session, { type: 'hello', site: 'x' })
    expect(t.frames()).toMatchObject([{ type: 'pong' }, { type: 'error', code: 'second_hello' }])
  })
})
