import { describe, expect, test } from 'vitest'
import type { Hello } from '../../protocol/frames.ts'
import type { ConversationView, Query, QueryResult } from '../bus/wire.ts'
import type { SiteRecord } from '../storage/store.ts'
import { moreConversations, welcome } from './greeting.ts'
import { agentCaller, delivered, sessionOf } from './session-in-test.ts'

const site: SiteRecord = { id: 's1', key: 'k', secret: 'hidden', name: '茶店', origins: [], sealed: false }

function view(id: string, head: number, more: Partial<ConversationView> = {}): ConversationView {
  return {
    id,
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

function start(
  result: QueryResult,
  caller = sessionOf().session.caller,
  incarnation: string | undefined = 'i1',
) {
  const t = sessionOf(caller)
  const queries: Query[] = []
  const ended: string[] = []
  const ports = {
    query: (query: Query, done: (result: QueryResult) => void) => {
      queries.push(query)
      done(result)
    },
    incarnation: () => incarnation,
  }
  const greet = (resume?: Hello['resume'], token?: string): void => {
    welcome(
      t.session,
      site,
      { type: 'hello', ...(resume === undefined ? {} : { resume }) },
      token,
      ports,
      () => ended.push(`welcomed behind ${t.frames().length}`),
      () => ended.push('failed'),
    )
  }
  const live = (conversation: string, ...seqs: number[]): unknown[] => {
    const before = t.frames().length
    for (const seq of seqs)
      t.session.deliver(delivered(seq, { conversation }), `{"type":"message","seq":${seq}}`)
    return t
      .frames()
      .slice(before)
      .map((frame) => ('seq' in frame ? frame.seq : frame.type))
  }
  return { ...t, queries, ended, ports, greet, live }
}

const resume = (streams: readonly [string, number][], incarnation = 'i1'): NonNullable<Hello['resume']> => ({
  incarnation,
  streams: streams.map(([conversation, after]) => ({ conversation, stream: 'public', after })),
})

describe('a welcome', () => {
  test("carries the token that was minted now, and nothing of the site's secrets", () => {
    const { greet, frames, ended } = start({ conversations: [] })
    greet(undefined, 'v1.token')
    expect(frames()).toEqual([
      {
        type: 'welcome',
        incarnation: 'i1',
        you: { role: 'visitor', id: 'v1' },
        site: { id: 's1', name: '茶店' },
        token: 'v1.token',
        limits: expect.objectContaining({ frame_bytes: 65_536 }) as unknown,
        conversations: [],
      },
    ])
    expect(ended).toEqual(['welcomed behind 1'])
  })

  test('is followed by the place in the queue; live frames begin behind the heads it names', () => {
    const place = { type: 'queue', conversation: 'c1', position: 3, eta_s: null, waiting_since: 5 } as const
    const { greet, frames, live, session } = start({ conversations: [view('c1', 4)], place })
    greet()
    expect(frames().map(({ type }) => type)).toEqual(['welcome', 'queue'])
    expect(session.visitorStored).toBe(true)
    expect(live('c1', 4, 5)).toEqual([5])
  })

  test('tells an agent the floor, its own status and who waits, and asks for what it resumes besides its own', () => {
    const floor = [
      { id: 'a1', name: 'Alice', status: 'away', presence: 'online', load: 1, capacity: 5 },
    ] as const
    const waiting = view('c9', 1, { state: 'queued', owner: null })
    const { greet, frames, queries } = start(
      { conversations: [view('c1', 4)], agents: floor, queue: [waiting], waiting: 7 },
      agentCaller,
    )
    greet(
      resume([
        ['c1', 4],
        ['c2', 1],
      ]),
    )
    expect(queries).toEqual([{ kind: 'agent', agent: 'a1', site: 's1', also: ['c1', 'c2'] }])
    expect(frames()).toMatchObject([
      { type: 'welcome', status: 'away', agents: floor, conversations: [{ id: 'c1', internal_head: 0 }] },
      { type: 'reset', conversation: 'c2' },
      { type: 'queue', waiting: 7, conversations: [{ id: 'c9' }] },
    ])
  })

  test.each([
    ['the store does not answer', { conversations: [], failed: 'silent' }, 'i1'],
    ['the writer was never heard', { conversations: [] }, undefined],
  ])('does not come when %s', (_, result, incarnation) => {
    const t = sessionOf()
    const ended: string[] = []
    const ports = {
      query: (_query: Query, done: (of: QueryResult) => void) => done(result),
      incarnation: () => incarnation,
    }
    welcome(
      t.session,
      site,
      { type: 'hello' },
      undefined,
      ports,
      () => ended.push('welcomed'),
      () => ended.push('failed'),
    )
    expect([t.frames(), ended]).toEqual([[], ['failed']])
  })
})

describe('a resume', () => {
  test('goes on at the head, waits for pages behind it, and is reset beyond it or where nothing is left', () => {
    const { greet, frames, live } = start({ conversations: [view('c1', 4), view('c2', 4), view('c3', 4)] })
    greet(
      resume([
        ['c1', 4],
        ['c2', 2],
        ['c3', 9],
        ['gone', 1],
      ]),
    )
    expect(frames().slice(1)).toEqual([
      { type: 'reset', conversation: 'c3' },
      { type: 'reset', conversation: 'gone' },
    ])
    expect([live('c1', 5), live('c2', 5), live('c3', 5)]).toEqual([[5], [], [5]])
  })

  test('under another incarnation resets each conversation once', () => {
    const { greet, frames, live } = start({ conversations: [view('c1', 4)] })
    greet(
      resume(
        [
          ['c1', 2],
          ['gone', 1],
        ],
        'another',
      ),
    )
    expect(frames().slice(1)).toEqual([
      { type: 'reset', conversation: 'c1' },
      { type: 'reset', conversation: 'gone' },
    ])
    expect(live('c1', 5)).toEqual([5])
  })

  test('holds for the pages of the list that follow, and forgets the rest behind the last', () => {
    const { greet, frames, live, session, ports } = start({ conversations: [view('c1', 4)], more: 77 })
    greet(
      resume([
        ['c2', 2],
        ['gone', 1],
      ]),
    )
    expect(frames()).toMatchObject([{ type: 'welcome', next: '77' }])
    const queries: Query[] = []
    moreConversations(session, '77', {
      ...ports,
      query: (query, done) => {
        queries.push(query)
        done({ conversations: [view('c2', 4)] })
      },
    })
    expect(queries).toEqual([{ kind: 'visitor', visitor: 'v1', before: 77 }])
    expect(frames().slice(1)).toMatchObject([
      { type: 'conversations', conversations: [{ id: 'c2', head: 4 }] },
      { type: 'reset', conversation: 'gone' },
    ])
    expect(live('c2', 5)).toEqual([])
  })
})

test('under another incarnation the pages that follow are reset too', () => {
  const { greet, frames, live, session, ports } = start({ conversations: [view('c1', 4)], more: 77 })
  greet(resume([['c2', 2]], 'another'))
  moreConversations(session, '77', {
    ...ports,
    query: (_, done) => {
      done({ conversations: [view('c2', 4)] })
    },
  })
  expect(frames().slice(1)).toMatchObject([{ type: 'conversations' }, { type: 'reset', conversation: 'c2' }])
  expect(live('c2', 5)).toEqual([5])
})

test('nothing live comes before the welcome, and nothing is missed for that', () => {
  const t = sessionOf()
  t.session.welcomed = false
  let answer = (): void => undefined
  const ports = {
    query: (_: Query, done: (result: QueryResult) => void) => {
      answer = () => done({ conversations: [view('c1', 2)] })
    },
    incarnation: () => 'i1',
  }
  const deliver = (seq: number): void =>
    t.session.deliver(delivered(seq, { conversation: 'c1' }), `{"type":"message","seq":${seq}}`)
  welcome(
    t.session,
    site,
    { type: 'hello' },
    undefined,
    ports,
    () => undefined,
    () => undefined,
  )
  deliver(1)
  t.session.relay('{"type":"pong"}')
  deliver(2)
  answer()
  deliver(3)
  t.session.relay('{"type":"pong"}')
  expect(t.told()).toEqual(['welcome', 'message 3', 'pong'])
})

describe('more conversations', () => {
  test('are not there behind a mark that nobody gave', () => {
    const { session, ports, frames, queries } = start({ conversations: [] })
    moreConversations(session, 'more', ports)
    expect(queries).toEqual([])
    expect(frames()).toEqual([
      {
        type: 'error',
        code: 'bad_frame',
        message: 'conversations: next must be the next of an earlier answer',
      },
    ])
  })

  test('say so when the store does not answer', () => {
    const { session, ports, frames } = start({ conversations: [], failed: 'silent' })
    moreConversations(session, '1', ports)
    expect(frames()).toMatchObject([{ type: 'error', code: 'unavailable', retry_after_ms: 1_000 }])
  })
})
