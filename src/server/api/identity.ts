import type { FastifyRequest } from 'fastify'
import {
  type ClientAddress,
  clientAddress,
  forwardedHeader,
  type TrustedProxies,
  trustedProxies,
} from '../access/address.ts'
import type { AgentCaller, Caller } from '../access/authorise.ts'
import { type CookiePlace, sessionTokenInCookie } from '../access/cookie.ts'
import {
  agentCaller,
  looksLikeVisitorToken,
  type Session,
  verifySession,
  verifyVisitor,
  visitorCaller,
} from '../access/credentials.ts'
import { isOriginAllowed, isSameOrigin, type ServedAt } from '../access/origin.ts'
import type { Source } from '../limits/sources.ts'
import type { Directory, SiteRecord } from '../storage/store.ts'
import { refusal } from './errors.ts'
import type { ApiConfig, ApiPorts } from './ports.ts'

/** Who asks, and from where: read from the request's credentials, never from its body. */
export type Identity = {
  /** Throws `unauthenticated`; `forbidden` for a foreign origin or a password not yet changed. */
  readonly caller: (request: FastifyRequest) => Caller
  /**
   * The caller, or undefined when the request carries no credential at all. Throws like `caller` for a bad one, and for a
   * visitor's token that is not of the site that `siteKey` or else X-KF-Site names.
   */
  readonly callerIfAny: (request: FastifyRequest, siteKey?: string) => Caller | undefined
  /** Like `caller`, and `forbidden` for a visitor. */
  readonly agent: (request: FastifyRequest) => AgentCaller
  /** The session even while its password must be changed. Throws `unauthenticated`. */
  readonly session: (request: FastifyRequest) => Session
  /** The site a visitor without a token means: by `key`, else by X-KF-Site, else the first. Throws `unknown_site`, `forbidden`. */
  readonly site: (request: FastifyRequest, key?: string) => SiteRecord
  readonly address: (request: FastifyRequest) => ClientAddress
  /** The same for limits. */
  readonly source: (request: FastifyRequest) => Source
  readonly servedAt: (request: FastifyRequest) => ServedAt
  /** Where the session's cookie belongs. */
  readonly place: (request: FastifyRequest) => CookiePlace
  /** Throws `forbidden` unless a page of ours, or no page at all, sent this. */
  readonly requireOwnPage: (request: FastifyRequest) => void
}

export function createIdentity(ports: Pick<ApiPorts, 'reader' | 'clock' | 'config' | 'limits'>): Identity {
  const { directory } = ports.reader
  const trusted = latestTrusted(ports.config)

  const servedAt = (request: FastifyRequest): ServedAt => ({
    host:
      forwardedHeader(request.socket.remoteAddress, request.headers['x-forwarded-host'], trusted()) ??
      request.headers.host,
    publicUrl: ports.config.publicUrl,
  })

  const checkOrigin = (request: FastifyRequest, site: SiteRecord | undefined): void => {
    const { origin } = request.headers
    if (site !== undefined && isOriginAllowed(origin, site, servedAt(request))) return
    throw refusal('forbidden', `pages of ${origin ?? 'no origin'} may not use this site`)
  }

  const session = (request: FastifyRequest): Session => {
    const { token, fromCookie } = tokenOf(request)
    if (token === undefined) throw refusal('unauthenticated', 'log in first: no session token came along')
    const found = verifySession(token, directory, ports.clock.now())
    if (found === undefined) throw refusal('unauthenticated', 'the session has ended: log in again')
    if (fromCookie && !isSafe(request.method)) requireSameOrigin(request, servedAt(request))
    checkOrigin(request, directory.site(found.agent.site))
    return found
  }

  const visitor = (request: FastifyRequest, token: string, key = siteKeyOf(request)): Caller => {
    const named = key === undefined ? undefined : directory.siteByKey(key)
    if (key !== undefined && named === undefined) throw refusal('unknown_site', 'no site has this key')
    for (const site of named === undefined ? directory.sites() : [named]) {
      const known = verifyVisitor(token, site)
      if (known === undefined) continue
      checkOrigin(request, site)
      return visitorCaller({ ...known, site: site.id })
    }
    throw refusal('unauthenticated', 'the token is not one of ours')
  }

  const caller = (request: FastifyRequest, siteKey?: string): Caller => {
    const { token } = tokenOf(request)
    if (token !== undefined && looksLikeVisitorToken(token)) return visitor(request, token, siteKey)
    const found = session(request)
    if (found.restricted) {
      throw refusal('forbidden', 'choose a new password first: POST api/v1/password')
    }
    return agentCaller(found)
  }

  const address = (request: FastifyRequest): ClientAddress =>
    clientAddress(request.socket.remoteAddress, joined(request.headers['x-forwarded-for']), trusted())

  return {
    session,
    servedAt,
    address,
    source: (request) => ports.limits.sources.of(address(request).address),
    caller: (request) => caller(request),
    callerIfAny: (request, siteKey) =>
      tokenOf(request).token === undefined ? undefined : caller(request, siteKey),
    agent: (request) => {
      const who = caller(request)
      if (who.role === 'agent') return who
      throw refusal('forbidden', 'only agents may do this')
    },
    site: (request, key = siteKeyOf(request)) => {
      const site = key === undefined ? defaultSite(directory) : directory.siteByKey(key)
      if (site === undefined) throw refusal('unknown_site', 'no site has this key')
      checkOrigin(request, site)
      return site
    },
    place: (request) => ({
      path: basePath(ports.config),
      secure:
        ports.config.publicUrl?.startsWith('https:') ??
        forwardedHeader(request.socket.remoteAddress, request.headers['x-forwarded-proto'], trusted()) ===
          'https',
    }),
    requireOwnPage: (request) => {
      const { origin } = request.headers
      if (origin === undefined || isSameOrigin(origin, servedAt(request))) return
      throw refusal('forbidden', `pages of ${origin} may not do this`)
    },
  }
}

/** The path that all addresses of the server begin with, with a slash at its end. */
export function basePath({ publicUrl }: Pick<ApiConfig, 'publicUrl'>): string {
  return publicUrl === undefined ? '/' : new URL(publicUrl).pathname
}

// Made anew when the configuration has other ones.
function latestTrusted(config: ApiConfig): () => TrustedProxies {
  let cidrs = config.trustedProxies
  let trusted = trustedProxies(cidrs)
  return () => {
    if (config.trustedProxies !== cidrs) {
      cidrs = config.trustedProxies
      trusted = trustedProxies(cidrs)
    }
    return trusted
  }
}

/** The site our own pages are about: the first that is no load test's. */
function defaultSite(directory: Pick<Directory, 'sites'>): SiteRecord | undefined {
  const sites = directory.sites()
  return sites.find((site) => !site.sealed) ?? sites[0]
}

/** From the Authorization header, which wins, or the session's cookie. Throws `unauthenticated` for another scheme. */
function tokenOf(request: FastifyRequest): {
  readonly token: string | undefined
  readonly fromCookie: boolean
} {
  const { authorization, cookie } = request.headers
  if (authorization === undefined) return { token: sessionTokenInCookie(cookie), fromCookie: true }
  const match = /^Bearer +(\S+)$/i.exec(authorization)
  if (match === null) throw refusal('unauthenticated', 'Authorization: must be "Bearer <token>"')
  return { token: match[1], fromCookie: false }
}

// A browser sends the cookie whoever wrote the page, so an unsafe request must show where it comes from.
function requireSameOrigin(request: FastifyRequest, at: ServedAt): void {
  const { origin } = request.headers
  if (origin === undefined ? request.headers['sec-fetch-site'] === 'same-origin' : isSameOrigin(origin, at)) {
    return
  }
  throw refusal(
    'forbidden',
    'a request by cookie must come from a page of ours (Origin); send the token as Authorization instead',
  )
}

function siteKeyOf(request: FastifyRequest): string | undefined {
  return joined(request.headers['x-kf-site'])
}

function joined(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',')
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}
