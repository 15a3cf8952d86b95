import type { DatabaseSync } from 'node:sqlite'
import type { AgentStatus } from '../../../protocol/frames.ts'
import type { AgentRecord, Directory, SessionRecord, SiteRecord, VisitorRecord } from '../store.ts'
import { all, int, lazily, one, type Row, text, textOrNull } from './rows.ts'

/** Reads straight from the database each time, by an index: an ended session or a disabled agent is seen at once. */
export function readDirectory(db: DatabaseSync): Directory {
  const sites = lazily(db, 'SELECT * FROM site ORDER BY id')
  const siteByKey = lazily(db, 'SELECT * FROM site WHERE key = ?')
  const site = lazily(db, 'SELECT * FROM site WHERE id = ?')
  const agents = lazily(db, 'SELECT * FROM agent ORDER BY id')
  const agentsOfSite = lazily(db, 'SELECT * FROM agent WHERE site = ? ORDER BY id')
  const agent = lazily(db, 'SELECT * FROM agent WHERE id = ?')
  const agentByLogin = lazily(db, 'SELECT * FROM agent WHERE login = ?')
  const session = lazily(db, 'SELECT * FROM session WHERE token_hash = ?')
  const visitor = lazily(db, 'SELECT * FROM sender WHERE id = ? AND role = 0')
  return {
    sites: () => all(sites(), siteOf),
    siteByKey: (key) => one(siteByKey(), siteOf, key),
    site: (id) => one(site(), siteOf, id),
    agents: (ofSite) =>
      ofSite === undefined ? all(agents(), agentOf) : all(agentsOfSite(), agentOf, ofSite),
    agent: (id) => one(agent(), agentOf, id),
    agentByLogin: (login) => one(agentByLogin(), agentOf, login),
    session: (tokenHash) => one(session(), sessionOf, tokenHash),
    visitor: (id) => one(visitor(), visitorOf, id),
  }
}

function siteOf(row: Row): SiteRecord {
  const origins: unknown = JSON.parse(text(row, 'origins'))
  return {
    id: text(row, 'id'),
    key: text(row, 'key'),
    secret: text(row, 'secret'),
    name: text(row, 'name'),
    origins: Array.isArray(origins) ? origins.map(String) : [],
    sealed: int(row, 'sealed') === 1,
  }
}

function agentOf(row: Row): AgentRecord {
  return {
    id: text(row, 'id'),
    site: text(row, 'site'),
    login: text(row, 'login'),
    name: text(row, 'name'),
    role: agentRole(text(row, 'role')),
    passwordHash: text(row, 'password_hash'),
    mustChangePassword: int(row, 'must_change_password') === 1,
    capacity: int(row, 'capacity'),
    status: agentStatus(text(row, 'status')),
    disabled: int(row, 'disabled') === 1,
    version: int(row, 'version'),
  }
}

function sessionOf(row: Row): SessionRecord {
  return {
    tokenHash: text(row, 'token_hash'),
    agent: text(row, 'agent'),
    createdAt: int(row, 'created_at'),
    expiresAt: int(row, 'expires_at'),
  }
}

function visitorOf(row: Row): VisitorRecord {
  const pageUrl = textOrNull(row, 'page_url')
  const locale = textOrNull(row, 'locale')
  return {
    id: text(row, 'id'),
    site: text(row, 'site'),
    tokenHash: text(row, 'token_hash'),
    ...(pageUrl === null ? {} : { pageUrl }),
    ...(locale === null ? {} : { locale }),
  }
}

function agentRole(value: string): AgentRecord['role'] {
  if (value === 'owner' || value === 'supervisor') return value
  return 'agent'
}

function agentStatus(value: string): AgentStatus {
  if (value === 'online' || value === 'away') return value
  return 'offline'
}
