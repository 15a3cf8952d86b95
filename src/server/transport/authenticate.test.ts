import { describe, expect, test } from 'vitest'
import { cryptoRandomBytes } from '../../core/ids.ts'
import type { Hello } from '../../protocol/frames.ts'
import { trustedProxies } from '../access/address.ts'
import { mintVisitor } from '../access/credentials.ts'
import { hashToken } from '../people/password.ts'
import type { AgentRecord, Directory, SiteRecord } from '../storage/store.ts'
import { authenticate, type Upgrade } from './authenticate.ts'

const now = 1_000
const site = (id: string, origins: readonly string[]): SiteRecord => ({
  id,
  key: `key-${id}`,
  secret: Buffer.alloc(32, id).toString('base64url'),
  name: id,
  origins,
  sealed: false,
})
const sites = [site('shop', ['https://shop.example']), site('open', ['*'])]
const record = (id: string, more: Partial<AgentRecord> = {}): AgentRecord => ({
  id,
  site: 'shop',
  login: id,
  name: id.toUpperCase(),
  role: 'agent',
  passwordHash: '',
  mustChangePassword: false,
  capacity: 1,
  status: 'online',
  disabled: false,
  version: 1,
  ...more,
})
const agents = [
  record('a1'),
  record('disabled', { disabled: true }),
  record('new', { mustChangePassword: true }),
  record('lost', { site: 'gone' }),
]
const tokenOf = (agent: string): string => agent.padEnd(43, '0')
const sessions = [...agents.map(({ id }) => ({ id, expiresAt: now + 1 })), { id: 'expired', expiresAt: now }]

const directory = {
  site: (id: string) => sites.find((each) => each.id === id),
  siteByKey: (key: string) => sites.find((each) => each.key === key),
  agent: (id: string) => (id === 'expired' ? agents[0] : agents.find((each) => each.id === id)),
  session: (tokenHash: string) => {
    const found = sessions.find(({ id }) => hashToken(tokenOf(id)) === tokenHash)
    return found === undefined
      ? undefined
      : { tokenHash, agent: found.id, createdAt: 0, expiresAt: found.expiresAt }
  },
} as unknown as Directory

function hello(
  fields: Omit<Hello, 'type'>,
  headers: Upgrade['headers'] = {},
  { publicUrl, peer = '203.0.113.9' }: { publicUrl?: string; peer?: string } = {},
) {
  return authenticate(
    { type: 'hello', ...fields },
    { headers: { host: 'chat.example', ...headers }, peer },
    { directory, now: () => now, publicUrl, trustedProxies: trustedProxies(['10.0.0.0/8']) },
    cryptoRandomBytes,
  )
}

const refused = (code: string, close: number) => ({ ok: false, code, close })

describe("a visitor's hello", () => {
  test('without a token mints one, which is the same visitor next time', () => {
    const first = hello({ site: 'key-shop', page_url: 'https://shop.example/tea', locale: 'zh-CN' })
    if (!first.ok || first.caller.role !== 'visitor') throw new Error('refused')
    expect(first.caller.record).toMatchObject({
      site: 'shop',
      pageUrl: 'https://shop.example/tea',
      locale: 'zh-CN',
    })
    const second = hello({ site: 'key-shop', token: first.token ?? '' })
    expect(second).toMatchObject({ ok: true, caller: { role: 'visitor', id: first.caller.id, site: 'shop' } })
    expect(second).not.toHaveProperty('token')
  })

  test.each<[string, Omit<Hello, 'type'>, string, number]>([
    ['an unknown site', { site: 'key-nowhere' }, 'unknown_site', 4404],
    [
      'a forged token',
      { site: 'key-shop', token: `v1.${'a'.repeat(26)}.${'A'.repeat(43)}` },
      'unauthenticated',
      4401,
    ],
    ['half a token', { site: 'key-shop', token: 'v1.' }, 'unauthenticated', 4401],
    [
      "another site's token",
      { site: 'key-open', token: mintVisitor(site('shop', []), cryptoRandomBytes).token },
      'unauthenticated',
      4401,
    ],
    ['a token without a site', { token: 'v1.x' }, 'bad_frame', 4400],
    ['nothing', {}, 'unauthenticated', 4401],
  ])('%s is refused', (_, fields, code, close) => {
    expect(hello(fields)).toMatchObject(refused(code, close))
  })

  test.each<[string, string, string | undefined, boolean]>([
    ['no origin', 'key-shop', undefined, true],
    ["the site's origin", 'key-shop', 'https://shop.example', true],
    ['our own page', 'key-shop', 'https://chat.example', true],
    ['a foreign origin', 'key-shop', 'https://evil.example', false],
    ['a sandboxed frame', 'key-shop', 'null', false],
    ['a foreign origin where all are allowed', 'key-open', 'https://evil.example', true],
  ])('from %s', (_, key, origin, allowed) => {
    const answer = hello({ site: key }, origin === undefined ? {} : { origin })
    expect(answer).toMatchObject(allowed ? { ok: true } : refused('forbidden', 4403))
  })

  test("behind a proxy our own page is known by the proxy's word, if the proxy is trusted, or by the public URL", () => {
    const headers = { origin: 'https://public.example', 'x-forwarded-host': 'public.example' }
    expect(hello({ site: 'key-shop' }, headers, { peer: '10.0.0.1' }).ok).toBe(true)
    expect(hello({ site: 'key-shop' }, headers)).toMatchObject(refused('forbidden', 4403))
    expect(hello({ site: 'key-shop' }, headers, { publicUrl: 'https://public.example/kf/' }).ok).toBe(true)
  })
})

describe("an agent's hello", () => {
  test('by its token is that agent, from any origin', () => {
    const answer = hello({ token: tokenOf('a1') }, { origin: 'https://evil.example' })
    expect(answer).toMatchObject({ ok: true, caller: { role: 'agent', id: 'a1', name: 'A1', site: 'shop' } })
  })

  test.each<[string, string, string, number]>([
    ['expired', 'expired', 'unauthenticated', 4401],
    ['of a disabled account', 'disabled', 'unauthenticated', 4401],
    ['with its one-time password', 'new', 'unauthenticated', 4401],
    ['unknown', 'nobody', 'unauthenticated', 4401],
    ['of a site that is gone', 'lost', 'unknown_site', 4404],
  ])('a session %s is refused', (_, id, code, close) => {
    expect(hello({ token: tokenOf(id) })).toMatchObject(refused(code, close))
  })

  test('by cookie counts on our own pages only', () => {
    const cookie = `theme=dark; kf_session=${tokenOf('a1')}`
    expect(hello({}, { cookie, origin: 'https://chat.example' })).toMatchObject({
      ok: true,
      caller: { id: 'a1' },
    })
    expect(hello({}, { cookie, origin: 'https://evil.example' })).toMatchObject(refused('forbidden', 4403))
    expect(hello({}, { cookie })).toMatchObject(refused('forbidden', 4403))
    expect(hello({}, { cookie: 'kf_session=' })).toMatchObject(refused('unauthenticated', 4401))
    const behind = { cookie, origin: 'https://public.example', 'x-forwarded-host': 'public.example' }
    expect(hello({}, behind, { peer: '10.0.0.1' }).ok).toBe(true)
    expect(hello({}, behind)).toMatchObject(refused('forbidden', 4403))
  })
})
