import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type RandomBytes, randomBase32, toBase32 } from '../../core/ids.ts'
import { hashToken } from '../people/password.ts'
import type { AgentRecord, Directory, SiteRecord, VisitorRecord } from '../storage/store.ts'
import type { AgentCaller, VisitorCaller } from './authorise.ts'

/**
 * Who calls. A visitor's token is `v1.<secret>.<signature>`: 26 base32 characters of 130 random bits, and an HMAC-SHA256 of
 * site and secret under the site's own secret. So it is verified without a look into the store, and nothing is stored for a
 * visitor who never writes. An agent's token is 256 random bits (`newSessionToken`), looked up by its hash.
 */

const secretLength = 26
const visitorTokenPattern = /^v1\.([a-z2-7]{26,52})\.([A-Za-z0-9_-]{43})$/
const sessionTokenPattern = /^[A-Za-z0-9_-]{43}$/

/** How long a session of an agent lives, ms: one shift. */
export const sessionLivesMs = 12 * 3_600_000

/** A new visitor of a site. The record is stored with the first send. */
export function mintVisitor(
  site: Pick<SiteRecord, 'id' | 'secret'>,
  random: RandomBytes,
): { readonly token: string; readonly record: VisitorRecord } {
  const secret = randomBase32(secretLength, random)
  const token = `v1.${secret}.${signature(site, secret).toString('base64url')}`
  return { token, record: { ...identityOf(secret), site: site.id } }
}

/** The visitor a token names, or undefined when it is malformed, forged, or of another site. Compares in constant time. */
export function verifyVisitor(
  token: string,
  site: Pick<SiteRecord, 'id' | 'secret'>,
): { readonly id: string; readonly tokenHash: string } | undefined {
  const match = visitorTokenPattern.exec(token)
  const secret = match?.[1]
  const signed = match?.[2]
  if (secret === undefined || signed === undefined) return undefined
  if (!timingSafeEqual(Buffer.from(signed, 'base64url'), signature(site, secret))) return undefined
  return identityOf(secret)
}

/** True for what a visitor's token looks like: tells the two kinds of token apart, says nothing about validity. */
export function looksLikeVisitorToken(token: string): boolean {
  return token.startsWith('v1.')
}

export type Session = {
  readonly agent: AgentRecord
  readonly tokenHash: string
  /** ms */
  readonly expiresAt: number
  /** The one-time password was not replaced yet: nothing is allowed but that, and a logout. */
  readonly restricted: boolean
}

/**
 * The live session behind an agent's token, or undefined when there is none, it expired, or the agent is disabled.
 * `now` in ms. Reads the store: call it at a hello, at each request, and again every 30 s of a socket's life.
 */
export function verifySession(token: string, directory: Directory, now: number): Session | undefined {
  if (!sessionTokenPattern.test(token)) return undefined
  return sessionByHash(hashToken(token), directory, now)
}

/** The same by the token's hash: what a connection keeps instead of the token. */
export function sessionByHash(tokenHash: string, directory: Directory, now: number): Session | undefined {
  const session = directory.session(tokenHash)
  if (session === undefined || session.expiresAt <= now) return undefined
  const agent = directory.agent(session.agent)
  if (agent === undefined || agent.disabled) return undefined
  return { agent, tokenHash, expiresAt: session.expiresAt, restricted: agent.mustChangePassword }
}

export function visitorCaller(record: VisitorRecord): VisitorCaller {
  return { role: 'visitor', id: record.id, site: record.site, record }
}

export function agentCaller(session: Session): AgentCaller {
  const { agent, tokenHash } = session
  return {
    role: 'agent',
    id: agent.id,
    site: agent.site,
    name: agent.name,
    agentRole: agent.role,
    tokenHash,
  }
}

// NOTE: the id is part of the hash, and agents see it; with 130 random bits behind it, it tells nothing of the secret.
function identityOf(secret: string): { readonly id: string; readonly tokenHash: string } {
  const digest = createHash('sha256').update(secret).digest()
  return { id: `v${toBase32(digest, 15)}`, tokenHash: digest.toString('hex') }
}

function signature(site: Pick<SiteRecord, 'id' | 'secret'>, secret: string): Buffer {
  return createHmac('sha256', Buffer.from(site.secret, 'base64url'))
    .update(`visitor\n${site.id}\n${secret}`)
    .digest()
}
