import { type Duplex, duplexPair } from 'node:stream'
import { serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { openWire, type Wire } from './remote-wire.ts'

type Heard = { readonly wire: Wire; readonly messages: unknown[]; readonly end: Promise<string> }

function opened(socket: Duplex, maxBytes = 1_000_000): Heard {
  const messages: unknown[] = []
  const end = Promise.withResolvers<string>()
  const wire = openWire(socket, {
    maxBytes,
    onMessage: (message) => messages.push(message),
    onEnd: end.resolve,
  })
  return { wire, messages, end: end.promise }
}

function framed(message: unknown): Buffer {
  const body = serialize(message)
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length)
  return Buffer.concat([head, body])
}

test('messages arrive whole and in order, however their bytes are cut', async () => {
  const said = [{ t: 'a', n: 7n }, { counts: new Uint32Array([1, 2, 3]), sumMs: 0.5 }, 'x'.repeat(300)]
  const bytes = Buffer.concat(said.map(framed))
  for (const size of [1, 3, 7, bytes.length]) {
    const [here, there] = duplexPair()
    const { messages, end } = opened(here)
    for (let at = 0; at < bytes.length; at += size) there.write(bytes.subarray(at, at + size))
    there.end()
    expect(await end).toBe('the connection was closed')
    expect(messages).toEqual(said)
  }
})

test('what one side sends the other hears, with typed arrays and big integers as they were', async () => {
  const [here, there] = duplexPair()
  const left = opened(here)
  const right = opened(there)
  left.wire.send({ t: 'pong', n: 1, ns: 2n ** 60n })
  left.wire.send({ seq: new Uint32Array(100_000).fill(9) })
  left.wire.close()
  right.wire.close()
  await Promise.all([left.end, right.end])
  expect(right.messages).toEqual([
    { t: 'pong', n: 1, ns: 2n ** 60n },
    { seq: new Uint32Array(100_000).fill(9) },
  ])
})

test('a message over the bound ends the connection before its body is read', async () => {
  const [here, there] = duplexPair()
  const { messages, end } = opened(here, 1_000)
  const head = Buffer.alloc(4)
  head.writeUInt32BE(1_001)
  there.write(head)
  expect(await end).toBe('a message of 1001 bytes (bound 1000)')
  expect(messages).toEqual([])
  expect(here.destroyed).toBe(true)
})

test('bytes that are no message end the connection, and nothing after them is heard', async () => {
  const [here, there] = duplexPair()
  const { messages, end } = opened(here)
  there.write(Buffer.concat([Buffer.from([0, 0, 0, 2, 0x7b, 0x7d]), framed('later')]))
  expect(await end).toMatch(/^a message that could not be read: /)
  expect(messages).toEqual([])
})
