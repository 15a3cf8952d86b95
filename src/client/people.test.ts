import { describe, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import type { ConversationSummary, Welcome } from '../protocol/frames.ts'
import { wireLimits } from '../protocol/limits.ts'
import { People } from './people.ts'

const a = 'aaaaaaaaaaaaaaaa'
const b = 'bbbbbbbbbbbbbbbb'

function summary(id: string, more: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    id,
    head: 1,
    state: 'queued',
    epoch: 0,
    owner: null,
    read: { visitor: 0, agent: 0 },
    waiting_since: 5,
    ...more,
  }
}

const welcome: Welcome = {
  type: 'welcome',
  incarnation: 'i1',
  you: { role: 'agent', id: 'a1' },
  site: { id: 's1', name: 'Shop' },
  limits: wireLimits,
  conversations: [],
  agents: [{ id: 'a2', name: 'Lin', status: 'online', presence: 'online', load: 1, capacity: 4 }],
  status: 'online',
}

function setup() {
  const clock = manualClock()
  let changes = 0
  const people = new People(clock, () => changes++)
  people.welcome(welcome)
  return { clock, people, changes: () => changes }
}

describe('the people of a session', () => {
  test('the list is the server’s, in its order; what it no longer names is gone', () => {
    const { people } = setup()
    people.listing(summary(a))
    people.listing(summary(b))
    expect(people.listed).toBe(false)
    expect(people.listingEnds()).toEqual([])
    expect(people.list().map(({ id }) => id)).toEqual([a, b])
    people.welcome(welcome)
    people.listing(summary(b))
    expect(people.listingEnds()).toEqual([a])
    expect(people.list().map(({ id }) => id)).toEqual([b])
  })

  test('a new conversation comes on top, a known one stays in place', () => {
    const { people } = setup()
    people.upsert(summary(a))
    people.upsert(summary(b))
    people.upsert(summary(a, { head: 7 }))
    expect(people.list().map(({ id, head }) => [id, head])).toEqual([
      [b, 1],
      [a, 7],
    ])
  })

  test('a summary that events have overtaken brings its head only', () => {
    const { people } = setup()
    people.upsert(summary(a, { state: 'assigned', epoch: 2, owner: 'a1', head: 4 }))
    people.upsert(summary(a, { state: 'queued', epoch: 0, head: 9 }))
    expect(people.get(a)).toMatchObject({ state: 'assigned', epoch: 2, owner: 'a1', head: 9 })
  })

  test('events move a conversation through its states', () => {
    const { people, clock } = setup()
    people.upsert(summary(a))
    const assigned = { agent_version: 1, capacity: 4, load: 1 }
    people.advance(a, 2, {
      kind: 'event',
      event: 'assigned',
      epoch: 1,
      owner: 'a1',
      owner_name: 'Lin',
      ...assigned,
    })
    expect(people.get(a)).toEqual({
      id: a,
      head: 2,
      state: 'assigned',
      epoch: 1,
      owner: 'a1',
      owner_name: 'Lin',
      read: { visitor: 0, agent: 0 },
    })
    people.advance(a, 3, { kind: 'event', event: 'released', epoch: 2, previous: 'a1', reason: 'gone' })
    expect(people.get(a)).toMatchObject({
      state: 'queued',
      epoch: 2,
      owner: null,
      waiting_since: clock.now(),
    })
    people.advance(a, 4, { kind: 'event', event: 'closed', epoch: 1, reason: 'agent' })
    expect(people.get(a)).toMatchObject({ state: 'queued', epoch: 2, head: 4 })
    people.advance(a, 5, { kind: 'event', event: 'closed', epoch: 3, reason: 'idle' })
    expect(people.get(a)).toMatchObject({ state: 'closed', epoch: 3, owner: null })
    people.advance(b, 1, undefined)
    expect(people.get(b)).toBeUndefined()
  })

  test('read cursors only grow, and outlive an older summary', () => {
    const { people } = setup()
    people.upsert(summary(a))
    expect(people.read({ conversation: a, role: 'agent', seq: 3 })).toBe(true)
    expect(people.read({ conversation: a, role: 'agent', seq: 2 })).toBe(false)
    people.upsert(summary(a, { read: { visitor: 1, agent: 0 } }))
    expect(people.get(a)?.read).toEqual({ visitor: 1, agent: 3 })
  })

  test('typing is shown for 6 s after the last word of it, or until the typist’s message', () => {
    const { people, clock, changes } = setup()
    const from = { role: 'visitor', id: 'v1' } as const
    people.types({ type: 'typing', conversation: a, from, preview: '我想' })
    clock.advance(5_000)
    people.types({ type: 'typing', conversation: a, from })
    clock.advance(5_999)
    expect(people.typing.get(a)).toEqual({ from })
    clock.advance(1)
    expect(people.typing.has(a)).toBe(false)
    expect(changes()).toBe(1)
    people.types({ type: 'typing', conversation: a, from })
    people.stopsTyping(a, 'someone else')
    expect(people.typing.has(a)).toBe(true)
    people.stopsTyping(a, 'v1')
    expect(people.typing.has(a)).toBe(false)
  })

  test('the place in the queue goes with the assignment', () => {
    const { people } = setup()
    people.upsert(summary(a))
    people.queued({ type: 'queue', conversation: a, position: 3, eta_s: null, waiting_since: 9 })
    expect(people.position).toEqual({ conversation: a, position: 3, etaS: null, waitingSince: 9 })
    people.advance(a, 2, { kind: 'event', event: 'closed', epoch: 1, reason: 'idle' })
    expect(people.position).toBeUndefined()
  })

  test('presence reaches agents, visitors’ owners and the visitors in summaries', () => {
    const { people } = setup()
    people.upsert(summary(a, { visitor: { id: 'v1', presence: 'online' } }))
    people.presenceOf({
      type: 'presence',
      conversation: a,
      who: { role: 'visitor', id: 'v1' },
      presence: 'offline',
    })
    expect(people.get(a)?.visitor?.presence).toBe('offline')
    people.presenceOf({
      type: 'presence',
      who: { role: 'agent', id: 'a2' },
      presence: 'unknown',
      status: 'away',
    })
    expect(people.agents[0]).toMatchObject({ presence: 'unknown', status: 'away' })
    people.presenceOf({
      type: 'presence',
      conversation: b,
      who: { role: 'agent', id: 'a2' },
      presence: 'offline',
    })
    expect(people.presence.get(b)).toBe('offline')
    people.down()
    expect(people.presence.size).toBe(0)
  })
})
