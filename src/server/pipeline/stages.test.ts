import { describe, expect, test } from 'vitest'
import type { MessageLimits } from '../limits/filter.ts'
import { hashBody } from '../storage/store.ts'
import { createFilter, type Filter, rolesFilter } from './filter.ts'
import { agentCaller, conversation, idInTest, item, originOf, send, visitorCaller } from './items-in-test.ts'
import { createPipelineMetrics } from './metrics.ts'
import { createParse } from './parse.ts'
import { createPipeline } from './pipeline.ts'
import { route } from './route.ts'
import type { Durable } from './stage.ts'

describe('parse', () => {
  test('hands on messages and commands in order, answers the rest, and lets one bad frame stop nobody', () => {
    const [good, bad] = [originOf(visitorCaller), originOf(visitorCaller)]
    const [first, last] = [send(), send()]
    const id = idInTest()
    const queue = { depth: () => 0 }
    const metrics = createPipelineMetrics({ ingress: queue, filter: queue, persist: queue })
    const items = createParse({ metrics, monotonic: () => 0 })([
      { origin: good, text: JSON.stringify(first) },
      { origin: bad, text: '{' },
      { origin: bad, text: JSON.stringify({ ...send({ id }), from: 'me' }) },
      { origin: good, text: '{"type":"ping"}' },
      { origin: good, text: JSON.stringify(last) },
    ])
    expect(items).toEqual([item(good, first), item(good, last)])
    expect(metrics.parse).toMatchObject({ in: 5, out: 2, refused: { invalid: 2 } })
    expect(metrics.control).toMatchObject({ in: 1, out: 1 })
    expect(good.controls).toEqual([{ type: 'ping' }])
    expect(good.invalids).toEqual([])
    expect(bad.invalids.map(({ code, id: of }) => [code, of])).toEqual([
      ['bad_frame', undefined],
      ['bad_frame', id],
    ])
  })
})

describe('filter', () => {
  const command = { type: 'close', id: idInTest(), conversation, epoch: 1 } as const

  test.each<[string, 'visitor' | 'agent', Durable, string | undefined]>([
    ["a visitor's message passes", 'visitor', send(), undefined],
    ['an internal one does not', 'visitor', send({ stream: 'internal' }), 'forbidden'],
    ['nor one under an epoch', 'visitor', send({ epoch: 1 }), 'bad_frame'],
    ["nor a visitor's command", 'visitor', command, 'forbidden'],
    ["an agent's message passes under an epoch", 'agent', send({ epoch: 1 }), undefined],
    ['but not without', 'agent', send(), 'bad_frame'],
    ['an internal one needs none', 'agent', send({ stream: 'internal' }), undefined],
    ["an agent's command passes", 'agent', command, undefined],
  ])('%s', (_, role, frame, code) => {
    const one = item(originOf(role === 'agent' ? agentCaller : visitorCaller), frame)
    rolesFilter([one])
    expect(one.verdict?.code).toBe(code)
  })

  test('sees the whole batch at once, and the first verdict stands', () => {
    const sizes: number[] = []
    const reject =
      (message: string): Filter =>
      (batch) => {
        sizes.push(batch.length)
        for (const one of batch) one.verdict ??= { code: 'filtered', message }
      }
    const batch = [item(originOf(visitorCaller), send()), item(originOf(visitorCaller), send())]
    expect(createFilter([reject('first'), reject('second')])(batch)).toBeUndefined()
    expect(sizes).toEqual([2, 2])
    expect(batch.map(({ verdict }) => verdict?.message)).toEqual(['first', 'first'])
  })
})

describe('route', () => {
  test("a visitor's send becomes an append, with its record until that is stored", () => {
    const frame = send({ conversation })
    const body = '{"kind":"text","text":"你好"}'
    const append = {
      kind: 'append',
      id: frame.id,
      site: 's1',
      sender: { role: 'visitor', id: 'v1' },
      stream: 'public',
      body,
      bodyHash: hashBody('public', body),
      conversation,
    }
    const [known, fresh] = route([
      item(originOf(visitorCaller), frame),
      item(originOf(visitorCaller, false), frame),
    ])
    expect(known?.request).toEqual(append)
    expect(fresh?.request).toEqual({ ...append, visitor: { id: 'v1', site: 's1', tokenHash: 'hash' } })
  })

  test('a verdict travels with the message', () => {
    const verdict = { code: 'filtered', message: 'no' } as const
    const [one] = route([{ ...item(originOf(agentCaller), send({ epoch: 4 })), verdict }])
    expect(one?.request).toMatchObject({
      kind: 'append',
      epoch: 4,
      verdict,
      sender: { role: 'agent', name: 'Alice' },
    })
  })

  test.each<[Durable, object]>([
    [
      { type: 'accept', id: 'i', conversation, epoch: 0 },
      { kind: 'command', command: 'accept' },
    ],
    [
      { type: 'transfer', id: 'i', conversation, epoch: 0, to: 'a2' },
      { kind: 'command', command: 'transfer', to: 'a2' },
    ],
    [
      { type: 'retract', id: 'i', conversation, epoch: 0, seq: 3 },
      { kind: 'retract', seq: 3, withinMs: 120_000 },
    ],
  ])('$type becomes a request by the credential', (frame, request) => {
    const by = { role: 'agent', id: 'a1', name: 'Alice' }
    const [one] = route([item(originOf(agentCaller), frame)])
    expect(one?.request).toEqual({
      id: 'i',
      conversation,
      epoch: 0,
      ...(frame.type === 'retract' ? { sender: by } : { by }),
      ...request,
    })
  })
})

describe('the pipeline', () => {
  const start = (limits?: MessageLimits) => {
    let now = 0
    const asked: string[] = []
    const pipeline = createPipeline({
      ...(limits === undefined ? {} : { limits }),
      ask: (request) => {
        asked.push('id' in request ? request.id : '')
        return true
      },
      random: () => 0,
      publish: () => undefined,
      filters: [],
      clock: { monotonic: () => now, after: () => () => undefined },
      onFailure: (error) => {
        throw error
      },
    })
    const origin = originOf(visitorCaller)
    const receive = (): string => {
      const frame = send()
      pipeline.receive(origin, JSON.stringify(frame))
      return frame.id
    }
    return { pipeline, origin, asked, receive, pass: (ms: number) => (now += ms) }
  }

  test('works on everything of one turn of the loop together', async () => {
    const { asked, receive } = start()
    const ids = [receive(), receive(), receive()]
    expect(asked).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toEqual(ids)
  })

  test('does not wait for the turn to end with 64 frames, or when the first is 1 ms old', () => {
    const { asked, receive, pass } = start()
    const ids = Array.from({ length: 64 }, receive)
    expect(asked).toEqual(ids)
    ids.push(receive())
    pass(1)
    ids.push(receive())
    expect(asked).toEqual(ids)
  })

  test('refuses what is over a limit as unknown, and what comes behind it, until the same id comes again', () => {
    const waits = [0, 700]
    const turnedAway: string[] = []
    const { pipeline, origin, asked } = start({
      wait: () => waits.shift() ?? 0,
      turnedAway: ({ frame }) => turnedAway.push(frame.type),
      control: () => 0,
      disconnected: () => 0,
    })
    const [first, second, third] = [send(), send(), send()]
    for (const frame of [first, second, third]) pipeline.submit(origin, frame)
    expect(asked).toEqual([first.id])
    expect(origin.answers.map(({ frame, answer }) => [frame, answer])).toEqual([
      [
        second,
        {
          status: 'failed',
          code: 'rate_limited',
          message: 'too many messages; retry the same id after 700 ms',
          retryAfterMs: 700,
        },
      ],
      [third, expect.objectContaining({ status: 'failed', code: 'busy', retryAfterMs: 700 })],
    ])
    expect(turnedAway).toEqual(['send'])
    for (const frame of [second, third]) pipeline.submit(origin, frame)
    expect(asked).toEqual([first.id, second.id, third.id])
    expect(pipeline.report().filter?.refused).toMatchObject({ limited: 1, lane: 1 })
  })

  test('works on what was received before a frame that was decoded already', () => {
    const { pipeline, origin, asked, receive } = start()
    const first = receive()
    const frame = send()
    pipeline.submit(origin, frame)
    expect(asked).toEqual([first, frame.id])
  })
})
