import { describe, expect, test } from 'vitest'
import { conversation } from './testing/server.ts'
import { agent, flow, setup, text } from './testing/setup.ts'

describe('a session’s connection', () => {
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
