import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SocketWriter } from './socket-writer.ts'

let server: Server
let ours: Socket
let theirs: Socket
let writer: SocketWriter

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  theirs = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  theirs.on('error', () => undefined)
  ;[ours] = (await accepted) as [Socket]
  ours.on('error', () => undefined)
  writer = new SocketWriter(ours)
  writer.write('a')
  expect(String(await once(theirs, 'data'))).toBe('a')
})

afterEach(() => {
  ours.destroy()
  theirs.destroy()
  server.close()
})

async function received(length: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  theirs.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
  })
  await expect.poll(() => bytes).toBe(length)
  return Buffer.concat(chunks).toString('latin1')
}

/** What its stream is given from now on. */
function throughStream(): unknown[] {
  const seen: unknown[] = []
  const write = ours.write.bind(ours)
  ours.write = (...args: unknown[]) => {
    seen.push(args[0])
    return Reflect.apply(write, ours, args) as boolean
  }
  return seen
}

const parts = Array.from({ length: 60 }, (_, n) => String.fromCharCode(97 + (n % 26)).repeat(200_000))

test('from the second write on bytes go below the stream, each write whole', async () => {
  const seen = throughStream()
  writer.write('b\xff')
  writer.write(Uint8Array.of(99, 0xfe))
  expect(writer.unsent).toBe(0)
  expect(await received(4)).toBe('b\xffc\xfe')
  expect(seen).toEqual([])
})

test('what the kernel does not take waits, is counted, and goes in order', async () => {
  theirs.pause()
  for (const [n, part] of parts.entries()) writer.write(n % 2 === 0 ? part : Buffer.from(part, 'latin1'))
  expect(writer.unsent).toBeGreaterThan(1_000_000)
  const all = received(60 * 200_000)
  theirs.resume()
  expect(await all).toBe(parts.join(''))
  expect(writer.unsent).toBe(0)
})

test('what waits in the stream goes first', async () => {
  theirs.pause()
  for (const part of parts) ours.write(part, 'latin1')
  const late = new SocketWriter(ours)
  late.write('end')
  expect(late.unsent).toBeGreaterThan(1_000_000)
  const all = received(60 * 200_000 + 3)
  theirs.resume()
  expect(await all).toBe(`${parts.join('')}end`)
  const seen = throughStream()
  late.write('z')
  expect(seen).toEqual([])
})

test('an end lets what waits go first', async () => {
  theirs.pause()
  for (const part of parts) writer.write(part)
  ours.end()
  const over = once(theirs, 'end')
  const all = received(60 * 200_000)
  theirs.resume()
  expect(await all).toBe(parts.join(''))
  await over
})

test('writing to a socket that was reset destroys it, and then nothing happens', async () => {
  theirs.resetAndDestroy()
  await expect
    .poll(() => {
      writer.write('x')
      return ours.destroyed
    })
    .toBe(true)
  writer.write('x')
  expect(writer.unsent).toBe(0)
})

test('a reset while bytes wait destroys the socket', async () => {
  theirs.pause()
  for (const part of parts) writer.write(part)
  theirs.resetAndDestroy()
  await expect.poll(() => ours.destroyed).toBe(true)
})

test('where the handle is not as expected the stream serves', () => {
  const written: unknown[] = []
  const strange = {
    _handle: { writeLatin1String: () => 0 },
    writable: true,
    writableLength: 0,
    write: (...args: unknown[]) => written.push(args),
  }
  const other = new SocketWriter(strange as unknown as Socket)
  other.write('x')
  other.write(Uint8Array.of(1))
  expect(written).toEqual([['x', 'latin1'], [Uint8Array.of(1)]])
})
