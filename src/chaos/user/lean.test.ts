import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { LeanSocket } from './lean.ts'
import { textFrame } from './masked.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function portOf(server: Server | WebSocketServer): Promise<number> {
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function answering(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {})
    onConnection(socket)
  })
  return portOf(server.listen(0, '127.0.0.1'))
}

type Told = { readonly code: number; readonly reason: string }

function user(port: number, onText: (text: string, socket: LeanSocket<string>) => void = () => {}) {
  const opened = Promise.withResolvers<undefined>()
  const closed = Promise.withResolvers<Told>()
  const socket: LeanSocket<string> = new LeanSocket(
    'user',
    { host: '127.0.0.1', port, path: '/', subprotocol: undefined, localAddress: undefined },
    {
      opened: () => {
        opened.resolve(undefined)
      },
      text: (_user, bytes, start, end) => {
        onText(bytes.toString('utf8', start, end), socket)
      },
      closed: (_user, code, reason) => {
        closed.resolve({ code, reason })
      },
    },
  )
  cleanups.push(() => {
    socket.destroy()
  })
  return { socket, opened: opened.promise, closed: closed.promise }
}

async function webSocketServer(onText: (text: string, send: (text: string) => void) => void) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => {
    cleanups.push(() => {
      socket.terminate()
    })
    socket.on('message', (data: Buffer) => {
      onText(data.toString(), (text) => {
        socket.send(text)
      })
    })
  })
  return { port: await portOf(server) }
}

test('what is sent while a read is handled goes out in order, before what is sent later', async () => {
  const all = Promise.withResolvers<undefined>()
  const received: string[] = []
  const { port } = await webSocketServer((text, send) => {
    received.push(text)
    if (text === 'begin') for (const word of ['a', 'b', 'c']) send(word)
    if (text === 'end') all.resolve(undefined)
  })
  const large = '长'.repeat(30_000)
  const { socket, opened } = user(port, (text, self) => {
    self.send(textFrame(`${text}1`))
    self.send(textFrame(large))
    self.send(textFrame(`${text}2`))
    if (text === 'c') self.send(textFrame('end'))
  })
  await opened
  socket.send(textFrame('begin'))
  await all.promise
  expect(received).toEqual(['begin', ...['a', 'b', 'c'].flatMap((w) => [`${w}1`, large, `${w}2`]), 'end'])
})

test('ended by itself, it hears nothing more, whatever stands in what it read', async () => {
  const { port } = await webSocketServer((_text, send) => {
    for (const word of ['a', 'b', 'c']) send(word)
  })
  const heard: string[] = []
  const { socket, opened, closed } = user(port, (text, self) => {
    heard.push(text)
    self.destroy('enough')
  })
  await opened
  socket.send(textFrame('begin'))
  expect(await closed).toEqual({ code: 1006, reason: 'enough' })
  expect(heard).toEqual(['a'])
  expect(socket.open).toBe(false)
})

test.each([
  {
    name: 'a web page',
    bytes: 'HTTP/1.1 200 OK\r\n\r\n',
    reason: 'the upgrade was answered with "HTTP/1.1 200 OK"',
  },
  {
    name: 'bytes of another protocol',
    bytes: '\u0015\u0003\u0003\u001b[2J\r\n\r\n',
    reason: 'the upgrade was answered with "....[2J"',
  },
  { name: 'bytes without an end', bytes: 'x'.repeat(20_000), reason: 'the answer to the upgrade has no end' },
  {
    name: "another request's key",
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA\r\n\r\n',
    reason: 'the upgrade was answered with another Sec-WebSocket-Accept',
  },
])('$name instead of an upgrade ends the connection with that reason', async ({ bytes, reason }) => {
  const port = await answering((socket) => {
    socket.write(bytes)
  })
  expect(await user(port).closed).toEqual({ code: 1006, reason })
})

test('a peer that hangs up before the upgrade is said so', async () => {
  const port = await answering((socket) => {
    socket.end()
  })
  expect(await user(port).closed).toEqual({
    code: 1006,
    reason: 'the connection ended before the upgrade was answered',
  })
})
