import { createServer, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'

/** A reverse proxy as people put one before kf: under a path, with or without what sockets need. */
export type ProxyOptions = {
  /** Where it passes requests on to. */
  readonly target: string
  /** The path below which it serves; kept when passing on. */
  readonly path: string
  /** Whether Upgrade is passed on. */
  readonly upgrades: boolean
  /** Cuts a socket over which nothing went for this long, ms. */
  readonly idleMs?: number
  /** The address that it writes into X-Forwarded-For. */
  readonly client: string
}

export async function startProxy(
  options: ProxyOptions,
): Promise<{ readonly url: string; readonly stop: () => void }> {
  const target = new URL(options.target)
  const passOn = (incoming: IncomingMessage) => ({
    host: target.hostname,
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...incoming.headers, 'x-forwarded-for': options.client },
  })
  const server = createServer((incoming, response) => {
    if (incoming.url?.startsWith(options.path) !== true) {
      response.writeHead(404).end()
      return
    }
    const outgoing = request(passOn(incoming), (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.writeHead(502).end())
    incoming.pipe(outgoing)
  })
  server.on('upgrade', (incoming, socket) => {
    socket.on('error', () => socket.destroy())
    if (!options.upgrades) {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
      return
    }
    const upstream = connect(Number(target.port), target.hostname)
    const headers = Object.entries({ ...incoming.headers, 'x-forwarded-for': options.client })
    upstream.write(
      `GET ${incoming.url ?? '/'} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n`,
    )
    upstream.on('error', () => socket.destroy())
    upstream.on('close', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    if (options.idleMs !== undefined) upstream.setTimeout(options.idleMs, () => upstream.destroy())
    upstream.pipe(socket)
    socket.pipe(upstream)
  })
  server.listen({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}${options.path}`,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
