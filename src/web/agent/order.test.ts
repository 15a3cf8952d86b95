import { describe, expect, test } from 'vitest'
import type { ThreadMessage } from '../../client/contract.ts'
import type { Body, ConversationSummary, Role } from '../../protocol/frames.ts'
import { neighbour, ownRows, queueRows, unansweredSince } from './order.ts'

const conversation = (id: string, more: Partial<ConversationSummary> = {}): ConversationSummary => ({
  id,
  head: 0,
  state: 'assigned',
  epoch: 1,
  owner: 'me',
  read: { visitor: 0, agent: 0 },
  ...more,
})
const message = (
  seq: number,
  role: Role,
  at: number,
  body: Body = { kind: 'text', text: `${role} ${String(seq)}` },
): ThreadMessage => ({
  seq,
  id: `m${String(seq)}`,
  from: { role, id: role === 'agent' ? 'me' : 'v' },
  body,
  at,
  mine: role === 'agent',
})
const joined: Body = {
  kind: 'event',
  event: 'assigned',
  epoch: 1,
  owner: 'me',
  owner_name: 'Me',
  agent_version: 1,
  capacity: 5,
  load: 1,
}

describe('how long a visitor waits for an answer', () => {
  test('counts from the first message after the last answer', () => {
    expect(
      unansweredSince([
        message(1, 'visitor', 10),
        message(2, 'agent', 20),
        message(3, 'visitor', 30),
        message(4, 'visitor', 40),
      ]),
    ).toBe(30)
  })

  test('an answered one waits no more', () => {
    expect(unansweredSince([message(1, 'visitor', 10), message(2, 'agent', 20)])).toBeUndefined()
    expect(unansweredSince([])).toBeUndefined()
  })

  test('taking the conversation over is no answer', () => {
    expect(unansweredSince([message(1, 'visitor', 10), message(2, 'agent', 20, joined)])).toBe(10)
    expect(unansweredSince([message(1, 'visitor', 10), message(2, 'system', 20, joined)])).toBe(10)
  })
})

describe('the agent’s list', () => {
  test('own conversations stand by wait, then the answered ones by their last news', () => {
    const threads: Record<string, readonly ThreadMessage[]> = {
      late: [message(1, 'visitor', 300)],
      early: [message(1, 'visitor', 100)],
      old: [message(1, 'visitor', 10), message(2, 'agent', 20)],
      fresh: [message(1, 'visitor', 10), message(2, 'agent', 500)],
    }
    const rows = ownRows(
      ['old', 'late', 'fresh', 'early'].map((id) => conversation(id)),
      'me',
      (id) => threads[id] ?? [],
    )
    expect(rows.map((row) => row.conversation.id)).toEqual(['early', 'late', 'fresh', 'old'])
  })

  test('what another agent holds, what waits and what is closed is not one’s own', () => {
    const rows = ownRows(
      [
        conversation('a', { owner: 'you' }),
        conversation('b', { owner: null, state: 'queued' }),
        conversation('c', { owner: null, state: 'closed' }),
        conversation('d'),
      ],
      'me',
      () => [],
    )
    expect(rows.map((row) => row.conversation.id)).toEqual(['d'])
  })

  test('a row carries the unread count and the last text on one line', () => {
    const messages = [
      message(1, 'visitor', 1),
      message(2, 'visitor', 2, { kind: 'text', text: '茶\n还有吗' }),
      message(3, 'system', 3, joined),
    ]
    const [row] = ownRows([conversation('a', { read: { visitor: 0, agent: 1 } })], 'me', () => messages)
    expect(row).toMatchObject({ unread: 1, last: '茶 还有吗', waitingSince: 1 })
  })

  test('before a thread is here, the server’s word on the wait counts', () => {
    const [row] = ownRows([conversation('a', { waiting_since: 77 })], 'me', () => [])
    expect(row?.waitingSince).toBe(77)
  })

  test('the queue stands longest wait first, equal ones by id', () => {
    const rows = queueRows(
      [
        conversation('b', { waiting_since: 5 }),
        conversation('c', { waiting_since: 1 }),
        conversation('a', { waiting_since: 5 }),
      ],
      () => [],
    )
    expect(rows.map((row) => row.conversation.id)).toEqual(['c', 'a', 'b'])
  })
})

describe('moving through the list by keyboard', () => {
  test('stops at both ends and starts at the near one', () => {
    expect(neighbour(['a', 'b'], 'a', 1)).toBe('b')
    expect(neighbour(['a', 'b'], 'b', 1)).toBe('b')
    expect(neighbour(['a', 'b'], 'a', -1)).toBe('a')
    expect(neighbour(['a', 'b'], undefined, 1)).toBe('a')
    expect(neighbour(['a', 'b'], 'gone', -1)).toBe('b')
    expect(neighbour([], 'a', 1)).toBeUndefined()
  })
})
