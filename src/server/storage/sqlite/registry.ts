import type { DatabaseSync } from 'node:sqlite'
import type { AgentRecord, Directory, Operation, Outcome } from '../store.ts'
import { rejected } from './outcome.ts'
import { lazily } from './rows.ts'

export type RegistryOperation = Extract<
  Operation,
  { readonly kind: 'put_site' | 'put_agent' | 'set_status' | 'put_session' | 'end_sessions' }
>

const done: Outcome = { status: 'done' }

/** Writes sites, agents and sessions; runs inside the batch's transaction. */
export function writeRegistry(
  db: DatabaseSync,
  directory: Directory,
): (operation: RegistryOperation) => Outcome {
  const putSite = lazily(
    db,
    `INSERT INTO site (id, key, secret, name, origins, sealed) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, secret = excluded.secret, name = excluded.name,
       origins = excluded.origins, sealed = excluded.sealed`,
  )
  const putAgent = lazily(
    db,
    `INSERT INTO agent (id, site, login, name, role, password_hash, must_change_password, capacity, status, disabled, version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
     ON CONFLICT (id) DO UPDATE SET site = excluded.site, login = excluded.login, name = excluded.name, role = excluded.role,
       password_hash = excluded.password_hash, must_change_password = excluded.must_change_password,
       capacity = excluded.capacity, status = excluded.status, disabled = excluded.disabled, version = version + 1`,
  )
  const setStatus = lazily(db, 'UPDATE agent SET status = ? WHERE id = ?')
  const putSession = lazily(
    db,
    `INSERT INTO session (token_hash, agent, created_at, expires_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (token_hash) DO UPDATE SET agent = excluded.agent, created_at = excluded.created_at, expires_at = excluded.expires_at`,
  )
  const endSession = lazily(db, 'DELETE FROM session WHERE token_hash = ?')
  const endSessions = lazily(db, 'DELETE FROM session WHERE agent = ?')

  const agentPut = (agent: Omit<AgentRecord, 'version'>): Outcome => {
    const holder = directory.agentByLogin(agent.login)
    if (holder !== undefined && holder.id !== agent.id)
      return rejected('id_conflict', `The login ${agent.login} is taken by another agent.`)
    const before = directory.agent(agent.id)
    putAgent().run(
      agent.id,
      agent.site,
      agent.login,
      agent.name,
      agent.role,
      agent.passwordHash,
      agent.mustChangePassword ? 1 : 0,
      agent.capacity,
      agent.status,
      agent.disabled ? 1 : 0,
    )
    // A session dies with the password and the account it was opened under.
    if (before !== undefined && (before.passwordHash !== agent.passwordHash || agent.disabled))
      endSessions().run(agent.id)
    return done
  }

  return (operation) => {
    switch (operation.kind) {
      case 'put_site': {
        const { site } = operation
        const holder = directory.siteByKey(site.key)
        if (holder !== undefined && holder.id !== site.id)
          return rejected('id_conflict', `The site key ${site.key} is taken by another site.`)
        putSite().run(
          site.id,
          site.key,
          site.secret,
          site.name,
          JSON.stringify(site.origins),
          site.sealed ? 1 : 0,
        )
        return done
      }
      case 'put_agent':
        return agentPut(operation.agent)
      case 'set_status':
        return setStatus().run(operation.status, operation.agent).changes === 0
          ? rejected('not_found', `No agent ${operation.agent}.`)
          : done
      case 'put_session': {
        const { session } = operation
        if (directory.agent(session.agent) === undefined)
          return rejected('not_found', `No agent ${session.agent}.`)
        putSession().run(session.tokenHash, session.agent, session.createdAt, session.expiresAt)
        return done
      }
      case 'end_sessions':
        // A token names one session, even beside its agent.
        if (operation.tokenHash !== undefined) endSession().run(operation.tokenHash)
        else if (operation.agent !== undefined) endSessions().run(operation.agent)
        return done
    }
  }
}
