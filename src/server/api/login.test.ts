import { beforeEach, describe, expect, test } from 'vitest'
import { defaultLimits } from '../limits/config.ts'
import { hashPassword, hashToken } from '../people/password.ts'
import { bearer, createFixture, type Fixture, phc } from './fixture.ts'
import { hashing } from './login.ts'

const { per_login: perLogin, per_address: perAddress } = defaultLimits.login

let fixture: Fixture

beforeEach(async () => {
  fixture = await createFixture()
})

const right = { login: 'login-a1', password: 'right password' }

async function post(path: string, payload: object, headers: Record<string, string> = {}) {
  const response = await fixture.api.app.inject({ method: 'POST', url: `/api/v1/${path}`, payload, headers })
  return {
    status: response.statusCode,
    body: response.json<Record<string, unknown>>(),
    headers: response.headers,
  }
}

describe('login', () => {
  test('answers a session of twelve hours, its token also as a cookie out of reach for scripts', async () => {
    const { status, body, headers } = await post('login', right)
    const expiresAt = fixture.clock.now() + 12 * 3_600_000
    expect(status).toBe(200)
    expect(body).toEqual({
      token: body['token'],
      expires_at: expiresAt,
      agent: { id: 'a1', name: 'A1', role: 'agent' },
      must_change_password: false,
    })
    const token = String(body['token'])
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(headers['set-cookie']).toBe(
      `kf_session=${token}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict`,
    )
    expect(headers['cache-control']).toBe('no-store')
    expect(fixture.submitted).toEqual([
      {
        kind: 'put_session',
        session: { tokenHash: hashToken(token), agent: 'a1', createdAt: fixture.clock.now(), expiresAt },
      },
    ])
  })

  test('answers the same, and spends the same, for unknown logins, wrong passwords and disabled agents', async () => {
    const wrong = { error: { code: 'unauthenticated', message: 'login or password is wrong' } }
    const agent = fixture.agents.get('a2')
    if (agent !== undefined) fixture.agents.set('a2', { ...agent, disabled: true })
    for (const tried of [
      { login: 'login-a1', password: 'wrong' },
      { login: 'nobody', password: 'wrong' },
      { login: 'login-a2', password: 'right password' },
      { login: 'login-a1', password: 'x'.repeat(300) },
    ]) {
      expect(await post('login', tried)).toMatchObject({ status: 401, body: wrong })
    }
    expect(fixture.passwords).toMatchObject({ verified: 1, verifiedNothing: 3 })
    expect(fixture.submitted).toEqual([])
  })

  test('refuses malformed bodies before it hashes anything', async () => {
    for (const payload of [
      {},
      [],
      { login: 'a' },
      { login: 1, password: 'x' },
      { login: { $ne: '' }, password: 'x' },
      { ...right, admin: true },
      { login: 'x'.repeat(256), password: 'x' },
      { login: '', password: 'x' },
    ]) {
      expect((await post('login', payload)).body).toMatchObject({ error: { code: 'bad_frame' } })
    }
    expect(fixture.passwords).toMatchObject({ verified: 0, verifiedNothing: 0 })
  })

  test('limits wrong tries per login, whatever the address, and says when to come back', async () => {
    for (let i = 0; i < perLogin.burst; i++) {
      expect((await post('login', { login: 'login-A1', password: 'wrong' })).status).toBe(401)
    }
    const { status, body, headers } = await post('login', right)
    expect(status).toBe(429)
    expect(body).toEqual({
      error: { code: 'rate_limited', message: 'too many tries; wait a little', retry_after_ms: 20_000 },
    })
    expect(headers['retry-after']).toBe('20')
    fixture.clock.advance(20_000)
    expect((await post('login', right)).status).toBe(200)
  })

  test('limits wrong tries per address, whatever the login', async () => {
    for (let i = 0; i < perAddress.burst; i++) {
      expect((await post('login', { login: `nobody-${i}`, password: 'wrong' })).status).toBe(401)
    }
    expect((await post('login', right)).status).toBe(429)
  })

  test('never limits those who know their password', async () => {
    for (let i = 0; i < 40; i++) expect((await post('login', right)).status).toBe(200)
  })

  test('counts the client behind a trusted proxy and believes no one else about it', async () => {
    const tryFrom = (client: string) =>
      post(
        'login',
        { login: `nobody-${client}-${Math.random()}`, password: 'x' },
        { 'x-forwarded-for': client },
      )
    for (let i = 0; i < perAddress.burst; i++) await tryFrom(`198.51.100.${i}`)
    expect((await tryFrom('198.51.100.99')).status).toBe(429)
    fixture = await createFixture({ trustedProxies: ['127.0.0.1/32'] })
    for (let i = 0; i < perAddress.burst; i++) await tryFrom('198.51.100.1')
    expect((await tryFrom('198.51.100.1')).status).toBe(429)
    expect((await tryFrom('198.51.100.2')).status).toBe(401)
  })

  test('checks few passwords at once, lets some wait, and answers busy to the rest', async () => {
    fixture = await createFixture({ trustedProxies: ['127.0.0.1/32'] })
    const hold = Promise.withResolvers<void>()
    fixture.passwords.hold = hold.promise
    const { concurrent, waiting } = hashing
    const tries = Array.from({ length: concurrent + waiting }, (_, i) =>
      post('login', { login: `nobody-${i}`, password: 'x' }, { 'x-forwarded-for': `198.51.100.${i}` }),
    )
    expect(await post('login', right)).toMatchObject({
      status: 503,
      body: { error: { code: 'busy', retry_after_ms: 1_000 } },
    })
    expect(fixture.passwords).toMatchObject({ verified: 0, verifiedNothing: concurrent })
    hold.resolve()
    expect(new Set((await Promise.all(tries)).map(({ status }) => status))).toEqual(new Set([401]))
  })

  test('does not log in pages of foreign origins', async () => {
    const foreign = await post('login', right, { origin: 'https://evil.example', host: 'chat.example' })
    expect(foreign).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    const own = await post('login', right, { origin: 'https://chat.example', host: 'chat.example' })
    expect(own.status).toBe(200)
  })

  test('believes X-Forwarded-Host and -Proto of a trusted proxy only', async () => {
    const headers = {
      host: 'inner:7000',
      origin: 'https://chat.example',
      'x-forwarded-host': 'chat.example',
      'x-forwarded-proto': 'https',
    }
    expect((await post('login', right, headers)).status).toBe(403)
    const { origin: _, ...spoofed } = headers
    expect((await post('login', right, spoofed)).headers['set-cookie']).not.toContain('Secure')
    fixture = await createFixture({ trustedProxies: ['127.0.0.1/32'] })
    const { status, headers: answered } = await post('login', right, headers)
    expect(status).toBe(200)
    expect(answered['set-cookie']).toMatch(/; Secure$/)
  })

  test('checks real passwords by argon2id', async () => {
    fixture = await createFixture({}, { realPasswords: true })
    const agent = fixture.agents.get('a1')
    const passwordHash = await hashPassword(right.password)
    if (agent !== undefined) fixture.agents.set('a1', { ...agent, passwordHash })
    expect((await post('login', { ...right, password: 'wrong' })).status).toBe(401)
    expect((await post('login', { login: 'nobody', password: right.password })).status).toBe(401)
    expect((await post('login', right)).status).toBe(200)
  })

  test('is not acked while the store cannot keep the session', async () => {
    fixture.down = true
    expect(await post('login', right)).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable', retry_after_ms: 1_000 } },
    })
  })

  test('sets a Secure cookie under the public path', async () => {
    fixture = await createFixture({ publicUrl: 'https://example.com/chat/' })
    expect((await post('login', right)).headers['set-cookie']).toMatch(
      /; Path=\/chat\/; HttpOnly; SameSite=Strict; Secure$/,
    )
  })
})

describe('a session', () => {
  const get = (headers: Record<string, string>) =>
    fixture.api.app.inject({ method: 'GET', url: '/api/v1/session', headers })

  test('is told to who holds its token, by header or cookie', async () => {
    const token = fixture.logIn('a1')
    const expected = {
      expires_at: fixture.clock.now() + 1_000,
      agent: { id: 'a1', name: 'A1', role: 'agent' },
      must_change_password: false,
    }
    expect((await get(bearer(token))).json()).toEqual(expected)
    expect((await get({ cookie: `a=b; kf_session=${token}` })).json()).toEqual(expected)
  })

  test('is no session when missing, forged, malformed, expired or after its agent was disabled', async () => {
    const token = fixture.logIn('a1')
    const forged = `${token.slice(0, -1)}x`
    for (const headers of [
      {},
      bearer(forged),
      bearer('x'),
      { authorization: `Basic ${token}` },
      { authorization: 'Bearer' },
    ]) {
      const response = await get(headers)
      expect(response.statusCode).toBe(401)
      expect(response.headers['www-authenticate']).toBe('Bearer')
      expect(response.json()).toMatchObject({ error: { code: 'unauthenticated' } })
    }
    const agent = fixture.agents.get('a1')
    if (agent !== undefined) fixture.agents.set('a1', { ...agent, disabled: true })
    expect((await get(bearer(token))).statusCode).toBe(401)
    if (agent !== undefined) fixture.agents.set('a1', agent)
    expect((await get(bearer(token))).statusCode).toBe(200)
    fixture.clock.advance(1_000)
    expect((await get(bearer(token))).statusCode).toBe(401)
  })

  test('ends by logout, and a second logout is no error', async () => {
    const token = fixture.logIn('a1')
    const first = await post('logout', {}, bearer(token))
    expect(first).toMatchObject({ status: 200, body: {} })
    expect(first.headers['set-cookie']).toBe('kf_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict')
    expect((await get(bearer(token))).statusCode).toBe(401)
    expect((await post('logout', {}, bearer(token))).status).toBe(200)
    expect(fixture.submitted).toEqual([{ kind: 'end_sessions', tokenHash: hashToken(token) }])
  })

  test('by cookie obeys only pages of ours', async () => {
    const cookie = `kf_session=${fixture.logIn('a1')}`
    const host = 'chat.example'
    for (const headers of [
      { cookie, host },
      { cookie, host, origin: 'https://s1.example' },
      { cookie, host, origin: 'null' },
      { cookie, host, 'sec-fetch-site': 'cross-site' },
      { cookie, host, 'sec-fetch-site': 'same-site' },
      { cookie, host, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ]) {
      expect((await post('logout', {}, headers)).status).toBe(403)
    }
    expect(fixture.submitted).toEqual([])
    expect((await post('logout', {}, { cookie, host, origin: 'https://chat.example' })).status).toBe(200)
  })
})

describe('a new password', () => {
  const change = { current: 'right password', next: 'four random words' }

  test('ends every session of the agent and opens a new one', async () => {
    const token = fixture.logIn('a1')
    fixture.logIn('a1')
    const other = fixture.logIn('a2')
    const { status, body } = await post('password', change, bearer(token))
    expect(status).toBe(200)
    expect(fixture.submitted.map(({ kind }) => kind)).toEqual(['put_agent', 'end_sessions', 'put_session'])
    expect(fixture.agents.get('a1')).toMatchObject({ passwordHash: phc(change.next), capacity: 5 })
    expect([...fixture.sessions.keys()]).toEqual([hashToken(other), hashToken(String(body['token']))])
  })

  test('is the one thing a session with a one-time password may do', async () => {
    const agent = fixture.agents.get('a1')
    if (agent !== undefined) fixture.agents.set('a1', { ...agent, mustChangePassword: true })
    expect((await post('login', right)).body).toMatchObject({ must_change_password: true })
    const token = fixture.logIn('a1')
    const queue = await fixture.api.app.inject({ url: '/api/v1/queue', headers: bearer(token) })
    expect(queue.json()).toEqual({
      error: { code: 'forbidden', message: 'choose a new password first: POST api/v1/password' },
    })
    const { body } = await post('password', change, bearer(token))
    expect(body).toMatchObject({ must_change_password: false })
    expect(fixture.agents.get('a1')?.mustChangePassword).toBe(false)
    const after = await fixture.api.app.inject({
      url: '/api/v1/queue',
      headers: bearer(String(body['token'])),
    })
    expect(after.statusCode).toBe(200)
  })

  test('needs the current one, and must be long enough and another', async () => {
    const token = fixture.logIn('a1')
    const refused = async (payload: object) => (await post('password', payload, bearer(token))).body
    expect(await refused({ ...change, current: 'wrong' })).toEqual({
      error: { code: 'forbidden', message: 'the current password is wrong' },
    })
    expect(await refused({ ...change, next: 'short' })).toEqual({
      error: {
        code: 'bad_frame',
        message: 'the new password has 5 characters; 10 to 200 are allowed',
      },
    })
    expect(await refused({ ...change, next: change.current })).toMatchObject({ error: { code: 'bad_frame' } })
    expect(fixture.submitted).toEqual([])
  })

  test('wrong guesses at the current one are limited like logins', async () => {
    const token = fixture.logIn('a1')
    for (let i = 0; i < perLogin.burst; i++) {
      await post('password', { ...change, current: `guess ${i}` }, bearer(token))
    }
    expect((await post('password', change, bearer(token))).status).toBe(429)
  })
})
