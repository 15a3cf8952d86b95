import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Hello } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import { sessionByHash } from '../access/credentials.ts'
import { isOriginAllowed } from '../access/origin.ts'
import { frameOf } from './body.ts'
import { demand, refusal } from './errors.ts'
import { openEventStream } from './event-stream.ts'
import type { Identity } from './identity.ts'
import type { ApiPorts } from './ports.ts'
import { mintTicket, ticketLivesMs, verifyTicket } from './ticket.ts'

type EventsRequest = { Querystring: { ticket?: unknown; resume?: unknown } }

/** GET events: the frames of a socket as server-sent events; POST events/ticket, for EventSource. */
export function eventRoutes(app: FastifyInstance, ports: ApiPorts, identity: Identity): void {
  const { directory } = ports.reader

  app.post('/events/ticket', (request) => {
    const caller = identity.caller(request)
    const site = directory.site(caller.site)
    if (site === undefined) throw refusal('unknown_site', 'the site is gone')
    return { ticket: mintTicket(caller, site, ports.clock.now()), expires_in_ms: ticketLivesMs }
  })

  app.get<EventsRequest>('/events', (request, reply) => {
    const { ticket } = request.query
    const caller = ticket === undefined ? identity.caller(request) : callerByTicket(request, ticket)
    demand(ports.limits.connection(identity.source(request)), 'connections from this address')
    const resume = resumeOf(request.query.resume ?? request.headers['last-event-id'])
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    reply.hijack()
    const stream = openEventStream(reply.raw, ports.clock, (sink) => {
      if (hasEnded(caller)) sink.close(4401, 'the session has ended')
    })
    stream.onEnd(ports.subscribe(caller, stream, resume))
  })

  const callerByTicket = (request: FastifyRequest, ticket: unknown): Caller => {
    const caller = typeof ticket === 'string' ? verifyTicket(ticket, directory, ports.clock.now()) : undefined
    const site = caller === undefined ? undefined : directory.site(caller.site)
    if (caller === undefined || site === undefined) {
      throw refusal(
        'unauthenticated',
        'the ticket is expired or not ours: POST api/v1/events/ticket gives one',
      )
    }
    if (!isOriginAllowed(request.headers.origin, site, identity.servedAt(request))) {
      throw refusal('forbidden', 'pages of this origin may not use this site')
    }
    return caller
  }

  const hasEnded = (caller: Caller): boolean =>
    caller.role === 'agent' && sessionByHash(caller.tokenHash, directory, ports.clock.now()) === undefined
}

/** `{incarnation, streams}` of hello, as base64url of its JSON. Throws `bad_frame`. */
function resumeOf(value: unknown): Hello['resume'] {
  if (value === undefined || value === '') return undefined
  let resume: unknown
  try {
    resume = typeof value === 'string' ? JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) : value
  } catch {
    throw refusal('bad_frame', 'resume: must be base64url of the JSON {incarnation, streams}')
  }
  return frameOf('hello', {}, { resume }).resume
}
