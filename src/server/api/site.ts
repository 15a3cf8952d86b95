import type { FastifyInstance } from 'fastify'
import type { Identity } from './identity.ts'
import { languageOf } from './language.ts'

/** GET site: what the pages need to begin; GET whoami: how a request looks from here, for whoever sets up a proxy. */
export function siteRoutes(app: FastifyInstance, identity: Identity): void {
  app.get('/site', (request) => {
    const { key, name } = identity.site(request)
    return { site: { key, name }, lang: languageOf(request.headers['accept-language']) }
  })

  app.get('/whoami', (request) => identity.address(request))
}
