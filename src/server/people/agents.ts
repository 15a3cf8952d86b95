import { KfError } from '../../core/errors.ts'
import { randomBase32 } from '../../core/ids.ts'
import type { AgentRecord } from '../storage/store.ts'
import { defaultCapacity, firstSite } from './bootstrap.ts'
import type { AddAgentArgs, AgentSummary, OneTimeLogin } from './calls.ts'
import { commitAll, loginTaken, type PeopleDeps, type PeopleStore } from './deps.ts'
import { hashPassword, oneTimePassword } from './password.ts'

/** Adds an agent with a one-time password. Throws `login_taken`, `not_found` (site). */
export async function addAgent(
  store: PeopleStore,
  deps: PeopleDeps,
  args: AddAgentArgs,
): Promise<OneTimeLogin> {
  const site =
    args.site === undefined
      ? firstSite(store)
      : (store.directory.site(args.site) ?? store.directory.siteByKey(args.site))
  if (site === undefined) {
    throw new KfError('not_found', `there is no site ${args.site ?? ''}`.trimEnd(), {
      hint: 'leave --site out for the first one; `kf serve` creates it at its first start',
    })
  }
  if (store.directory.agentByLogin(args.login) !== undefined) throw loginTaken(args.login)
  const password = oneTimePassword(deps.random)
  const id = randomBase32(12, deps.random)
  await commitAll(store, [
    {
      kind: 'put_agent',
      agent: {
        id,
        site: site.id,
        login: args.login,
        name: args.name ?? args.login,
        role: args.role ?? 'agent',
        passwordHash: await hashPassword(password),
        mustChangePassword: true,
        capacity: args.capacity ?? defaultCapacity,
        status: 'online',
        disabled: false,
      },
    },
  ])
  return { id, login: args.login, site: site.id, password }
}

/** A new one-time password; ends the agent's sessions, so that its sockets close too. Throws `not_found`. */
export async function resetPassword(
  store: PeopleStore,
  deps: PeopleDeps,
  args: { readonly login: string },
): Promise<OneTimeLogin> {
  const agent = store.directory.agentByLogin(args.login)
  if (agent === undefined) {
    throw new KfError('not_found', `there is no agent with the login ${args.login}`, {
      hint: '`kf agent list` shows the logins',
      params: { login: args.login },
    })
  }
  const password = oneTimePassword(deps.random)
  const { version: _, ...record } = agent
  await commitAll(store, [
    {
      kind: 'put_agent',
      agent: { ...record, passwordHash: await hashPassword(password), mustChangePassword: true },
    },
    { kind: 'end_sessions', agent: agent.id },
  ])
  return { id: agent.id, login: agent.login, site: agent.site, password }
}

/** Agents by login; those of sealed sites only when the site is named. */
export function listAgents(store: PeopleStore, args: { readonly site?: string }): readonly AgentSummary[] {
  const sealed = new Set(
    store.directory
      .sites()
      .filter((site) => site.sealed)
      .map((site) => site.id),
  )
  const named = args.site === undefined ? undefined : (store.directory.siteByKey(args.site)?.id ?? args.site)
  return store.directory
    .agents(named)
    .filter((agent) => named !== undefined || !sealed.has(agent.site))
    .toSorted((a, b) => (a.login < b.login ? -1 : 1))
    .map((agent) => summary(agent, store.load(agent.id)))
}

function summary(agent: AgentRecord, load: number): AgentSummary {
  return {
    id: agent.id,
    login: agent.login,
    name: agent.name,
    site: agent.site,
    role: agent.role,
    capacity: agent.capacity,
    load,
    status: agent.status,
    disabled: agent.disabled,
    must_change_password: agent.mustChangePassword,
  }
}
