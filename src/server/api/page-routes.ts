import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from './identity.ts'
import { languageOf } from './language.ts'
import type { Asset, Pages } from './pages.ts'

const demo = 'demo'
const never = 31_536_000

/** The demo at `/`, the other pages at their names, and what they load under `/assets/`. */
export function pageRoutes(app: FastifyInstance, pages: Pages, identity: Identity): void {
  const show = (name: string) => (request: FastifyRequest, reply: FastifyReply) => {
    const config = {
      site: identity.site(request).key,
      // Relative to the page, so that it holds behind any proxy.
      base: './',
      lang: languageOf(request.headers['accept-language']),
    }
    const page = pages.page(name, config)
    if (page === undefined) return notBuilt(reply)
    void reply.header('content-security-policy', policyFor(identity.servedAt(request).host))
    void reply.header('vary', 'Accept-Language, Accept-Encoding')
    return answer(request, reply, page, 'no-cache')
  }

  const method = ['GET', 'HEAD']
  app.route({ method, url: '/', handler: show(demo) })
  for (const name of new Set(['agent', ...pages.names])) {
    app.route({ method, url: `/${name}`, handler: show(name) })
    // The page's links are relative to the folder above.
    app.route({ method, url: `/${name}/`, handler: (_, reply) => reply.redirect(`../${name}`, 308) })
  }
  for (const [name, asset] of pages.assets) {
    app.route<{ Querystring: { v?: unknown } }>({
      method,
      url: `/assets/${name}`,
      handler: (request, reply) => {
        void reply.header('vary', 'Accept-Encoding')
        const fixed = request.query.v === asset.version
        return answer(request, reply, asset, fixed ? `public, max-age=${never}, immutable` : 'no-cache')
      },
    })
  }
}

// NOTE: older Safaris do not count a socket to the same host as 'self', so it is named; the host comes from a header and
// must not bring a policy of its own along.
function policyFor(host: string | undefined): string {
  const safe = host !== undefined && /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host)
  const sockets = safe ? ` ws://${host} wss://${host}` : ''
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self'${sockets}`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function answer(request: FastifyRequest, reply: FastifyReply, asset: Asset, cache: string): FastifyReply {
  void reply.header('cache-control', cache).header('etag', asset.etag)
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.includes(asset.etag) === true) return reply.code(304).send()
  void reply.type(asset.type)
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const zipped = takesGzip ? asset.gzip() : undefined
  if (zipped !== undefined) void reply.header('content-encoding', 'gzip')
  return reply.send(zipped ?? asset.body)
}

function notBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .type('text/plain; charset=utf-8')
    .send('The pages are not built. Run "npm run build", then start kf again.\n')
}
