import { randomBase32 } from '../../core/ids.ts'
import type { SiteRecord } from '../storage/store.ts'
import type { BootstrapResult } from './calls.ts'
import { commitAll, type PeopleDeps, type PeopleStore } from './deps.ts'
import { hashPassword, oneTimePassword } from './password.ts'

export const defaultCapacity = 5

/**
 * What must be there before the first visitor: a site and its owner. The first start creates both in one commit and returns
 * the owner's one-time password, which exists nowhere else; later starts find them.
 */
export async function bootstrap(store: PeopleStore, deps: PeopleDeps): Promise<BootstrapResult> {
  const found = firstSite(store)
  const site = found ?? newSite(deps)
  const shown = { id: site.id, key: site.key, name: site.name }
  if (found !== undefined && store.directory.agents(site.id).some((agent) => agent.role === 'owner')) {
    return { site: shown }
  }
  const login = freeLogin(store, 'owner')
  const password = oneTimePassword(deps.random)
  await commitAll(store, [
    ...(found === undefined ? [{ kind: 'put_site', site } as const] : []),
    {
      kind: 'put_agent',
      agent: {
        id: randomBase32(12, deps.random),
        site: site.id,
        login,
        name: login,
        role: 'owner',
        passwordHash: await hashPassword(password),
        mustChangePassword: true,
        capacity: defaultCapacity,
        status: 'online',
        disabled: false,
      },
    },
  ])
  return { site: shown, owner: { login, password } }
}

/** The site that is meant when none is named: the oldest that is not sealed. */
export function firstSite(store: PeopleStore): SiteRecord | undefined {
  return store.directory.sites().find((site) => !site.sealed)
}

// `*` as origin: a first embedding works from any page. The key is public, and a visitor's token opens that visitor's own conversations only.
function newSite(deps: PeopleDeps): SiteRecord {
  return {
    id: randomBase32(8, deps.random),
    key: randomBase32(20, deps.random),
    secret: Buffer.from(deps.random(32)).toString('base64url'),
    name: 'default',
    origins: ['*'],
    sealed: false,
  }
}

function freeLogin(store: PeopleStore, wanted: string): string {
  for (let n = 1; ; n++) {
    const login = n === 1 ? wanted : `${wanted}-${n}`
    if (store.directory.agentByLogin(login) === undefined) return login
  }
}
