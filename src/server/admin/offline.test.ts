import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { cryptoRandomBytes, uuidv7 } from '../../core/ids.ts'
import type { AdminCall, AdminResults } from '../people/calls.ts'
import { hashToken, verifyPassword } from '../people/password.ts'
import { carryOut } from '../people/people.ts'
import { lockFile } from '../storage/sqlite/lock.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { hashBody, type Store } from '../storage/store.ts'
import { administerOffline } from './offline.ts'

let folder: string
let store: Store
const clock = manualClock()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kf-people-'))
  store = await openSqliteStore({ folder, clock, random: cryptoRandomBytes })
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

async function call<Call extends AdminCall>(request: Call): Promise<AdminResults[Call['call']]> {
  const deps = { now: clock.now, random: cryptoRandomBytes, pause: () => Promise.resolve() }
  return (await carryOut(store, deps, request)) as AdminResults[Call['call']]
}

const bootstrap = () => call({ call: 'bootstrap', args: {} })

describe('the people of a node', () => {
  it('begin with a site and an owner, whose one-time password is told once', async () => {
    const first = await bootstrap()
    expect(first).toMatchObject({ site: { name: 'default' }, owner: { login: 'owner' } })
    const owner = store.directory.agentByLogin('owner')
    expect(owner).toMatchObject({ role: 'owner', mustChangePassword: true, site: first.site.id })
    expect(await verifyPassword(first.owner?.password ?? '', owner?.passwordHash ?? '')).toBe(true)
    expect(await bootstrap()).toEqual({ site: first.site })
    expect(store.directory.sites()).toMatchObject([{ origins: ['*'], sealed: false }])
  })

  it('are listed by login with their load; those of the bench only when asked for', async () => {
    await bootstrap()
    await call({ call: 'agents.add', args: { login: '小王', name: '王小明', capacity: 3 } })
    await call({ call: 'bench', args: { agents: 2, capacity: 50 } })
    const listed = await call({ call: 'agents.list', args: {} })
    expect(listed.map(({ login, capacity, load, role }) => ({ login, capacity, load, role }))).toEqual([
      { login: 'owner', capacity: 5, load: 0, role: 'owner' },
      { login: '小王', capacity: 3, load: 0, role: 'agent' },
    ])
    const bench = store.directory.sites().find((site) => site.sealed)
    const sealed = await call({ call: 'agents.list', args: { site: bench?.key ?? '' } })
    expect(sealed.map((agent) => agent.login)).toEqual(['bench-1', 'bench-2'])
  })

  it('have logins of their own', async () => {
    await bootstrap()
    await expect(call({ call: 'agents.add', args: { login: 'owner' } })).rejects.toMatchObject({
      code: 'login_taken',
      message: 'the login owner is taken',
    })
    await expect(call({ call: 'agents.add', args: { login: 'x', site: 'none' } })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('lose their sessions with their password', async () => {
    await bootstrap()
    const { id } = await call({ call: 'agents.add', args: { login: 'wang' } })
    const session = {
      tokenHash: hashToken('t'),
      agent: id,
      createdAt: clock.now(),
      expiresAt: clock.now() + 1e9,
    }
    await store.commit([{ kind: 'put_session', session }])
    expect(store.directory.session(hashToken('t'))?.agent).toBe(id)
    const { password } = await call({ call: 'agents.reset_password', args: { login: 'wang' } })
    expect(store.directory.session(hashToken('t'))).toBeUndefined()
    expect(await verifyPassword(password, store.directory.agent(id)?.passwordHash ?? '')).toBe(true)
    await expect(call({ call: 'agents.reset_password', args: { login: 'nobody' } })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('of a load test have sessions and no password, and are kept from run to run', async () => {
    await bootstrap()
    const first = await call({ call: 'bench', args: { agents: 2, capacity: 50 } })
    const second = await call({ call: 'bench', args: { agents: 3, capacity: 50 } })
    expect(second.site).toEqual(first.site)
    expect(second.agents.map((agent) => agent.login)).toEqual(['bench-1', 'bench-2', 'bench-3'])
    expect(second.agents[0]?.id).toBe(first.agents[0]?.id)
    for (const { id, token } of [...first.agents, ...second.agents]) {
      expect(store.directory.session(hashToken(token))?.agent).toBe(id)
    }
    const agent = store.directory.agentByLogin('bench-1')
    expect(agent).toMatchObject({ version: 1, capacity: 50, status: 'online' })
    expect(await verifyPassword('', agent?.passwordHash ?? '')).toBe(false)
    await call({ call: 'bench', args: { agents: 1, capacity: 80 } })
    expect(store.directory.agentByLogin('bench-1')).toMatchObject({ version: 2, capacity: 80 })
  })
})

describe('cleaning up after a load test', () => {
  it('takes the bench site away, its agents, visitors and conversations, and leaves the shop', async () => {
    const { site } = await bootstrap()
    const bench = await call({ call: 'bench', args: { agents: 2, capacity: 50 } })
    const kept = await opened(site.id, 'customer')
    const gone = await opened(bench.site.id, 'load-1')
    const result = await call({ call: 'bench.clean', args: {} })
    // Its send, the event of its end, the conversation, the visitor, two agents, the site.
    expect(result).toEqual({ site: bench.site.id, closed: 1, removed: 7, done: true })
    expect(store.conversation(gone)).toBeUndefined()
    expect(store.conversation(kept)).toMatchObject({ state: 'queued', public: { head: 1 } })
    expect(store.directory.sites().map(({ id }) => id)).toEqual([site.id])
    expect(store.directory.agents().map(({ login }) => login)).toEqual(['owner'])
    for (const { token } of bench.agents) expect(store.directory.session(hashToken(token))).toBeUndefined()
  })

  it('finds nothing where no load test was, and a shop called bench is no load test', async () => {
    await bootstrap()
    const shop = { id: 'shop', key: 'k', secret: 's', name: 'bench', origins: ['*'], sealed: false }
    await store.commit([{ kind: 'put_site', site: shop }])
    expect(await call({ call: 'bench.clean', args: {} })).toEqual({
      site: null,
      closed: 0,
      removed: 0,
      done: true,
    })
    expect(store.directory.site('shop')).toBeDefined()
  })

  it('leaves room for the next load test, under another site', async () => {
    await bootstrap()
    const first = await call({ call: 'bench', args: { agents: 1, capacity: 5 } })
    await call({ call: 'bench.clean', args: {} })
    const second = await call({ call: 'bench', args: { agents: 1, capacity: 5 } })
    expect(second.site.id).not.toBe(first.site.id)
    expect(await opened(second.site.id, 'load-1')).toBeTruthy()
  })

  async function opened(site: string, visitor: string): Promise<string> {
    const body = JSON.stringify({ kind: 'text', text: 'hello' })
    const [outcome] = await store.commit([
      {
        kind: 'append',
        id: uuidv7(clock.now(), cryptoRandomBytes),
        site,
        sender: { role: 'visitor', id: visitor },
        visitor: { id: visitor, site, tokenHash: `hash of ${visitor}` },
        stream: 'public',
        body,
        bodyHash: hashBody('public', body),
      },
    ])
    if (outcome?.status !== 'stored') throw new Error(JSON.stringify(outcome))
    return outcome.conversation
  }
})

describe('administration of a node that does not run', () => {
  const list: AdminCall = { call: 'agents.list', args: {} }

  it('opens the store itself', async () => {
    await bootstrap()
    await store.close()
    expect(await administerOffline(folder, list)).toMatchObject([{ login: 'owner' }])
  })

  it('refuses while a node holds the folder', async () => {
    const lock = await lockFile(join(folder, 'supervisor.lock'), { waitMs: 0 })
    await expect(administerOffline(folder, list)).rejects.toMatchObject({ code: 'folder_in_use' })
    lock.release()
  })

  it('makes no store where none was', async () => {
    await expect(administerOffline(join(folder, 'other'), list)).rejects.toMatchObject({
      code: 'no_store',
      message: `${join(folder, 'other')} is not a data folder of kf`,
    })
  })
})
