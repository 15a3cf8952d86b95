import { describe, expect, test } from 'vitest'
import type { Send } from '../protocol/frames.ts'
import { conversation } from './testing/server.ts'
import { agent, flow, key, setup, text } from './testing/setup.ts'

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
})
