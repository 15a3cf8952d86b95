import { describe, expect, test } from 'vitest'
import type { ThreadMessage } from '../../client/contract.ts'
import type { Body, Sender } from '../../protocol/frames.ts'
import { countUnread, type Pending, type Row, type Segment, statusBubble, threadRows } from './thread.ts'

const me: Sender = { role: 'visitor', id: 'v1' }
const agent: Sender = { role: 'agent', id: 'a1', name: '小李' }
const desk: Sender = { role: 'system', id: 'desk' }
const noon = Date.parse('2026-11-24T12:00:00Z')

const message = (seq: number, from: Sender, body: Body | string, at = noon + seq * 1000): ThreadMessage => ({
  seq,
  id: `m${String(seq)}`,
  from,
  at,
  mine: from === me,
  body: typeof body === 'string' ? text(body) : body,
})
const text = (value: string): Body => ({ kind: 'text', text: value })
const send = (id: string, more: Partial<Pending> = {}): Pending => ({
  id,
  body: text(id),
  made: noon,
  status: 'sending',
  ...more,
})
const rowsOf = (segment: Partial<Segment>, pending: readonly Pending[] = []): readonly Row[] =>
  threadRows({ segments: [{ messages: [], readByOther: 0, ...segment }], pending, me, timeZone: 'UTC' })
const keys = (rows: readonly Row[]): readonly string[] => rows.map((row) => row.key)

describe('the rows of a thread', () => {
  test('seq orders, the date stands above, and a run by one sender is one block', () => {
    const rows = rowsOf({ messages: [message(1, me, 'a'), message(2, me, 'b'), message(3, agent, 'c')] })
    expect(keys(rows)).toEqual(['date m1', 'm1', 'm2', 'm3'])
    expect(rows.filter((row) => row.kind === 'bubble').map((row) => [row.first, row.last])).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ])
  })

  test('a bubble keeps its key when its ack and then the message come', () => {
    const before = rowsOf({}, [send('m1')])
    const after = rowsOf({ messages: [message(1, me, 'a')] }, [send('m1')])
    expect(keys(before)).toEqual(['date m1', 'm1'])
    expect(keys(after)).toEqual(['date m1', 'm1'])
    expect(after[1]).toMatchObject({ state: 'sent', seq: 1 })
  })

  test('a pending bubble is never dated before what stands above it', () => {
    const rows = rowsOf({ messages: [message(1, agent, 'a')] }, [send('p', { made: noon - 3_600_000 })])
    expect(keys(rows)).toEqual(['date m1', 'm1', 'p'])
  })

  test('own messages are read up to the other side’s cursor', () => {
    const rows = rowsOf({ messages: [message(1, me, 'a'), message(2, me, 'b')], readByOther: 1 })
    expect(rows.flatMap((row) => (row.kind === 'bubble' ? [row.state] : []))).toEqual(['read', 'sent'])
  })

  test('the divider stands above the first unread message of the other side, past events and own ones', () => {
    const messages = [
      message(1, agent, 'a'),
      message(2, me, 'b'),
      message(3, desk, { kind: 'event', event: 'released', epoch: 2, previous: 'a1', reason: 'gone' }),
      message(4, agent, 'd'),
    ]
    expect(keys(rowsOf({ messages, unreadAfter: 1 }))).toEqual([
      'date m1',
      'm1',
      'm2',
      'event m3',
      'unread',
      'm4',
    ])
    expect(keys(rowsOf({ messages, unreadAfter: 4 }))).not.toContain('unread')
  })

  test('conversations stand one below the other, each with its own cursors', () => {
    const older = [message(1, me, 'a'), message(2, agent, 'b')]
    const newer = [{ ...message(1, me, 'c'), id: 'n1' }]
    const rows = threadRows({
      segments: [
        { messages: older, readByOther: 2 },
        { messages: newer, readByOther: 0, unreadAfter: 1 },
      ],
      pending: [],
      me,
      timeZone: 'UTC',
    })
    expect(keys(rows)).toEqual(['date m1', 'm1', 'm2', 'n1'])
    expect(rows.flatMap((row) => (row.kind === 'bubble' ? [row.state] : []))).toEqual([
      'read',
      'received',
      'sent',
    ])
  })

  test('an agent sees other agents on the own side, but not as oneself', () => {
    const rows = threadRows({
      segments: [{ messages: [message(1, { role: 'agent', id: 'a2' }, 'x')], readByOther: 0 }],
      pending: [],
      me: agent,
      timeZone: 'UTC',
    })
    expect(rows[1]).toMatchObject({ mine: false, own: true, state: 'received' })
  })

  test('a retracted message is a quiet line, told by its body or by the event', () => {
    const messages = [
      message(1, agent, 'oops'),
      message(2, agent, { kind: 'retracted' }),
      message(3, agent, { kind: 'event', event: 'retracted', epoch: 1, seq: 1 }),
    ]
    expect(rowsOf({ messages }).map((row) => row.kind)).toEqual(['date', 'retracted', 'retracted'])
  })
})

describe('the state that is spelled out', () => {
  test('stands at the last own bubble that has not failed', () => {
    const rows = rowsOf({ messages: [message(1, me, 'a'), message(2, agent, 'b')] }, [
      send('p1'),
      send('p2', { status: 'failed' }),
    ])
    expect(statusBubble(rows)).toBe('p1')
    expect(statusBubble(rowsOf({ messages: [message(1, agent, 'a')] }))).toBeUndefined()
  })
})

describe('counting what is new', () => {
  test('counts people’s messages after the seq, not events and not one’s own', () => {
    const messages = [
      message(1, agent, 'a'),
      message(2, agent, 'b'),
      message(3, me, 'c'),
      message(4, desk, { kind: 'event', event: 'closed', epoch: 3, reason: 'idle' }),
      message(5, agent, 'd'),
    ]
    expect(countUnread(messages, 'visitor', 1)).toBe(2)
    expect(countUnread(messages, 'visitor', 5)).toBe(0)
  })
})
