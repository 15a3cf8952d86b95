import type { IncomingMessage, ServerResponse } from 'node:http'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { KfError } from '../../core/errors.ts'
import { bodyBytes, parseBody } from './body.ts'
import { conversationRoutes } from './conversations.ts'
import { crossOrigin } from './cors.ts'
import { type ErrorReply, reply as errorReply, replyTo } from './errors.ts'
import { eventRoutes } from './events.ts'
import { basePath, createIdentity } from './identity.ts'
import { loginRoutes, type Passwords } from './login.ts'
import { messageRoutes } from './messages.ts'
import { pageRoutes } from './page-routes.ts'
import { loadPages } from './pages.ts'
import type { ApiPorts } from './ports.ts'
import { siteRoutes } from './site.ts'

export type Api = {
  /** Answers every request that is no WebSocket upgrade. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  readonly app: FastifyInstance
}

/** REST, server-sent events and the pages; see docs/protocol.md. Reads the built pages from disk once, here. */
export async function createApi(ports: ApiPorts, passwords?: Passwords): Promise<Api> {
  const base = (): string => basePath(ports.config)
  const identity = createIdentity(ports)
  const app = fastify({
    bodyLimit: bodyBytes,
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // A proxy may strip the public path or leave it: both work.
    rewriteUrl: ({ url = '/' }) => (url.startsWith(base()) ? `/${url.slice(base().length)}` : url),
    frameworkErrors: (error, _, reply) => {
      const { status, body } = replyTo(error, ports.log)
      reply.raw.writeHead(status, { ...securityHeaders, 'content-type': 'application/json; charset=utf-8' })
      reply.raw.end(JSON.stringify(body))
    },
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, bytes: Buffer, done) => {
    parseBody(bytes, done)
  })
  app.setErrorHandler((error, _, reply) => {
    send(replyTo(error, ports.log), reply)
  })
  app.addHook('onRequest', (_, reply, done) => {
    void reply.headers(securityHeaders)
    done()
  })
  tellMethods(app, base)

  app.register(
    (api, _, done) => {
      api.addHook('onRequest', (_, reply, next) => {
        void reply.header('cache-control', 'no-store')
        next()
      })
      crossOrigin(api, ports.reader.directory, identity)
      siteRoutes(api, identity)
      loginRoutes(api, ports, identity, passwords)
      messageRoutes(api, ports, identity)
      conversationRoutes(api, ports, identity)
      eventRoutes(api, ports, identity)
      done()
    },
    { prefix: '/api/v1' },
  )
  pageRoutes(app, loadPages(ports.config.webFolder), identity)

  await app.ready()
  return {
    app,
    handler: (request, response) => {
      app.routing(request, response)
    },
  }
}

const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

function send({ status, body }: ErrorReply, reply: FastifyReply): void {
  const wait = body.error.retry_after_ms
  if (wait !== undefined) void reply.header('retry-after', String(Math.ceil(wait / 1000)))
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  void reply.code(status).send(body)
}

/** Tells a path that is not there (404) from a method that is not (405, with Allow); leads from `/chat` to `/chat/`. */
function tellMethods(app: FastifyInstance, base: () => string): void {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (method === 'OPTIONS') return
    const pattern = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[a-z]+/g, '[^/]+')
    routes.push({ pattern: new RegExp(`^${pattern}$`), methods: [method].flat() })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.replace(/[?#].*$/s, '')
    const methods = new Set(routes.flatMap((route) => (route.pattern.test(path) ? route.methods : [])))
    if (methods.size === 0) {
      if (request.method === 'GET' && `${path}/` === base()) {
        void reply.redirect(base(), 308)
        return
      }
      send(errorReply('not_found', 'nothing is served at this address', 404), reply)
      return
    }
    const allow = [...methods].join(', ')
    void reply.header('allow', allow)
    send(errorReply('bad_frame', `this address takes ${allow}, not ${request.method}`, 405), reply)
  })
}

// Bodies are decoded by hand, so the schema compilers that fastify would load are of no use: 35 ms of each worker's start.
function noSchemas(): never {
  throw new KfError('internal', 'a route declares a schema, and nothing compiles it')
}
