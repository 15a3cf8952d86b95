import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import { closeFrame, pongFrame, textFrame } from './frame.ts'
import { FrameSocket } from './frame-socket.ts'
import { Flusher } from './outbox.ts'

const accept = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: kf\r\n\r\n'
const server = createServer()
let clock: ManualClock
let flusher: Flusher
let socket: FrameSocket
let client: Socket
/** What the owner was told. */
let told: string[]
/** Every byte the client got. */
let got: string
let clientEnded: boolean

beforeEach(async () => {
  clock = manualClock()
  flusher = new Flusher(() => performance.now())
  // Of this test alone: the sockets of the one before may still have something to tell.
  const ownTold: string[] = []
  told = ownTold
  got = ''
  clientEnded = false
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const upgraded = Promise.withResolvers<FrameSocket>()
  server.once('upgrade', (_, raw: Socket, head: Buffer) => {
    const opened = new FrameSocket(
      raw,
      { flusher, outboxBytes: 10_000, after: clock.after },
      {
        text: (text) => ownTold.push(`text ${text}`),
        sign: () => ownTold.push('sign'),
        overflowed: () => {
          ownTold.push('overflowed')
          opened.close(4413, 'slow')
        },
        closed: () => ownTold.push('closed'),
        gone: () => ownTold.push('gone'),
      },
    )
    opened.open(accept, head)
    upgraded.resolve(opened)
  })
  const { port } = server.address() as AddressInfo
  client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  client.write('GET / HTTP/1.1\r\nHost: kf\r\nConnection: Upgrade\r\nUpgrade: kf\r\n\r\n')
  client.on('error', () => undefined)
  const self = client
  client.on('data', (chunk: Buffer) => {
    if (self === client) got += chunk.toString('latin1')
  })
  client.on('end', () => {
    if (self === client) clientEnded = true
  })
  socket = await upgraded.promise
  await poll(() => got).toBe(accept)
  got = ''
})

afterEach(async () => {
  client.destroy()
  socket.destroy()
  server.close()
  await once(server, 'close')
})

/** A client's frame under a mask of zeros. */
const masked = (first: number, payload = ''): Buffer =>
  Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0, ...Buffer.from(payload, 'latin1')])
const closing = (code: number): Buffer => masked(0x88, String.fromCharCode(code >> 8, code & 0xff))

describe('an open socket', () => {
  test('hands on texts and answers pings, all in order', async () => {
    client.write(Buffer.concat([masked(0x81, 'a'), masked(0x89, '\xffp'), masked(0x8a), masked(0x81, 'b')]))
    await poll(() => told).toEqual(['text a', 'sign', 'sign', 'text b'])
    socket.write('"c"')
    socket.sendPing()
    await poll(() => got).toBe(`${pongFrame('\xffp')}${textFrame('"c"')}\x89\x00`)
  })

  test.each<[string, () => Buffer, string]>([
    ['a close frame', () => closing(4000), closeFrame(4000)],
    ['a close frame without a code', () => masked(0x88), closeFrame(undefined)],
    ['a failure', () => masked(0x83), closeFrame(1002, 'opcode 3 is reserved')],
  ])('writes what waits, answers %s, and ends', async (_, bytes, answer) => {
    socket.write('"due"')
    client.write(bytes())
    await poll(() => clientEnded).toBe(true)
    expect([got, told]).toEqual([textFrame('"due"') + answer, ['closed']])
    client.end()
    await poll(() => told).toEqual(['closed', 'gone'])
  })

  test('whose client ends without a close frame writes what waits, and ends', async () => {
    socket.write('"due"')
    client.end(masked(0x81, 'last'))
    await poll(() => told).toEqual(['text last', 'closed', 'gone'])
    expect([got, clientEnded]).toEqual([textFrame('"due"'), true])
  })

  test('that is reset is closed and gone', async () => {
    client.resetAndDestroy()
    await poll(() => told).toEqual(['closed', 'gone'])
  })

  test('whose client does not read is told so once, and has one last frame', async () => {
    client.pause()
    await expect
      .poll(() => {
        for (let i = 0; i < 100; i++) socket.write('x'.repeat(100_000))
        flusher.flush()
        return told
      })
      .toEqual(['overflowed', 'closed'])
    client.resume()
    await poll(() => got.endsWith(closeFrame(4413, 'slow'))).toBe(true)
  })
})

describe('a socket that was closed here', () => {
  beforeEach(async () => {
    socket.close(4400, '再见')
    socket.close(4401, 'twice')
    socket.write('"late"')
    await poll(() => got).toBe(closeFrame(4400, '再见'))
    expect(told).toEqual(['closed'])
  })

  test('hands on nothing more, and ends when its close frame is answered', async () => {
    client.write(Buffer.concat([masked(0x81, 'late'), closing(4400)]))
    await poll(() => clientEnded).toBe(true)
    client.end()
    await poll(() => told).toEqual(['closed', 'gone'])
    expect(got).toBe(closeFrame(4400, '再见'))
  })

  test('is reset when nobody answers for 10 s', async () => {
    clock.advance(9_999)
    expect(told).toEqual(['closed'])
    clock.advance(1)
    await poll(() => told).toEqual(['closed', 'gone'])
  })

  test('and whose client answers but never ends, too', async () => {
    client.write(closing(4400))
    await poll(() => clientEnded).toBe(true)
    clock.advance(10_000)
    await poll(() => told).toEqual(['closed', 'gone'])
  })
})

test('a reason longer than a control frame is cut behind a whole character', () => {
  expect(closeFrame(4400, `${'x'.repeat(121)}🙂`)).toBe(`\x88\x7b\x11\x30${'x'.repeat(121)}`)
  expect(closeFrame(4400, 'é'.repeat(62))).toBe(`\x88\x7c\x11\x30${'\xc3\xa9'.repeat(61)}`)
})

function poll<Value>(read: () => Value) {
  return expect.poll(read, { timeout: 10_000, interval: 5 })
}
