import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adopt, feed } from './adopt.ts'

/** An upgraded socket of a node:http server, before and after it was taken over, and the client's end of it. */
type Adopted = {
  readonly given: Socket
  readonly taken: Socket
  readonly client: Socket
  readonly told: string[]
}

const server = createServer()

beforeEach(async () => {
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
})

afterEach(async () => {
  server.removeAllListeners('upgrade')
  server.closeAllConnections()
  if (!server.listening) return
  server.close()
  await once(server, 'close')
})

async function adopted(prepare: (given: Socket) => void): Promise<Adopted> {
  const told: string[] = []
  const adopting = Promise.withResolvers<{ readonly given: Socket; readonly taken: Socket }>()
  server.once('upgrade', (_, given: Socket, head: Buffer) => {
    prepare(given)
    const taken = adopt(given, {
      received: ({ bytes }, length) => told.push(bytes.toString('latin1', 0, length)),
      ended: () => told.push('their end'),
      gone: () => told.push('gone'),
    })
    taken.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: kf\r\n\r\n')
    feed(taken, head)
    adopting.resolve({ given, taken })
  })
  const { port } = server.address() as AddressInfo
  const sent = request({ port, headers: { connection: 'Upgrade', upgrade: 'kf' } })
  sent.end()
  const [, client] = (await once(sent, 'upgrade')) as [IncomingMessage, Socket]
  return { ...(await adopting.promise), client, told }
}

const withoutOwnReads = (given: Socket): void => {
  Object.assign((given as Socket & { readonly _handle: object })._handle, { useUserBuffer: undefined })
}

describe.each<[string, (given: Socket) => void, boolean]>([
  ['read into the shared block', () => undefined, true],
  ["read by 'data', where the handle is not as expected", withoutOwnReads, false],
])('a socket %s', (_, prepare, wrappedAgain) => {
  test('hands on every byte, then their end, then that it is gone', async () => {
    const { client, given, taken, told } = await adopted(prepare)
    expect(taken !== given).toBe(wrappedAgain)
    client.write('one')
    await expect.poll(() => told).toEqual(['one'])
    client.write('2'.repeat(200_000))
    await expect.poll(() => told.slice(1).join('').length).toBe(200_000)
    client.end('three')
    await expect.poll(() => told.slice(-2)).toEqual(['three', 'their end'])
    taken.end('bye')
    expect(String(await once(client, 'data'))).toBe('bye')
    await expect.poll(() => told.at(-1)).toBe('gone')
    expect(told.filter((word) => word === 'gone')).toHaveLength(1)
  })

  test('that is reset is gone, and nothing is thrown', async () => {
    const { client, told } = await adopted(prepare)
    client.resetAndDestroy()
    await expect.poll(() => told).toEqual(['gone'])
  })

  test('has what came with the handshake cut into blocks', async () => {
    const { client, taken, told } = await adopted(prepare)
    feed(taken, Buffer.alloc(65_537, 'x'))
    expect(told.map(({ length }) => length)).toEqual([65_536, 1])
    client.destroy()
    taken.destroy()
  })
})

test('the HTTP server does not wait for sockets that were taken over', async () => {
  const { client, taken, told } = await adopted(() => undefined)
  server.close()
  await once(server, 'close')
  client.write('still here')
  await expect.poll(() => told).toEqual(['still here'])
  client.destroy()
  taken.destroy()
})
