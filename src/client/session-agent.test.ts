import { describe, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import type { ConversationSummary, ServerFrame, Welcome } from '../protocol/frames.ts'
import { wireLimits } from '../protocol/limits.ts'
import { createSession, type SessionOptions, type SocketEvents, threadKey } from './session.ts'

const a = 'aaaaaaaaaaaaaaaa'
const b = 'bbbbbbbbbbbbbbbb'
const c = 'cccccccccccccccc'
const visitorOf = { id: 'v1', presence: 'online' } as const

function summary(id: string, more: Partial<ConversationSummary> = {}): ConversationSummary {
  const read = { visitor: 0, agent: 0 }
  return {
    id,
    head: 0,
    internal_head: 0,
    state: 'assigned',
    epoch: 1,
    owner: 'a1',
    read,
    visitor: visitorOf,
    ...more,
  }
}

function welcome(conversations: readonly ConversationSummary[], more: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    incarnation: 'one',
    you: { role: 'agent', id: 'a1', name: 'Lin' },
    site: { id: 's1', name: 'Shop' },
    limits: wireLimits,
    conversations,
    agents: [],
    status: 'online',
    ...more,
  }
}

/** A session on a socket that the test plays by hand. */
function setup(options: Partial<SessionOptions> = {}) {
  const clock = manualClock()
  const sent: Record<string, unknown>[] = []
  let events: SocketEvents | undefined
  let notices = 0
  const session = createSession({
    url: 'ws://server/ws',
    credentials: () => ({ token: 'secret' }),
    clock,
    random: (length) => new Uint8Array(length).fill(sent.length),
    openSocket: (_url, _protocol, opened) => {
      events = opened
      return {
        send: (text) => sent.push(JSON.parse(text) as Record<string, unknown>),
        close: () => undefined,
      }
    },
    ...options,
  })
  session.subscribe(() => notices++)
  const say = (...frames: readonly ServerFrame[]) => {
    for (const frame of frames) events?.onmessage(JSON.stringify(frame))
  }
  const come = (frame: Welcome) => {
    session.start()
    events?.onopen()
    say(frame)
  }
  const lose = () => {
    events?.onclose(1006)
    clock.advance(300)
    events?.onopen()
  }
  const last = (type: string) => sent.findLast((frame) => frame['type'] === type)
  return { clock, sent, session, say, come, lose, last, notices: () => notices }
}

describe('an agent’s session', () => {
  test('a command is answered once, and its event moves the conversation', async () => {
    const { session, come, say, last, clock } = setup()
    come(welcome([summary(a)]))
    const outcome = session.command({ type: 'transfer', conversation: a, epoch: 1, to: 'a2' })
    const id = String(last('transfer')?.['id'])
    expect(last('transfer')).toEqual({ type: 'transfer', id, conversation: a, epoch: 1, to: 'a2' })
    const event = {
      kind: 'event',
      event: 'transferred',
      epoch: 2,
      owner: 'a2',
      owner_name: '王',
      previous: 'a1',
    } as const
    say(
      { type: 'ack', id, conversation: a, stream: 'public', seq: 1, at: 7, epoch: 2 },
      {
        type: 'message',
        conversation: a,
        stream: 'public',
        seq: 1,
        id,
        from: { role: 'agent', id: 'a1', name: 'Lin' },
        body: { ...event, agent_version: 1, capacity: 4, load: 2 },
        at: 7,
      },
    )
    expect(await outcome).toEqual({
      status: 'acked',
      id,
      conversation: a,
      stream: 'public',
      seq: 1,
      at: 7,
      epoch: 2,
    })
    expect(session.state.conversations[0]).toMatchObject({ epoch: 2, owner: 'a2', owner_name: '王' })
    clock.advance(1_000)
    expect(last('history')).toBeUndefined()
  })

  test('a command’s event that does not come by itself is pulled', () => {
    const { session, come, say, last, clock } = setup()
    come(welcome([summary(a)]))
    void session.command({ type: 'close', conversation: a, epoch: 1 })
    say({ type: 'ack', id: String(last('close')?.['id']), conversation: a, stream: 'public', seq: 1, at: 7 })
    clock.advance(150)
    expect(last('history')).toEqual({
      type: 'history',
      conversation: a,
      stream: 'public',
      after: 0,
      limit: 200,
    })
  })

  test('a rejected command tells why', async () => {
    const { session, come, say, last } = setup()
    come(welcome([summary(a)]))
    const outcome = session.command({ type: 'accept', conversation: a, epoch: 0 })
    const id = String(last('accept')?.['id'])
    say({ type: 'error', id, code: 'stale_epoch', message: 'it is at epoch 1' })
    expect(await outcome).toEqual({
      status: 'rejected',
      id,
      code: 'stale_epoch',
      message: 'it is at epoch 1',
    })
    expect(session.state.pending).toEqual([])
  })

  test('reads the whole list, page by page, before it calls it listed', () => {
    const { session, come, say, last } = setup({ preload: 'none' })
    come(welcome([summary(a)], { next: 'n1' }))
    expect(last('conversations')).toEqual({ type: 'conversations', next: 'n1' })
    expect(session.state.listed).toBe(false)
    say({ type: 'conversations', conversations: [summary(b)] })
    expect(session.state.listed).toBe(true)
    expect(session.state.conversations.map(({ id }) => id)).toEqual([a, b])
  })

  test('forgets a conversation that is no longer its own after a reconnect, and a reset of it brings nothing back', () => {
    const { session, come, say, lose, last } = setup()
    come(welcome([summary(a), summary(b)]))
    lose()
    expect(last('hello')).toMatchObject({ resume: { incarnation: 'one' } })
    say(welcome([summary(b)]), { type: 'reset', conversation: a })
    expect(session.state.conversations.map(({ id }) => id)).toEqual([b])
    expect([...session.state.threads.keys()]).toEqual([threadKey(b, 'public'), threadKey(b, 'internal')])
  })

  test('another identity behind the same session begins with nothing', () => {
    const { session, come, say, lose } = setup()
    come(welcome([summary(a)]))
    say({
      type: 'message',
      conversation: a,
      stream: 'public',
      seq: 1,
      id: 'm',
      from: { role: 'visitor', id: 'v1' },
      body: { kind: 'text', text: 'hi' },
      at: 1,
    })
    lose()
    say(welcome([summary(a, { head: 1 })], { you: { role: 'agent', id: 'a9' } }))
    expect(session.state.threads.get(threadKey(a, 'public'))?.messages).toEqual([])
  })

  test('a conversation that was just assigned enters on top with its last page on the way', () => {
    const { session, come, say, last } = setup()
    come(welcome([summary(a)]))
    say({ type: 'conversation', conversation: summary(b, { head: 3 }) })
    expect(session.state.conversations.map(({ id }) => id)).toEqual([b, a])
    expect(last('history')).toEqual({
      type: 'history',
      conversation: b,
      stream: 'public',
      before: 4,
      limit: 50,
    })
    expect(session.state.threads.get(threadKey(b, 'public'))).toMatchObject({
      loadingOlder: true,
      behind: false,
    })
  })

  test('a thread read while it waited goes when someone else takes it', () => {
    const { session, come, say, last } = setup()
    come(welcome([]))
    say({ type: 'queue', waiting: 1, conversations: [summary(c, { state: 'queued', owner: null })] })
    session.loadOlder(c)
    expect(last('history')).toMatchObject({ conversation: c, before: Number.MAX_SAFE_INTEGER })
    expect(session.state.threads.has(threadKey(c, 'public'))).toBe(true)
    say({ type: 'queue', waiting: 0, conversations: [] })
    expect(session.state.threads.size).toBe(0)
  })

  test('says a read mark again that the last connection lost', () => {
    const { session, come, say, lose, sent } = setup()
    come(welcome([summary(a, { head: 2 })]))
    session.markRead(a, 2)
    session.markRead(a, 1)
    const marks = () => sent.filter(({ type }) => type === 'read')
    expect(marks()).toEqual([{ type: 'read', conversation: a, seq: 2 }])
    lose()
    say(welcome([summary(a, { head: 2 })]))
    expect(marks()).toHaveLength(2)
    expect(session.state.conversations[0]?.read.agent).toBe(2)
    lose()
    say(welcome([summary(a, { head: 2, read: { visitor: 0, agent: 2 } })]))
    expect(marks()).toHaveLength(2)
  })

  test('says its status again until the server has confirmed it, and then takes the server’s word', () => {
    const { session, come, say, lose, sent } = setup()
    come(welcome([]))
    session.setStatus('away')
    lose()
    say(welcome([]))
    expect(sent.filter(({ type }) => type === 'status')).toHaveLength(2)
    expect(session.state.status).toBe('away')
    say({ type: 'status', status: 'away' })
    lose()
    say(welcome([], { status: 'offline' }))
    expect(sent.filter(({ type }) => type === 'status')).toHaveLength(2)
    expect(session.state.status).toBe('offline')
  })

  test('retracted content goes from the thread', () => {
    const { session, come, say } = setup()
    come(welcome([summary(a)]))
    const from = { role: 'agent', id: 'a1' } as const
    const frame = { type: 'message', conversation: a, stream: 'public', from, at: 1 } as const
    say({ ...frame, seq: 1, id: 'm1', body: { kind: 'text', text: 'oops' } })
    say({ ...frame, seq: 2, id: 'm2', body: { kind: 'event', event: 'retracted', epoch: 1, seq: 1 } })
    expect(session.state.threads.get(threadKey(a, 'public'))?.messages[0]).toMatchObject({
      seq: 1,
      body: { kind: 'retracted' },
    })
  })

  test('typing goes out at most once a second, cut to the limit, and never waits for a connection', () => {
    const { session, come, clock, sent } = setup()
    session.typing(a, 'lost')
    clock.advance(1_000)
    come(welcome([summary(a)]))
    session.typing(a, '你')
    session.typing(a, 'x'.repeat(600))
    clock.advance(1_000)
    expect(sent.filter(({ type }) => type === 'typing')).toEqual([
      { type: 'typing', conversation: a, preview: '你' },
      { type: 'typing', conversation: a, preview: 'x'.repeat(500) },
    ])
  })

  test('an error without id makes the pages on their way be asked for again', () => {
    const { come, say, clock, sent } = setup()
    come(welcome([summary(a, { head: 3 })]))
    const pulls = () => sent.filter(({ type }) => type === 'history')
    expect(pulls()).toHaveLength(1)
    say({ type: 'error', code: 'rate_limited', message: 'slowly', retry_after_ms: 400 })
    clock.advance(399)
    expect(pulls()).toHaveLength(1)
    clock.advance(1)
    expect(pulls()).toHaveLength(2)
  })

  test('asks for at most four pages at once', () => {
    const { come, say, sent } = setup()
    come(welcome(Array.from('abcdefg', (letter) => summary(letter.repeat(16), { head: 3 }))))
    const pulls = () => sent.filter(({ type }) => type === 'history')
    expect(pulls()).toHaveLength(4)
    say({ type: 'page', conversation: a, stream: 'public', before: 4, messages: [], head: 3 })
    expect(pulls()).toHaveLength(5)
  })

  test('tells its listeners once per frame, and not at all for a pong', () => {
    const { come, say, notices, session } = setup()
    come(welcome([summary(a)]))
    const before = notices()
    const state = session.state
    say({ type: 'pong' })
    expect(notices()).toBe(before)
    expect(session.state).toBe(state)
    say({
      type: 'message',
      conversation: a,
      stream: 'public',
      seq: 1,
      id: 'm',
      from: { role: 'visitor', id: 'v1' },
      body: { kind: 'text', text: 'hi' },
      at: 1,
    })
    expect(notices()).toBe(before + 1)
    expect(session.state.threads.get(threadKey(a, 'internal'))).toBe(
      state.threads.get(threadKey(a, 'internal')),
    )
  })

  test('a full outbox throws for a send and rejects a command', async () => {
    const { session } = setup({ outboxLimit: 1 })
    session.send(a, { kind: 'text', text: 'one' }, { epoch: 1 })
    expect(() => session.send(a, { kind: 'text', text: 'two' }, { epoch: 1 })).toThrow(
      'too many messages wait for an answer',
    )
    expect(await session.command({ type: 'close', conversation: a, epoch: 1 })).toMatchObject({
      code: 'outbox_full',
    })
  })
})
