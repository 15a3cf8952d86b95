import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isObject } from '../../protocol/checks.ts'
import { serverLimits } from '../../protocol/limits.ts'
import { mintVisitor, visitorCaller } from '../access/credentials.ts'
import { carryOut } from './answers.ts'
import { bodyFields, frameOf, textField } from './body.ts'
import { demand, refusal } from './errors.ts'
import type { Identity } from './identity.ts'
import type { ApiPorts } from './ports.ts'

const visitorFields = new Set(['site'])

/** POST messages, idempotent by `id`; POST visitors, for who must know its token before it sends. */
export function messageRoutes(app: FastifyInstance, ports: ApiPorts, identity: Identity): void {
  const { limits } = ports

  const newVisitor = (request: FastifyRequest, key: string | undefined) => {
    const site = identity.site(request, key)
    const source = identity.source(request)
    demand(limits.post(source, site.id), 'requests without a token')
    demand(limits.newVisitor(source, site.id), 'new visitors from this address')
    return mintVisitor(site, ports.random)
  }

  app.post('/messages', async (request) => {
    const { site, message } = withoutSite(request.body)
    const frame = frameOf('send', {}, message)
    const known = identity.callerIfAny(request, site)
    const minted = known === undefined ? newVisitor(request, site) : undefined
    const caller = known ?? (minted === undefined ? undefined : visitorCaller(minted.record))
    if (caller === undefined) throw refusal('unauthenticated', 'no token came along')
    const ack = await carryOut(ports, caller, frame, identity.source(request))
    return { ...ack, ...(minted === undefined ? {} : { token: minted.token }) }
  })

  app.post('/visitors', (request) => {
    const fields = request.body === undefined ? {} : bodyFields(request.body, visitorFields)
    const key = fields['site'] === undefined ? undefined : textField(fields, 'site', serverLimits.id_chars)
    const { token, record } = newVisitor(request, key)
    return { token, visitor: { id: record.id } }
  })
}

// The site's key is no part of the frame: on a socket it stands in hello.
function withoutSite(body: unknown): { readonly site?: string; readonly message: unknown } {
  if (!isObject(body) || body['site'] === undefined) return { message: body }
  const { site: _, ...message } = body
  return { site: textField(body, 'site', serverLimits.id_chars), message }
}
