import { describe, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import type { Send } from '../protocol/frames.ts'
import { createSession, type Outcome, type SessionOptions, type SessionTaps, threadKey } from './session.ts'
import { conversation, FakeServer, type Link } from './testing/server.ts'

const visitor = { role: 'visitor', id: 'v1' } as const
const agent = { role: 'agent', id: 'agent1', name: '林小雨' } as const
const key = threadKey(conversation, 'public')
const text = (words: string) => ({ kind: 'text', text: words }) as const

function setup(options: Partial<SessionOptions> = {}, who: typeof visitor | typeof agent = visitor) {
  const clock = manualClock()
  const server = new FakeServer()
  const link = server.link(who)
  let byte = 0
  const outcomes: Outcome[] = []
  const unknown: string[] = []
  const taps: SessionTaps = {
    onOutcome: (outcome) => outcomes.push(outcome),
    onUnknown: (_id, code) => unknown.push(code),
  }
  const session = createSession({
    url: 'ws://server/ws',
    credentials: () => (who === visitor ? { site: 'site1' } : { token: 'secret' }),
    openSocket: link.openSocket,
    clock,
    random: (length) => Uint8Array.from({ length }, () => byte++ & 0xff),
    taps,
    ...options,
  })
  const texts = () =>
    session.state.threads.get(key)?.messages.map(({ body }) => ('text' in body ? body.text : body.kind))
  return { clock, server, link, session, outcomes, unknown, texts }
}

/** Lets everything through until nothing moves. */
function flow(link: Link): void {
  while (link.accept() || link.up() || link.down()) {
    // Each turn moves one frame.
  }
}

describe('a session', () => {
  test('says hello once the socket is open and is ready with the welcome', () => {
    const { session, link } = setup({ pageUrl: () => 'https://shop.example/tea', locale: () => 'zh-CN' })
    expect(session.state.connection).toEqual({ phase: 'idle' })
    session.start()
    expect(session.state.connection).toEqual({ phase: 'connecting', attempt: 0 })
    link.accept()
    expect(session.state.connection).toEqual({ phase: 'greeting', attempt: 0 })
    flow(link)
    expect(link.read[0]).toEqual({
      type: 'hello',
      site: 'site1',
      page_url: 'https://shop.example/tea',
      locale: 'zh-CN',
    })
    expect(session.state.connection).toEqual({ phase: 'ready' })
    expect(session.state.you).toEqual({ role: 'visitor', id: 'v1' })
    expect(session.state.listed).toBe(true)
  })

  test('sends what was written before the socket was up, once, in order', () => {
    const { session, link, server, outcomes, texts } = setup()
    session.send(undefined, text('first'))
    session.send(undefined, text('second'))
    expect(session.state.pending.map(({ status }) => status)).toEqual(['waiting', 'waiting'])
    session.start()
    flow(link)
    expect(server.log.map(({ body }) => body)).toEqual([text('first'), text('second')])
    expect(outcomes.map(({ status }) => status)).toEqual(['acked', 'acked'])
    expect(session.state.pending).toEqual([])
    expect(texts()).toEqual(['first', 'second'])
  })

  test('loads the last page of the visitor’s conversation and older ones when asked', () => {
    const { session, link, server, texts } = setup({ pageSize: 2 })
    for (let n = 1; n <= 5; n++) server.append(agent, `m${n}`, text(`line ${n}`))
    session.start()
    flow(link)
    expect(texts()).toEqual(['line 4', 'line 5'])
    expect(session.state.threads.get(key)?.complete).toBe(false)
    session.loadOlder(conversation)
    expect(session.state.threads.get(key)?.loadingOlder).toBe(true)
    flow(link)
    session.loadOlder(conversation)
    flow(link)
    expect(texts()).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5'])
    expect(session.state.threads.get(key)).toMatchObject({
      complete: true,
      loadingOlder: false,
      behind: false,
    })
  })

  test('resumes at its cursor and pulls what it missed', () => {
    const { session, link, server, clock, texts } = setup()
    session.start()
    flow(link)
    server.append(agent, 'm1', text('hello'))
    server.publish()
    flow(link)
    link.cut()
    server.append(agent, 'm2', text('still there?'))
    clock.advance(300)
    flow(link)
    expect(link.read.findLast(({ type }) => type === 'hello')).toMatchObject({
      resume: { incarnation: 'one', streams: [{ conversation, stream: 'public', after: 1 }] },
    })
    expect(texts()).toEqual(['hello', 'still there?'])
  })

  test('takes its own message in a page for the ack that was lost', () => {
    const { session, link, clock, outcomes, texts } = setup()
    session.start()
    flow(link)
    const id = session.send(conversation, text('paid'))
    link.up()
    link.cut()
    expect(session.state.pending).toMatchObject([{ id, status: 'waiting' }])
    clock.advance(300)
    flow(link)
    expect(outcomes).toMatchObject([{ status: 'acked', id, seq: 1 }])
    expect(texts()).toEqual(['paid'])
    expect(session.state.pending).toEqual([])
  })

  test('an ack while catching up does not move where the next page begins', () => {
    const { session, link, server, clock, texts } = setup()
    session.start()
    flow(link)
    session.send(conversation, text('mine'))
    link.up()
    link.cut()
    server.append(agent, 'm2', text('theirs'))
    link.historyTrouble = 1
    clock.advance(300)
    flow(link)
    expect(session.state.pending).toEqual([])
    expect(texts()).toEqual([])
    clock.advance(200)
    flow(link)
    expect(link.read.findLast(({ type }) => type === 'history')).toMatchObject({ after: 0 })
    server.append(agent, 'm3', text('live again'))
    server.publish()
    flow(link)
    expect(texts()).toEqual(['mine', 'theirs', 'live again'])
  })

  test('takes its own message in a live frame for the ack', () => {
    const { session, link, server, outcomes } = setup()
    session.start()
    flow(link)
    link.trouble.push({ code: 'unavailable', stored: true })
    const id = session.send(conversation, text('paid'))
    flow(link)
    expect(outcomes).toEqual([])
    server.publish()
    flow(link)
    expect(outcomes).toMatchObject([{ status: 'acked', id, seq: 1 }])
    expect(session.state.pending).toEqual([])
    expect(link.read.filter(({ type }) => type === 'send')).toHaveLength(1)
  })

  test('lifts a refusal that its own message overtook, so that later sends are not busy for ever', () => {
    const { session, link, server, clock, outcomes } = setup()
    session.start()
    flow(link)
    link.trouble.push({ code: 'unavailable', stored: true })
    const first = session.send(conversation, text('paid'))
    flow(link)
    server.publish()
    flow(link)
    const second = session.send(conversation, text('and sent'))
    clock.advance(50)
    flow(link)
    expect(outcomes.map(({ id }) => id)).toEqual([first, second])
    expect(server.log.map(({ id }) => id)).toEqual([first, second])
  })

  test('does not take a stranger’s message with its own id for an ack', () => {
    const { session, link, outcomes } = setup()
    session.start()
    flow(link)
    link.trouble.push('silence')
    const id = session.send(conversation, text('mine'))
    flow(link)
    link.push({
      type: 'message',
      conversation,
      stream: 'public',
      seq: 1,
      id,
      from: agent,
      body: text('forged'),
      at: 1,
    })
    flow(link)
    expect(outcomes).toEqual([])
    expect(session.state.pending).toMatchObject([{ id, status: 'sending' }])
  })

  test('after busy resends from the refused message on, in order, when retry_after_ms is over', () => {
    const { session, link, server, clock, unknown } = setup()
    session.start()
    flow(link)
    link.trouble.push({ code: 'busy', stored: false })
    session.send(conversation, text('one'))
    session.send(conversation, text('two'))
    flow(link)
    expect(unknown).toEqual(['busy'])
    expect(server.log).toEqual([])
    clock.advance(49)
    flow(link)
    expect(server.log).toEqual([])
    clock.advance(1)
    flow(link)
    expect(server.log.map(({ body }) => body)).toEqual([text('one'), text('two')])
  })

  test('a definite rejection stays as failed and stops nothing else', () => {
    const { session, link, server, outcomes } = setup()
    session.start()
    flow(link)
    link.trouble.push({ code: 'filtered', stored: false })
    const bad = session.send(conversation, text('bad'))
    flow(link)
    expect(outcomes).toEqual([{ status: 'rejected', id: bad, code: 'filtered', message: 'in trouble' }])
    expect(session.state.pending).toMatchObject([{ id: bad, status: 'failed', error: { code: 'filtered' } }])
    const again = session.resend(bad)
    flow(link)
    expect(again).not.toBe(bad)
    expect(session.state.pending).toEqual([])
    expect(server.log).toMatchObject([{ id: again, body: text('bad') }])
  })

  test('an answer 10 s overdue is asked for again with the same id, and the server probed', () => {
    const { session, link, server, clock, unknown } = setup()
    session.start()
    flow(link)
    link.trouble.push('silence')
    const id = session.send(conversation, text('lost'))
    flow(link)
    clock.advance(10_000)
    expect(unknown).toEqual(['timeout'])
    flow(link)
    const sends = link.read.filter((frame): frame is Send => frame.type === 'send')
    expect(sends.map((send) => send.id)).toEqual([id, id])
    expect(link.read).toContainEqual({ type: 'ping' })
    expect(server.log).toHaveLength(1)
  })

  test('an ack ahead of the cursor marks the message sent and the gap is pulled', () => {
    const { session, link, server, clock, outcomes, texts } = setup()
    session.start()
    flow(link)
    server.append(agent, 'm1', text('before yours'))
    session.send(conversation, text('mine'))
    flow(link)
    expect(outcomes).toMatchObject([{ status: 'acked', seq: 2 }])
    expect(texts()).toEqual([])
    clock.advance(150)
    flow(link)
    expect(texts()).toEqual(['before yours', 'mine'])
  })

  test('a reset drops what is held and loads the last page', () => {
    const { session, link, server, texts } = setup()
    server.append(agent, 'm1', text('old'))
    session.start()
    flow(link)
    server.log.splice(0)
    server.incarnation = 'two'
    server.append(agent, 'm9', text('restored'))
    link.push({ type: 'reset', conversation })
    flow(link)
    expect(texts()).toEqual(['restored'])
  })

  test('another incarnation at the welcome drops the old thread', () => {
    const { session, link, server, clock, texts } = setup()
    server.append(agent, 'm1', text('old'))
    server.append(agent, 'm2', text('older store only'))
    session.start()
    flow(link)
    link.cut()
    server.log.splice(1)
    server.incarnation = 'two'
    clock.advance(300)
    flow(link)
    expect(texts()).toEqual(['old'])
  })

  test('drain brings it back after the given time without backoff', () => {
    const { session, link, clock } = setup()
    session.start()
    flow(link)
    link.push({ type: 'drain', reconnect_after_ms: 2_000 })
    flow(link)
    clock.advance(500)
    link.cut(1001)
    expect(session.state.connection).toMatchObject({ phase: 'waiting', attempt: 0, until: 2_000, code: 1001 })
    clock.advance(1_500)
    expect(session.state.connection).toEqual({ phase: 'connecting', attempt: 0 })
  })

  test('drain moves over by itself when the server has not closed by then', () => {
    const { session, link, clock } = setup()
    session.start()
    flow(link)
    link.push({ type: 'drain', reconnect_after_ms: 2_000 })
    flow(link)
    clock.advance(2_000)
    expect(session.state.connection).toEqual({ phase: 'connecting', attempt: 0 })
    flow(link)
    expect(session.state.connection).toEqual({ phase: 'ready' })
  })

  test.each([
    [4401, 'login'],
    [4403, 'refused'],
    [4404, 'refused'],
    [1009, 'refused'],
  ] as const)('close code %i ends it with reason %s', (code, reason) => {
    const { session, link } = setup()
    session.start()
    link.accept()
    link.push({ type: 'error', code: 'unauthenticated', message: 'the session has ended' })
    link.down()
    link.cut(code)
    expect(session.state.connection).toEqual({
      phase: 'ended',
      reason,
      code,
      message: 'the session has ended',
    })
    session.start()
    expect(session.state.connection).toEqual({ phase: 'connecting', attempt: 0 })
  })

  test('backs off further while connections do not last, and starts anew after a stable one', () => {
    const { session, link, clock } = setup({ random: (length) => new Uint8Array(length).fill(255) })
    session.start()
    for (const bound of [300, 600, 1_200, 2_400, 4_800, 9_600, 15_000, 15_000]) {
      link.cut()
      const { connection } = session.state
      expect(connection.phase === 'waiting' ? connection.until - clock.monotonic() : undefined).toBe(
        bound - 1,
      )
      clock.advance(bound - 1)
    }
    flow(link)
    clock.advance(5_000)
    link.cut()
    expect(session.state.connection).toMatchObject({
      phase: 'waiting',
      attempt: 1,
      until: clock.monotonic() + 299,
    })
  })

  test('pings after 30 s of silence and gives the socket up 10 s later', () => {
    const { session, link, clock } = setup({ random: (length) => new Uint8Array(length).fill(255) })
    session.start()
    flow(link)
    clock.advance(30_000)
    link.up()
    expect(link.read.at(-1)).toEqual({ type: 'ping' })
    clock.advance(9_999)
    expect(session.state.connection).toEqual({ phase: 'ready' })
    clock.advance(1)
    expect(session.state.connection).toMatchObject({ phase: 'waiting', code: 1006 })
  })

  test('a probe without an answer within 3 s opens a new socket at once', () => {
    const { session, link, clock } = setup()
    session.start()
    flow(link)
    session.probe()
    clock.advance(3_000)
    expect(session.state.connection).toEqual({ phase: 'connecting', attempt: 0 })
  })

  test('a probe that is answered changes nothing', () => {
    const { session, link, clock } = setup()
    session.start()
    flow(link)
    session.probe()
    flow(link)
    clock.advance(3_000)
    expect(session.state.connection).toEqual({ phase: 'ready' })
  })

  test('probe and kick end a wait', () => {
    for (const wake of ['probe', 'kick'] as const) {
      const { session, link } = setup()
      session.start()
      link.cut()
      expect(session.state.connection.phase).toBe('waiting')
      session[wake]()
      expect(session.state.connection.phase).toBe('connecting')
    }
  })

  test('stop closes for good, keeps the unsent and ends commands', async () => {
    const { session, link } = setup({}, agent)
    session.start()
    flow(link)
    const command = session.command({ type: 'close', conversation, epoch: 1 })
    session.stop()
    session.send(conversation, text('later'), { epoch: 1 })
    expect(await command).toMatchObject({ status: 'rejected', code: 'abandoned' })
    expect(session.state.connection).toEqual({ phase: 'ended', reason: 'stopped', code: 1000 })
    expect(session.state.pending).toHaveLength(1)
  })
})
