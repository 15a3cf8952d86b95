import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { planAt, startGenerator } from '../../src/chaos/load/generator-in-test.ts'
import type { FromGenerator, GeneratorResult } from '../../src/chaos/load/ipc.ts'
import { Pacer } from '../../src/chaos/load/pacer.ts'
import { seededRandom } from '../../src/chaos/load/random.ts'
import { echoDialect } from '../../src/chaos/targets/bare-dialects.ts'
import type { DelayModel } from './delays.ts'

export type VirtualRun = {
  readonly result: GeneratorResult
  /** What each message intended in the window must have taken, by the schedule and the model alone. */
  readonly expected: readonly number[]
}

const visitors = 10
const meanMs = 50
const seed = 7

/**
 * One generator against a `ws` server that delays by `model`, over real sockets but on a clock that stands still while bytes
 * are under way: so what must be measured is known exactly, whatever else this machine does.
 */
export async function virtualRun(model: DelayModel, lengthMs: number): Promise<VirtualRun> {
  let now = 0
  const target = await delayingServer(model, () => now)
  const tasks = new Set<() => void>()
  const hearing = startGenerator(planAt(target.port, { visitors, intervalMs: meanMs, seed }), echoDialect, {
    now: () => now,
    every: (_ms, task) => {
      tasks.add(task)
      return () => tasks.delete(task)
    },
  })
  const { generator } = hearing
  const at = async (instant: number): Promise<void> => {
    now = Math.max(now, instant)
    target.answerDue()
    await target.settled()
    for (const task of [...tasks]) task()
    await target.settled()
  }
  const until = async <T extends FromGenerator['t']>(type: T) => {
    for (;;) {
      const found = hearing.take(type)
      if (found !== undefined) return found
      await at(now + 10)
    }
  }
  try {
    generator.handle({ t: 'connect', who: 'visitors', perSecond: 1_000, withinMs: 1e9 })
    await until('connected')
    const zero = Math.ceil(now) + 100
    await at(zero)
    target.begin(zero)
    const intended = schedule(zero, lengthMs)
    const window = { startAt: zero, rampMs: 0, measureFrom: zero, measureTo: zero + lengthMs }
    generator.handle({ t: 'start', window })
    for (let next = 0; next < intended.length; ) {
      const arrival = intended[next] ?? 0
      if (target.due() < arrival) await at(target.due())
      else {
        await at(arrival)
        next += 1
      }
    }
    while (target.due() < Number.POSITIVE_INFINITY) await at(target.due())
    await at(zero + lengthMs)
    generator.handle({ t: 'drain', withinMs: 5_000 })
    await until('drained')
    generator.handle({ t: 'report' })
    const { result } = await until('result')
    const expected = intended.map((instant, n) => zero + model(instant - zero, n) - instant)
    return { result, expected }
  } finally {
    hearing.stop()
    target.stop()
  }
}

// The same seed gives the same schedule, as long as both are advanced from one instant to the next: each draws the interval that
// follows as it goes.
function schedule(zero: number, lengthMs: number): readonly number[] {
  const intended: number[] = []
  const pacer = new Pacer(visitors, meanMs, seededRandom(seed, 0))
  pacer.start(zero)
  while (pacer.due < zero + lengthMs) pacer.advance(pacer.due, (_user, instant) => intended.push(instant))
  return intended
}

type Waiting = { readonly due: number; readonly socket: WebSocket; readonly data: Buffer }

async function delayingServer(model: DelayModel, now: () => number) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  let zero = 0
  let received = 0
  let waiting: readonly Waiting[] = []
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      waiting = [...waiting, { due: zero + model(now() - zero, received), socket, data }]
      received += 1
    })
  })
  return {
    // `ws` gives an object for every address that is not a pipe.
    port: (server.address() as AddressInfo).port,
    begin: (instant: number): void => {
      zero = instant
    },
    due: (): number => waiting.reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY),
    answerDue: (): void => {
      const answered = waiting.filter(({ due }) => due <= now())
      waiting = waiting.filter(({ due }) => due > now())
      for (const { socket, data } of answered) socket.send(data, { binary: false })
    },
    // A pong stands behind all that either side had written before: then nothing is under way any more.
    settled: async (): Promise<void> => {
      const open = [...server.clients].filter((socket) => socket.readyState === socket.OPEN)
      const pongs = open.map((socket) => once(socket, 'pong'))
      for (const socket of open) socket.ping()
      await Promise.all(pongs)
      // Where nobody is connected yet, the loop must still turn.
      await new Promise((resolve) => setImmediate(resolve))
    },
    stop: (): void => {
      for (const client of server.clients) client.terminate()
      server.close()
    },
  }
}
