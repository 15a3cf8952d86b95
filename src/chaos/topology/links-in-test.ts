import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { homedir } from 'node:os'
import { afterEach } from 'vitest'
import type { KfError } from '../../core/errors.ts'
import type { ToolHost } from '../tools/locate.ts'
import { createLinks } from './links.ts'
import { startToxiproxy, type ToxiproxyServer } from './toxiproxy.ts'

const ends: (() => unknown)[] = []

/** Call it in a test file that starts something here. */
export function endAllAfterEach(): void {
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
}

/** This machine, where `npm test` has put toxiproxy-server. */
export function thisHost(env: ToolHost['env'] = process.env): ToolHost {
  return { env, home: homedir(), platform: `${process.platform}-${process.arch}` }
}

/** A real toxiproxy-server and what it was reported for. */
export async function realToxiproxy(host = thisHost()) {
  const troubles: KfError[] = []
  const pids: number[] = []
  const server = await startToxiproxy({
    host,
    onTrouble: (trouble) => troubles.push(trouble),
    onStarted: (pid) => {
      pids.push(pid)
      return Promise.resolve()
    },
  })
  ends.push(server.stop)
  return { server, troubles, pids }
}

/** `visitors->node` and `agents->node` through `server`, before something that answers HTTP and keeps what it was sent. */
export async function twoLinks(server: ToxiproxyServer, withinMs?: number) {
  const node = await startEcho()
  const troubles: KfError[] = []
  const links = await createLinks(
    server,
    [
      { name: 'visitors->node', upstream: node.address },
      { name: 'agents->node', upstream: node.address },
    ],
    { onTrouble: (trouble) => troubles.push(trouble), ...(withinMs === undefined ? {} : { withinMs }) },
  )
  return { ...links, node, troubles }
}

/** An HTTP server that answers HEAD, late or never where it is told so, and after an upgrade sends back every byte. */
export async function startEcho() {
  let afterMs: number | 'never' = 0
  const server = createServer((_request, response) => {
    if (afterMs !== 'never') setTimeout(() => response.writeHead(204).end(), afterMs)
  })
  const sockets = new Set<Socket>()
  let received = 0
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  server.on('upgrade', (_request, socket, head) => {
    socket.unshift(head)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
    socket.on('data', (data: Buffer) => {
      received += data.length
      socket.write(data)
    })
  })
  const address = await listen(server)
  const stop = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  ends.push(stop)
  const answer = (after: number | 'never'): void => {
    afterMs = after
  }
  return { address, received: () => received, stop, answer }
}

/** Stands for Toxiproxy's API where a real one would not do what the test is about. */
export async function fakeApi(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  const url = `http://${await listen(server)}`
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return url
}

/** Passes every byte on to `upstream`, as a proxy that ignores its toxics, or none at all; its address. */
export async function plainProxy(upstream: string, swallows = false): Promise<string> {
  const [host = '', port = ''] = upstream.split(':')
  const server = createTcpServer((socket) => {
    if (swallows) {
      socket.resume().on('error', () => {})
      return
    }
    const other = connect(Number(port), host)
    socket.pipe(other).pipe(socket)
    socket.on('error', () => other.destroy()).on('close', () => other.destroy())
    other.on('error', () => socket.destroy()).on('close', () => socket.destroy())
  })
  ends.push(() => server.close())
  return await listen(server)
}

/** For what a test starts by itself. */
export function endAfterwards(end: () => unknown): void {
  ends.push(end)
}

async function listen(server: ReturnType<typeof createTcpServer>): Promise<string> {
  server.listen({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
