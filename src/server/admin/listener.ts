import { chmod, rm } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { KfError } from '../../core/errors.ts'
import type { Address } from '../config/values.ts'
import type { ConfigCenter } from '../config-center/center.ts'
import { createServer } from '../node-http.ts'
import type { Caller } from './access.ts'
import {
  type AdminAccess,
  type AdminAnswer,
  type AdminNode,
  type AdminRequest,
  answerAdmin,
} from './routes.ts'

export type AdminListener = {
  /** With the port the kernel gave, when 0 was asked. */
  readonly address: Address
  readonly close: () => Promise<void>
}

const maxBodyBytes = 64 * 1024

/**
 * Health, readiness, metrics and administration of a node, on an address (loopback by default) and on a Unix socket (0600).
 * A stale socket file is replaced: the caller holds the folder's lock. Rejects with the system's error of a failed listen.
 */
export async function openAdminListener(
  node: AdminNode,
  options: {
    readonly address: Address
    readonly socket: string
    readonly token: string
    readonly center?: ConfigCenter
  },
): Promise<AdminListener> {
  const access: AdminAccess = { token: options.token, host: options.address.host }
  const answer = (request: AdminRequest): Promise<AdminAnswer> =>
    answerAdmin(request, node, access, options.center)
  const tcp = serverFor(answer, (request) => ({
    via: 'tcp',
    host: request.headers.host,
    authorization: request.headers.authorization,
  }))
  const local = serverFor(answer, () => ({ via: 'socket' }))
  await listen(tcp, { host: options.address.host, port: options.address.port, exclusive: true })
  try {
    await rm(options.socket, { force: true })
    await listen(local, { path: options.socket })
    await chmod(options.socket, 0o600)
  } catch (error) {
    await close(tcp)
    throw error
  }
  const bound = tcp.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.address.port
  return {
    address: { host: options.address.host, port },
    close: async () => {
      await Promise.all([close(tcp), close(local)])
      await rm(options.socket, { force: true })
    },
  }
}

type Answering = (request: AdminRequest) => Promise<AdminAnswer>

function serverFor(answering: Answering, callerOf: (request: IncomingMessage) => Caller): Server {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000 })
  server.maxConnections = 100
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    respond(request, response, answering, callerOf(request)).catch(() => {
      response.destroy()
    })
  })
  return server
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
  caller: Caller,
): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const method = request.method ?? 'GET'
  const answer = await answering({
    method,
    path,
    query: new URLSearchParams(query),
    caller,
    ifMatch: request.headers['if-match'],
    json: (maxBytes = maxBodyBytes) => readJson(request, maxBytes),
  })
  const bytes = Buffer.from(answer.body)
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': bytes.length,
    ...(answer.etag === undefined ? {} : { etag: answer.etag }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(method === 'HEAD' ? undefined : bytes)
}

async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop must not close the socket: the refusal is still to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new KfError('too_large', `the body is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (error) {
    throw new KfError('bad_request', 'the body is not JSON', {
      hint: 'send an object as application/json',
      cause: error,
    })
  }
}

function listen(
  server: Server,
  options: { host?: string; port?: number; path?: string; exclusive?: boolean },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(options, () => {
    server.off('error', reject)
    resolve()
  })
  return promise
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => {
    resolve()
  })
  server.closeAllConnections()
  return promise
}
