import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isOriginAllowed, isSameOrigin } from '../access/origin.ts'
import type { Directory } from '../storage/store.ts'
import type { Identity } from './identity.ts'

const allowed = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, x-kf-site, last-event-id',
  'access-control-max-age': '600',
}

/**
 * Lets pages of the sites' own origins call the API: by token, never by cookie. That the origin fits the very site of the
 * caller is checked with the caller (`identity`); here is only what a browser wants to hear.
 */
export function crossOrigin(app: FastifyInstance, directory: Directory, identity: Identity): void {
  const welcome = (request: FastifyRequest): string | undefined => {
    const { origin } = request.headers
    const at = identity.servedAt(request)
    if (origin === undefined || isSameOrigin(origin, at)) return undefined
    return directory.sites().some((site) => isOriginAllowed(origin, site, at)) ? origin : undefined
  }

  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('vary', 'Origin')
    const origin = welcome(request)
    if (origin !== undefined) void reply.header('access-control-allow-origin', origin)
    done()
  })

  app.options('/*', (request, reply) => {
    if (welcome(request) !== undefined) void reply.headers(allowed)
    return reply.code(204).send()
  })
}
