import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { Crowd, type Member, settleWithinMs } from './crowd.ts'
import { MessageIds } from './message-id.ts'
import { Meter } from './meter.ts'
import { seededRandom } from './random.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

interface User extends Member<User> {
  readonly number: number
}

// A crowd of one against a server whose connections the test holds; the clock is the test's.
async function meeting() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  cleanups.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clock = { now: 1_000 }
  const meter = new Meter()
  const around = {
    now: () => clock.now,
    ids: new MessageIds(0, 1),
    meter,
    due: () => Number.POSITIVE_INFINITY,
    advance: () => {},
    delivered: undefined,
  }
  const told: string[] = []
  let wake: () => void = () => {}
  const tell = (what: string): void => {
    told.push(what)
    wake()
  }
  const crowd = new Crowd<User>(1, around, seededRandom(7), {
    addressOf: () => ({
      host: '127.0.0.1',
      port,
      path: '/',
      subprotocol: undefined,
      localAddress: undefined,
    }),
    hello: () => 'hello',
    greeted: () => {},
    heard: (user) => {
      crowd.ready(user)
      tell('ready')
    },
    lost: (user, wasReady) => {
      tell(`lost, ${user.stage}, ${wasReady ? 'was ready' : 'was not ready'}`)
    },
    back: () => {
      tell('back')
    },
    reasonPrefix: '',
  })
  cleanups.push(() => {
    crowd.leave()
  })
  const user: User = {
    number: 0,
    socket: undefined,
    stage: 'connecting',
    losses: 0,
    known: false,
    returnInMs: undefined,
  }
  const connection = async (): Promise<WebSocket> => {
    const [socket] = (await once(server, 'connection')) as [WebSocket]
    return socket
  }
  const telling = async (count: number): Promise<readonly string[]> => {
    while (told.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return told
  }
  return { crowd, user, clock, meter, connection, telling }
}

test('who is lost comes back after its backoff, not before, and is counted when it is ready again', async () => {
  const { crowd, user, clock, connection, telling } = await meeting()
  let settled = 0
  crowd.enter(user, () => {
    settled += 1
  })
  const first = await connection()
  first.send('welcome')
  await telling(1)
  expect([settled, crowd.connected, crowd.calm]).toEqual([1, 1, true])
  first.terminate()
  expect(await telling(2)).toEqual(['ready', 'lost, away, was ready'])
  expect([crowd.connected, user.losses]).toEqual([0, 1])
  clock.now += 300
  const second = connection()
  crowd.turn(clock.now)
  ;(await second).send('welcome')
  expect(await telling(4)).toEqual(['ready', 'lost, away, was ready', 'back', 'ready'])
  expect([settled, crowd.connected, user.losses]).toEqual([1, 1, 0])
})

test('it comes back when the server asked it to, and not at all where the close code says so', async () => {
  const { crowd, user, clock, meter, connection, telling } = await meeting()
  crowd.enter(user, () => {})
  const first = await connection()
  first.send('welcome')
  await telling(1)
  user.returnInMs = 7_000
  first.close(1001, 'restart')
  await telling(2)
  crowd.turn(clock.now + 6_999)
  expect(user.stage).toBe('away')
  const second = connection()
  crowd.turn(clock.now + 7_000)
  ;(await second).close(4403, 'not here')
  expect((await telling(3)).at(-1)).toBe('lost, gone, was not ready')
  crowd.turn(clock.now + 1_000_000)
  expect(user.stage).toBe('gone')
  expect(meter.reasons().map(({ reason }) => reason)).toEqual([
    'closed 1001: restart',
    'closed 4403: not here',
  ])
})

test('a server that never greets is left after ten seconds, and tried again', async () => {
  const { crowd, user, clock, meter, connection, telling } = await meeting()
  let settled = 0
  crowd.enter(user, () => {
    settled += 1
  })
  const first = await connection()
  await once(first, 'message')
  crowd.turn(clock.now + settleWithinMs - 1)
  expect(user.stage).toBe('greeting')
  crowd.turn(clock.now + settleWithinMs)
  expect(await telling(1)).toEqual(['lost, away, was not ready'])
  expect([settled, crowd.connected]).toEqual([1, 0])
  expect(meter.reasons()).toEqual([
    { reason: `closed 1006: no welcome within ${settleWithinMs} ms`, count: 1 },
  ])
})

test('who is cut off on purpose comes back, too, and that is no reason for complaint', async () => {
  const { crowd, user, meter, connection, telling } = await meeting()
  crowd.enter(user, () => {})
  const first = await connection()
  first.send('welcome')
  await telling(1)
  crowd.cut(user)
  expect((await telling(2)).at(-1)).toBe('lost, away, was ready')
  expect(meter.reasons()).toEqual([])
})
