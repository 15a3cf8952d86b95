import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject } from '../../protocol/checks.ts'
import type { Caller } from '../access/authorise.ts'
import { agentCaller, sessionByHash, visitorCaller } from '../access/credentials.ts'
import type { Directory, SiteRecord } from '../storage/store.ts'

/**
 * A ticket opens one kind of request, `GET events`, for 30 s: EventSource cannot set headers, and a token has no place in a
 * URL, where logs keep it. It is signed by the site's secret and checked without a look into any store, since the worker that
 * gave it is seldom the one that is shown it.
 *
 * NOTE: so it is not single-use. An agent's ticket is worth no more than its session, which is looked up when it is shown.
 */
export const ticketLivesMs = 30_000

const pattern = /^t1\.([A-Za-z0-9_-]{1,600})\.([A-Za-z0-9_-]{43})$/

/** `now` in ms. */
export function mintTicket(caller: Caller, site: Pick<SiteRecord, 'secret'>, now: number): string {
  const hash = caller.role === 'visitor' ? caller.record.tokenHash : caller.tokenHash
  const claims = { site: caller.site, role: caller.role, id: caller.id, hash, until: now + ticketLivesMs }
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `t1.${text}.${signature(site, text).toString('base64url')}`
}

/** Whom a ticket lets in, or undefined when it is malformed, forged, expired, or its session has ended. */
export function verifyTicket(ticket: string, directory: Directory, now: number): Caller | undefined {
  const match = pattern.exec(ticket)
  const text = match?.[1]
  const signed = match?.[2]
  if (text === undefined || signed === undefined) return undefined
  const claims = readClaims(text)
  const site = claims === undefined ? undefined : directory.site(claims.site)
  if (claims === undefined || site === undefined) return undefined
  if (!timingSafeEqual(Buffer.from(signed, 'base64url'), signature(site, text))) return undefined
  if (claims.until <= now) return undefined
  if (claims.role === 'visitor') {
    return visitorCaller({ id: claims.id, site: claims.site, tokenHash: claims.hash })
  }
  const session = sessionByHash(claims.hash, directory, now)
  return session === undefined || session.restricted || session.agent.site !== site.id
    ? undefined
    : agentCaller(session)
}

type Claims = {
  readonly site: string
  readonly role: 'visitor' | 'agent'
  readonly id: string
  readonly hash: string
  readonly until: number
}

// Not trusted before the signature is checked, which needs the site it names.
function readClaims(text: string): Claims | undefined {
  let raw: unknown
  try {
    raw = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  if (!isObject(raw)) return undefined
  const { site, role, id, hash, until } = raw
  if (typeof site !== 'string' || typeof id !== 'string' || typeof hash !== 'string') return undefined
  if (typeof until !== 'number' || (role !== 'visitor' && role !== 'agent')) return undefined
  return { site, role, id, hash, until }
}

function signature(site: Pick<SiteRecord, 'secret'>, text: string): Buffer {
  return createHmac('sha256', Buffer.from(site.secret, 'base64url')).update(`ticket\n${text}`).digest()
}
