import { randomBase32 } from '../../core/ids.ts'
import type { Operation, SiteRecord } from '../storage/store.ts'
import type { BenchArgs, BenchResult } from './calls.ts'
import { commitAll, type PeopleDeps, type PeopleStore } from './deps.ts'
import { hashToken, newSessionToken } from './password.ts'

/** How long the sessions handed to a load test live. */
export const benchSessionMs = 24 * 60 * 60 * 1000

/**
 * The sealed site of load tests, with the agents `bench-1` … `bench-N` of one capacity and a fresh session each. They have
 * no password, so nobody logs in as one. Safe to repeat: records that fit stay as they are.
 */
export async function ensureBench(
  store: PeopleStore,
  deps: PeopleDeps,
  args: BenchArgs,
): Promise<BenchResult> {
  const found = findBench(store)
  const site = found ?? benchSite(deps)
  const operations: Operation[] = found === undefined ? [{ kind: 'put_site', site }] : []
  const agents: { id: string; login: string; token: string }[] = []
  const now = deps.now()
  for (let n = 1; n <= args.agents; n++) {
    const login = `bench-${n}`
    const known = store.directory.agentByLogin(login)
    const id = known?.id ?? randomBase32(12, deps.random)
    if (known?.capacity !== args.capacity || known.site !== site.id || known.disabled) {
      operations.push({ kind: 'put_agent', agent: benchAgent(id, site.id, login, args.capacity) })
    } else if (known.status !== 'online') {
      operations.push({ kind: 'set_status', agent: id, status: 'online' })
    }
    const token = newSessionToken(deps.random)
    operations.push({
      kind: 'put_session',
      session: { tokenHash: hashToken(token), agent: id, createdAt: now, expiresAt: now + benchSessionMs },
    })
    agents.push({ id, login, token })
  }
  await commitAll(store, operations)
  return { site: { id: site.id, key: site.key }, agents }
}

/** The sealed site of load tests, where there is one. */
export function findBench(store: Pick<PeopleStore, 'directory'>): SiteRecord | undefined {
  return store.directory.sites().find((site) => site.sealed && site.name === 'bench')
}

function benchSite(deps: PeopleDeps): SiteRecord {
  return {
    id: randomBase32(8, deps.random),
    key: randomBase32(20, deps.random),
    secret: Buffer.from(deps.random(32)).toString('base64url'),
    name: 'bench',
    origins: ['*'],
    sealed: true,
  }
}

function benchAgent(id: string, site: string, login: string, capacity: number) {
  return {
    id,
    site,
    login,
    name: login,
    role: 'agent',
    passwordHash: '',
    mustChangePassword: false,
    capacity,
    status: 'online',
    disabled: false,
  } as const
}
