import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hashToken, newSessionToken } from '../people/password.ts'
import type { AgentRecord, Directory, SessionRecord } from '../storage/store.ts'
import {
  agentCaller,
  looksLikeVisitorToken,
  mintVisitor,
  verifySession,
  verifyVisitor,
  visitorCaller,
} from './credentials.ts'

const site = { id: 's1', secret: randomBytes(32).toString('base64url') }

describe("a visitor's token", () => {
  test('names the visitor it was minted for, without anything stored', () => {
    const { token, record } = mintVisitor(site, randomBytes)
    expect(token).toMatch(/^v1\.[a-z2-7]{26}\.[A-Za-z0-9_-]{43}$/)
    expect(record.id).toMatch(/^v[a-z2-7]{15}$/)
    expect(record).toEqual({ id: record.id, site: 's1', tokenHash: record.tokenHash })
    expect(record.tokenHash).toBe(hashToken(token.split('.')[1] ?? ''))
    expect(verifyVisitor(token, site)).toEqual({ id: record.id, tokenHash: record.tokenHash })
    expect(looksLikeVisitorToken(token)).toBe(true)
    expect(visitorCaller(record)).toEqual({ role: 'visitor', id: record.id, site: 's1', record })
  })

  test('is refused when a character of it was changed', () => {
    const { token } = mintVisitor(site, randomBytes)
    // The last character of 43 carries two bits that base64url ignores.
    for (let at = 0; at < token.length - 1; at++) {
      const forged = `${token.slice(0, at)}${token[at] === 'a' ? 'b' : 'a'}${token.slice(at + 1)}`
      expect(verifyVisitor(forged, site), `position ${at}`).toBeUndefined()
    }
  })

  test('is refused when malformed', () => {
    const { token } = mintVisitor(site, randomBytes)
    for (const bad of [
      '',
      'v1',
      'v1..',
      `${token}.`,
      ` ${token}`,
      `${token}\n`,
      token.replace('v1', 'v2'),
      token.toUpperCase(),
    ]) {
      expect(verifyVisitor(bad, site)).toBeUndefined()
    }
  })

  test('opens nothing on another site, even one with the same secret', () => {
    const { token } = mintVisitor(site, randomBytes)
    expect(verifyVisitor(token, { id: 's2', secret: site.secret })).toBeUndefined()
    expect(verifyVisitor(token, { id: 's1', secret: randomBytes(32).toString('base64url') })).toBeUndefined()
  })
})

describe("an agent's session", () => {
  const agent: AgentRecord = {
    id: 'a1',
    site: 's1',
    login: 'li',
    name: '李',
    role: 'agent',
    passwordHash: '',
    mustChangePassword: false,
    capacity: 5,
    status: 'online',
    disabled: false,
    version: 1,
  }
  const token = newSessionToken()
  const stored: SessionRecord = { tokenHash: hashToken(token), agent: 'a1', createdAt: 0, expiresAt: 1_000 }

  test('is found by the hash of its token and says whose it is', () => {
    const session = verifySession(token, directory(agent, stored), 999)
    expect(session).toEqual({ agent, tokenHash: stored.tokenHash, expiresAt: 1_000, restricted: false })
    expect(session && agentCaller(session)).toEqual({
      role: 'agent',
      id: 'a1',
      site: 's1',
      name: '李',
      agentRole: 'agent',
      tokenHash: stored.tokenHash,
    })
  })

  test('ends at its expiry, with its record, with its agent, and when the agent is disabled', () => {
    expect(verifySession(token, directory(agent, stored), 1_000)).toBeUndefined()
    expect(verifySession(token, directory(agent, undefined), 0)).toBeUndefined()
    expect(verifySession(token, directory(undefined, stored), 0)).toBeUndefined()
    expect(verifySession(token, directory({ ...agent, disabled: true }, stored), 0)).toBeUndefined()
  })

  test('is restricted while the one-time password is in use', () => {
    const session = verifySession(token, directory({ ...agent, mustChangePassword: true }, stored), 0)
    expect(session?.restricted).toBe(true)
  })

  test('is never looked up for what no token looks like', () => {
    for (const bad of [
      '',
      'x',
      `${token}x`,
      token.slice(1),
      mintVisitor(site, randomBytes).token,
      '../'.repeat(14),
    ]) {
      expect(verifySession(bad, neverAsked, 0)).toBeUndefined()
    }
  })
})

function directory(agent: AgentRecord | undefined, session: SessionRecord | undefined): Directory {
  return {
    ...neverAsked,
    agent: (id) => (agent?.id === id ? agent : undefined),
    session: (hash) => (session?.tokenHash === hash ? session : undefined),
  }
}

const neverAsked: Directory = {
  sites: unexpected,
  siteByKey: unexpected,
  site: unexpected,
  agents: unexpected,
  agent: unexpected,
  agentByLogin: unexpected,
  session: unexpected,
  visitor: unexpected,
}

function unexpected(): never {
  throw new Error('the store was asked')
}
