import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { account } from '../report/account.ts'
import type { Flow } from '../scenario/scenario.ts'
import { echoDialect } from '../targets/bare-dialects.ts'
import { type Hearing, planAt, startGenerator } from './generator-in-test.ts'
import type { GeneratorPlan, GeneratorResult } from './ipc.ts'
import { messageState } from './message-log.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function started(port: number, mode: 'open' | 'closed', changes: Partial<GeneratorPlan> = {}): Hearing {
  const hearing = startGenerator(planAt(port, { mode, ...changes }), echoDialect)
  cleanups.push(hearing.stop)
  return hearing
}

type OnMessage = (data: Buffer, send: (text: Buffer) => void, cut: () => void) => void

async function server(onMessage: OnMessage): Promise<number> {
  const made = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  cleanups.push(() => {
    for (const client of made.clients) client.terminate()
    made.close()
  })
  made.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const send = (text: Buffer): void => {
        socket.send(text, { binary: false })
      }
      onMessage(data, send, () => {
        socket.terminate()
      })
    })
  })
  await once(made, 'listening')
  return (made.address() as AddressInfo).port
}

async function measured(
  { generator, next }: Hearing,
  lengthMs: number,
  rampMs = 0,
): Promise<GeneratorResult> {
  generator.handle({ t: 'connect', who: 'visitors', perSecond: 1_000, withinMs: 10_000 })
  expect(await next('connected')).toMatchObject({ connected: 5, reasons: [] })
  const startAt = performance.now()
  generator.handle({
    t: 'start',
    window: { startAt, rampMs, measureFrom: startAt, measureTo: startAt + lengthMs },
  })
  while (performance.now() < startAt + lengthMs) await next('progress')
  generator.handle({ t: 'drain', withinMs: 5_000 })
  await next('drained')
  generator.handle({ t: 'read-back', withinMs: 1_000 })
  await next('read')
  generator.handle({ t: 'report' })
  return (await next('result')).result
}

test.each(['open', 'closed'] as const)(
  'in %s mode every message comes back, is timed once and nothing is lost',
  async (mode) => {
    const texts: string[] = []
    const port = await server((data, send) => {
      texts.push(data.toString())
      send(data)
    })
    const result = await measured(started(port, mode), 700)
    expect(result.sent).toBeGreaterThan(5)
    expect(result).toMatchObject({ acked: result.sent, errors: 0, connectedVisitors: 5 })
    expect(result.messages.count).toBe(texts.length)
    expect(result.latency.counts.reduce((sum, count) => sum + count, 0)).toBe(result.sent)
    expect(account([result], { delivers: false, stores: false })).toMatchObject({
      lost: 0,
      duplicated: 0,
      outOfOrder: 0,
      acked: texts.length,
    })
    const first: unknown = JSON.parse(texts[0] ?? '')
    expect(first).toMatchObject({ type: 'send', body: { kind: 'text' } })
  },
)

test('what is never answered is an error, not an omission', async () => {
  let answered = 0
  const port = await server((data, send) => {
    answered += 1
    if (answered % 2 === 1) send(data)
  })
  const { generator, next } = started(port, 'open', { ackWithinMs: 400 })
  generator.handle({ t: 'connect', who: 'visitors', perSecond: 1_000, withinMs: 10_000 })
  await next('connected')
  const startAt = performance.now()
  generator.handle({
    t: 'start',
    window: { startAt, rampMs: 0, measureFrom: startAt, measureTo: startAt + 500 },
  })
  while (performance.now() < startAt + 500) await next('progress')
  generator.handle({ t: 'drain', withinMs: 20_000 })
  await next('drained')
  generator.handle({ t: 'report' })
  const { result } = await next('result')
  expect(result.errors).toBe(Math.floor(answered / 2))
  expect(result.acked + result.errors).toBe(result.sent)
  expect(result.reasons).toEqual([{ reason: 'no ack within 400 ms', count: result.errors }])
})

test.each(['open', 'closed'] as const)(
  'in %s mode who is cut off comes back, and sends again what had no ack: the same message',
  async (mode) => {
    const texts: string[] = []
    const port = await server((data, send, cut) => {
      texts.push(data.toString())
      if (texts.length % 20 === 10) cut()
      else send(data)
    })
    const result = await measured(started(port, mode), 700)
    const cuts = Math.floor((texts.length + 10) / 20)
    expect(cuts).toBeGreaterThan(1)
    expect(result).toMatchObject({ acked: result.sent, errors: 0, connectedVisitors: 5 })
    expect(result).toMatchObject({ reconnects: cuts, resumes: cuts })
    // A connection that is reset is lost as well as one that ends.
    expect(result.reasons.every(({ reason }) => reason.startsWith('closed 1006'))).toBe(true)
    expect(result.reasons.reduce((sum, { count }) => sum + count, 0)).toBe(cuts)
    expect(result.messages.count).toBe(new Set(texts).size)
    expect(texts.length - new Set(texts).size).toBeGreaterThanOrEqual(cuts)
    expect(account([result], { delivers: false, stores: false })).toMatchObject({ lost: 0, outOfOrder: 0 })
  },
)

test('visitors are cut off and stop reading as the plan asks, and still nothing is lost', async () => {
  const port = await server((data, send) => {
    send(data)
  })
  const trouble = { reconnectPerMinute: 60, slowReaders: 0.5 }
  const result = await measured(started(port, 'open', { trouble }), 1_000)
  expect(result.reconnects).toBeGreaterThan(0)
  expect(result.resumes).toBe(result.reconnects)
  // What slow readers send is not timed: the messages of the others are fewer than all.
  expect(result.sent).toBeLessThan(result.messages.count)
  expect(result).toMatchObject({ acked: result.sent, errors: 0, reasons: [] })
  expect(result.messages.state.every((state) => state === messageState.acked)).toBe(true)
})

test('flows are walked: what is expected and does not come is an error by name, the rest goes on', async () => {
  const port = await server((data, send) => {
    if (!data.includes('into the void')) send(data)
  })
  const steps: Flow['steps'] = [
    { do: 'send', text: { from: 'given', texts: ['hello there'] } },
    { do: 'expect', what: 'ack', withinMs: 1_000 },
    { do: 'think', meanMs: 5, spread: 'exponential' },
    { do: 'send', text: { from: 'given', texts: ['into the void'] } },
    { do: 'expect', what: 'ack', withinMs: 30 },
    { do: 'send', text: { from: 'given', texts: ['never said'] } },
  ]
  const flows = [{ name: 'ask', weight: 1, steps }]
  const result = await measured(started(port, 'closed', { flows, ackWithinMs: 500 }), 700)
  const [ask] = result.flows
  expect(ask?.failed).toBeGreaterThan(5)
  expect(ask).toMatchObject({ name: 'ask', finished: 0, cutShort: (ask?.started ?? 0) - (ask?.failed ?? 0) })
  expect(result.reasons).toContainEqual({
    reason: 'flow ask, step 5 (expect ack within 30 ms): too late; not taken: step 6',
    count: ask?.failed,
  })
  expect(result.acked).toBeGreaterThanOrEqual(ask?.failed ?? 0)
  expect(result.errors + result.acked).toBe(result.sent)
})

test.each(['open', 'closed'] as const)(
  'in %s mode visitors begin one after the other over the ramp',
  async (mode) => {
    const port = await server((data, send) => {
      send(data)
    })
    // Cut short after a fifth of the ramp: only the first of five ever begins.
    const { messages } = await measured(started(port, mode), 500, 2_500)
    expect([...new Set(messages.who)]).toEqual([0])
  },
)
