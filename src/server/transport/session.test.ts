import { describe, expect, test } from 'vitest'
import type { Delivered, Request } from '../bus/wire.ts'
import { send } from '../pipeline/items-in-test.ts'
import type { Durable } from '../pipeline/stage.ts'
import type { Stored } from '../storage/store.ts'
import type { Session } from './session.ts'
import {
  agentCaller,
  conversation,
  delivered,
  type SessionInTest,
  sessionOf,
  stored,
  summary,
  visitorCaller,
} from './session-in-test.ts'

const deliver = (session: Session, ...messages: Delivered[]): void => {
  for (const message of messages)
    session.deliver(message, JSON.stringify({ type: 'message', seq: message.seq, live: true }))
}
const append = { kind: 'append' } as Request
const ack = (session: Session, answer: Stored, frame: Durable = send()): void =>
  session.answered(frame, frame.type === 'send' ? append : undefined, answer)

/** In view, with the cursor at `head`. */
function entered(head: number): SessionInTest {
  const t = sessionOf()
  t.session.enter(summary(head), false)
  return t
}

/** Came back with `after`, while the head is at `head`. */
function resumed(after: number, head: number): SessionInTest & { readonly possible: boolean } {
  const t = sessionOf()
  t.session.resume = new Map([[conversation, after]])
  return { ...t, possible: t.session.enter(summary(head), true) }
}

describe('a cursor', () => {
  test('sends what follows, drops what lies below, and reads back what is missing between', () => {
    const { session, told, pages } = entered(5)
    deliver(session, delivered(5), delivered(3), delivered(6))
    expect(told()).toEqual(['message 6'])
    expect(pages).toEqual([])
    deliver(session, delivered(9), delivered(9), delivered(8), delivered(10))
    expect(told()).toEqual(['message 7', 'message 8', 'message 9', 'message 10'])
    expect(pages).toEqual([
      { conversation, stream: 'public', head: { head: 9, headPosition: 9 }, after: 6, limit: 2 },
    ])
  })

  test('writes a message read back exactly as a live one', () => {
    const { session, frames } = entered(0)
    deliver(session, delivered(2))
    expect(frames()[0]).toEqual({
      type: 'message',
      conversation,
      stream: 'public',
      seq: 1,
      id: 'm1',
      from: { role: 'visitor', id: 'v9' },
      body: { kind: 'text', text: 'x' },
      at: 1,
    })
  })

  test('is one per stream', () => {
    const { session, told } = sessionOf(agentCaller)
    session.enter(summary(5, { internal_head: 1 }), false)
    deliver(session, delivered(2, { stream: 'internal' }), delivered(6), delivered(6, { stream: 'internal' }))
    expect(told()).toEqual(['message 2', 'message 6', 'message 3', 'message 4', 'message 5', 'message 6'])
  })

  test('counts the own ack when it follows, and reads back what came before it', () => {
    const { session, told } = entered(5)
    ack(session, stored(6))
    deliver(session, delivered(6), delivered(7))
    expect(told()).toEqual(['ack 6', 'message 7'])
    ack(session, stored(10))
    expect(told()).toEqual(['message 8', 'message 9', 'ack 10'])
    deliver(session, delivered(10), delivered(11))
    expect(told()).toEqual(['message 11'])
  })

  test('does not move with a duplicate, nor with the ack of a command, whose event comes by itself', () => {
    const { session, told } = entered(5)
    ack(session, stored(3, { status: 'duplicate' }))
    ack(session, stored(6), { type: 'close', id: 'i', conversation, epoch: 1 })
    deliver(session, delivered(6))
    expect(told()).toEqual(['ack 3', 'ack 6', 'message 6'])
  })
})

describe('a conversation comes into view', () => {
  test('by its first message in another session of the visitor', () => {
    const { session, told } = sessionOf()
    deliver(session, delivered(1), delivered(2))
    expect(told()).toEqual(['message 1', 'message 2'])
    expect(session.holds(conversation)).toBe(true)
  })

  test('not by a later one, and not at all for an agent without a summary', () => {
    const visitor = sessionOf()
    deliver(visitor.session, delivered(2))
    const agent = sessionOf(agentCaller)
    deliver(agent.session, delivered(1), delivered(2))
    expect([visitor.told(), agent.told()]).toEqual([[], []])
    expect(agent.session.holds(conversation)).toBe(false)
  })

  test('by the own send that opens it, with its ack', () => {
    const { session, told, frames } = sessionOf()
    expect(session.visitorStored).toBe(false)
    ack(session, stored(1, { opened: true, epoch: 0, owner: null, at: 7 }))
    expect(session.visitorStored).toBe(true)
    deliver(session, delivered(1), delivered(2))
    expect(told()).toEqual(['ack 1', 'conversation', 'message 2'])
    expect(frames()[1]).toEqual({
      type: 'conversation',
      conversation: {
        id: conversation,
        head: 1,
        state: 'queued',
        epoch: 0,
        owner: null,
        read: { visitor: 0, agent: 0 },
        waiting_since: 7,
      },
    })
  })

  test('by the event that gives it to the agent: from its head, or from the cursor when it was in view', () => {
    const { session, told } = sessionOf(agentCaller)
    deliver(session, delivered(8, { summary: summary(8, { internal_head: 2 }) }), delivered(9))
    expect(told()).toEqual(['conversation', 'message 9'])
    deliver(session, delivered(11, { summary: summary(11, { internal_head: 2, epoch: 3 }) }))
    expect(told()).toEqual(['conversation', 'message 10', 'message 11'])
    deliver(session, delivered(3, { stream: 'internal' }))
    expect(told()).toEqual(['message 3'])
  })

  test("a summary of someone else's conversation brings nothing", () => {
    const { session, told } = sessionOf(agentCaller)
    deliver(session, delivered(8, { summary: summary(8, { owner: 'a2' }) }))
    expect(told()).toEqual([])
  })
})

test('a page of the list that is asked for again moves no cursor', () => {
  const { session, told } = resumed(5, 9)
  session.enter(summary(9), true)
  deliver(session, delivered(10))
  expect(told()).toEqual([])
})

describe('a session that resumed', () => {
  test('at the head goes on live', () => {
    const { session, told, possible } = resumed(9, 9)
    deliver(session, delivered(10))
    expect([possible, told()]).toEqual([true, ['message 10']])
  })

  test('behind the head gets nothing live until its pages meet the head', () => {
    const { session, told } = resumed(5, 9)
    deliver(session, delivered(10))
    ack(session, stored(11))
    session.pulled(conversation, 'public', 5, 8, 11)
    deliver(session, delivered(12))
    expect(told()).toEqual(['ack 11'])
    session.pulled(conversation, 'public', 8, 12, 12)
    deliver(session, delivered(12), delivered(13))
    expect(told()).toEqual(['message 13'])
  })

  test('is not moved by a page that begins elsewhere', () => {
    const { session, told } = resumed(5, 9)
    session.pulled(conversation, 'public', 0, 9, 9)
    session.pulled(conversation, 'internal', 5, 9, 9)
    deliver(session, delivered(10))
    expect(told()).toEqual([])
    session.pulled(conversation, 'public', 5, 10, 10)
    deliver(session, delivered(11))
    expect(told()).toEqual(['message 11'])
  })

  test('is not moved by pages at all when it never fell behind', () => {
    const { session, told } = entered(9)
    session.pulled(conversation, 'public', 9, 20, 20)
    deliver(session, delivered(10))
    expect(told()).toEqual(['message 10'])
  })

  test('beyond the head, or under another incarnation, begins anew at the head', () => {
    const beyond = resumed(12, 9)
    const t = sessionOf()
    t.session.resume = new Map([[conversation, 5]])
    t.session.enter(summary(9), false)
    for (const { session, told } of [beyond, t]) {
      deliver(session, delivered(10))
      expect(told()).toEqual(['message 10'])
    }
    expect(beyond.possible).toBe(false)
  })
})

describe('answers', () => {
  test("a send's ack leaves the epoch out, a command's names it", () => {
    const { session, frames } = entered(5)
    const frame = send()
    ack(session, stored(6, { epoch: 4 }), frame)
    ack(session, stored(7, { epoch: 5 }), { type: 'close', id: 'c', conversation, epoch: 4 })
    const shared = { type: 'ack', conversation, stream: 'public', at: 1 }
    expect(frames()).toEqual([
      { ...shared, id: frame.id, seq: 6 },
      { ...shared, id: 'c', seq: 7, epoch: 5 },
    ])
  })

  test('what was not stored is an error with the id, and the unknown says when to retry', () => {
    const { session, frames } = sessionOf(visitorCaller)
    const frame = send()
    session.answered(frame, append, { status: 'rejected', code: 'filtered', message: 'no' })
    session.answered(frame, append, { status: 'failed', code: 'busy', message: 'full', retryAfterMs: 333 })
    session.answered(frame, append, { status: 'failed', code: 'unavailable', message: 'gone' })
    expect(frames()).toEqual([
      { type: 'error', id: frame.id, code: 'filtered', message: 'no' },
      { type: 'error', id: frame.id, code: 'busy', message: 'full', retry_after_ms: 333 },
      { type: 'error', id: frame.id, code: 'unavailable', message: 'gone', retry_after_ms: 1_000 },
    ])
  })

  test('the 21st bad frame closes with 4400', () => {
    const { session, frames, closes } = sessionOf()
    for (let i = 0; i < 20; i++) session.invalid('bad_frame', 'frame is not JSON')
    expect([frames().length, closes]).toEqual([20, []])
    session.invalid('bad_frame', 'frame is not JSON')
    expect(closes).toEqual([{ code: 4400, reason: '21 bad frames' }])
  })
})
