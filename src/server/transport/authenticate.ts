import type { IncomingHttpHeaders } from 'node:http'
import type { RandomBytes } from '../../core/ids.ts'
import type { ErrorCode } from '../../protocol/codes.ts'
import type { Hello } from '../../protocol/frames.ts'
import { forwardedHeader, type TrustedProxies } from '../access/address.ts'
import type { Caller } from '../access/authorise.ts'
import { sessionTokenInCookie } from '../access/cookie.ts'
import {
  agentCaller,
  looksLikeVisitorToken,
  mintVisitor,
  verifySession,
  verifyVisitor,
  visitorCaller,
} from '../access/credentials.ts'
import { isOriginAllowed, isSameOrigin, type ServedAt } from '../access/origin.ts'
import type { Directory, SiteRecord } from '../storage/store.ts'

export type Credentials = {
  readonly directory: Directory
  readonly now: () => number
  readonly publicUrl: string | undefined
  readonly trustedProxies: TrustedProxies
}

/** What a socket's upgrade told of where it came from. */
export type Upgrade = {
  readonly headers: IncomingHttpHeaders
  /** The peer's address: the client, or a proxy. */
  readonly peer: string | undefined
}

export type Authenticated =
  | { readonly ok: true; readonly caller: Caller; readonly site: SiteRecord; readonly token?: string }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly close: number }

/** The role comes from the credential: a visitor's token or a site's key, an agent's session token, or its cookie. */
export function authenticate(
  hello: Hello,
  upgrade: Upgrade,
  credentials: Credentials,
  random: RandomBytes,
): Authenticated {
  const { token } = hello
  const { headers } = upgrade
  if (token !== undefined && !looksLikeVisitorToken(token)) return agent(token, credentials)
  if (hello.site !== undefined) return visitor(hello.site, hello, upgrade, credentials, random)
  if (token !== undefined)
    return refuse('bad_frame', "site: a visitor's token needs the site's key beside it", 4400)
  const cookie = sessionTokenInCookie(headers.cookie)
  if (cookie === undefined)
    return refuse('unauthenticated', 'hello: give a site, a token, or log in first', 4401)
  const { origin } = headers
  if (origin === undefined || !isSameOrigin(origin, servedAt(upgrade, credentials))) {
    return refuse('forbidden', 'the cookie counts on our own pages only', 4403)
  }
  return agent(cookie, credentials)
}

function agent(token: string, { directory, now }: Credentials): Authenticated {
  const session = verifySession(token, directory, now())
  if (session === undefined)
    return refuse('unauthenticated', 'the session is unknown or has ended; log in again', 4401)
  if (session.restricted) return refuse('unauthenticated', 'replace the one-time password first', 4401)
  const site = directory.site(session.agent.site)
  if (site === undefined) return refuse('unknown_site', "the agent's site is gone", 4404)
  return { ok: true, caller: agentCaller(session), site }
}

function visitor(
  key: string,
  hello: Hello,
  upgrade: Upgrade,
  credentials: Credentials,
  random: RandomBytes,
): Authenticated {
  const site = credentials.directory.siteByKey(key)
  if (site === undefined) return refuse('unknown_site', 'site: no site has this key', 4404)
  const { origin } = upgrade.headers
  if (!isOriginAllowed(origin, site, servedAt(upgrade, credentials))) {
    return refuse('forbidden', `origin ${origin ?? 'none'} is not among the site's origins`, 4403)
  }
  const page = {
    ...(hello.page_url === undefined ? {} : { pageUrl: hello.page_url }),
    ...(hello.locale === undefined ? {} : { locale: hello.locale }),
  }
  if (hello.token === undefined) {
    const minted = mintVisitor(site, random)
    return { ok: true, caller: visitorCaller({ ...minted.record, ...page }), site, token: minted.token }
  }
  const known = verifyVisitor(hello.token, site)
  if (known === undefined) return refuse('unauthenticated', "token: not of this site's visitors", 4401)
  return { ok: true, caller: visitorCaller({ ...known, site: site.id, ...page }), site }
}

function servedAt(
  upgrade: Upgrade,
  { publicUrl, trustedProxies }: Pick<Credentials, 'publicUrl' | 'trustedProxies'>,
): ServedAt {
  const { host, 'x-forwarded-host': forwarded } = upgrade.headers
  // Asked only then: node keeps an address for the socket's life, 110 bytes.
  const told = forwarded === undefined ? undefined : forwardedHeader(upgrade.peer, forwarded, trustedProxies)
  return { host: told ?? host, publicUrl }
}

function refuse(code: ErrorCode, message: string, close: number): Authenticated {
  return { ok: false, code, message, close }
}
