import { describe, expect, it } from 'vitest'
import { KfError } from '../../core/errors.ts'
import type { AdminCall } from '../people/calls.ts'
import type { Caller } from './access.ts'
import { type AdminNode, answerAdmin } from './routes.ts'

const access = { token: 'a'.repeat(43), host: '127.0.0.1' }
const overSocket: Caller = { via: 'socket' }
const overTcp = (authorization?: string, host = '127.0.0.1:7001'): Caller => ({
  via: 'tcp',
  host,
  authorization,
})

type Asked = {
  readonly caller?: Caller
  readonly body?: unknown
  readonly node?: Partial<AdminNode>
}

async function ask(method: string, target: string, { caller = overSocket, body, node = {} }: Asked = {}) {
  const calls: AdminCall[] = []
  const url = new URL(target, 'http://x')
  const answer = await answerAdmin(
    { method, path: url.pathname, query: url.searchParams, caller, json: () => Promise.resolve(body) },
    {
      notReady: () => [],
      drift: () => null,
      sources: () => [],
      call: (call) => {
        calls.push(call)
        return Promise.resolve({ done: call.call })
      },
      ...node,
    },
    access,
  )
  return { status: answer.status, body: answer.body, calls }
}

describe('the administrative listener', () => {
  it('says without a token that it lives', async () => {
    expect(await ask('GET', '/healthz', { caller: overTcp() })).toMatchObject({ status: 200 })
  })

  it('is ready only when nothing is missing, and says what is', async () => {
    expect(await ask('GET', '/readyz')).toMatchObject({ status: 200, body: '{"ready":true,"reasons":[]}\n' })
    const node = { notReady: () => ['writer: waiting'] }
    expect(await ask('GET', '/readyz', { node })).toMatchObject({
      status: 503,
      body: '{"ready":false,"reasons":["writer: waiting"]}\n',
    })
  })

  it('stays ready while its files are not what is in effect, and says how to see it', async () => {
    const node = { drift: () => ({ files: ['server.toml'], command: 'kf config diff' }) }
    expect(await ask('GET', '/readyz', { node })).toMatchObject({
      status: 200,
      body: '{"ready":true,"reasons":[],"config_drift":{"files":["server.toml"],"command":"kf config diff"}}\n',
    })
  })

  it('gives metrics in the text format of Prometheus', async () => {
    const node: Partial<AdminNode> = {
      sources: () => [
        { role: 'writer', stats: { commits_total: 3 } },
        { role: 'worker', worker: 0, stats: { sessions: 2, 'bad name': 1 } },
        { role: 'worker', worker: 1, stats: { sessions: 5, broken: Number.NaN } },
      ],
    }
    expect((await ask('GET', '/metrics', { node })).body).toBe(
      '# HELP kf_writer_commits_total transactions\n# TYPE kf_writer_commits_total counter\nkf_writer_commits_total 3\n' +
        '# HELP kf_worker_sessions live sessions, of visitors and agents\n# TYPE kf_worker_sessions gauge\nkf_worker_sessions{worker="0"} 2\nkf_worker_sessions{worker="1"} 5\n',
    )
  })

  it.each([undefined, 'Bearer wrong', `Basic ${access.token}`, `Bearer ${access.token}x`, 'Bearer '])(
    'refuses administration over TCP with %o',
    async (authorization) => {
      const { status, calls } = await ask('GET', '/admin/agents', { caller: overTcp(authorization) })
      expect([status, calls]).toEqual([401, []])
    },
  )

  it('takes the token over TCP, and the socket without one', async () => {
    expect((await ask('GET', '/admin/agents', { caller: overTcp(`Bearer ${access.token}`) })).status).toBe(
      200,
    )
    expect((await ask('GET', '/admin/agents')).calls).toEqual([{ call: 'agents.list', args: {} }])
  })

  it.each(['evil.example', 'evil.example:7001', '', '127.0.0.1.evil.example:7001'])(
    'refuses the host name %o, health included',
    async (host) => {
      const bearer = `Bearer ${access.token}`
      expect((await ask('GET', '/healthz', { caller: overTcp(bearer, host) })).status).toBe(403)
    },
  )

  it.each(['127.0.0.1:7001', 'localhost', '[::1]:7001', '10.1.2.3'])('takes the host %s', async (host) => {
    expect((await ask('GET', '/healthz', { caller: overTcp(undefined, host) })).status).toBe(200)
  })

  it('adds an agent from exactly the known fields', async () => {
    const added = await ask('POST', '/admin/agents', { body: { login: '小王', capacity: 3 } })
    expect(added).toMatchObject({
      status: 201,
      calls: [{ call: 'agents.add', args: { login: '小王', capacity: 3 } }],
    })
    const { status, body } = await ask('POST', '/admin/agents', { body: { login: 'x', nam: 'X' } })
    expect([status, JSON.parse(body)]).toEqual([
      400,
      { error: { code: 'bad_request', message: 'nam is an unknown field', hint: 'did you mean name?' } },
    ])
  })

  it.each([
    [{}, 'login is missing'],
    [{ login: 5 }, 'login is not a string'],
    [{ login: 'a b' }, 'login "a b" has other characters than letters, digits and . _ @ -'],
    [{ login: 'a'.repeat(65) }, 'login has 65 characters'],
    [{ login: 'a', capacity: 0 }, 'capacity 0 is out of bounds'],
    [{ login: 'a', capacity: '5' }, 'capacity "5" is out of bounds'],
    [{ login: 'a', role: 'root' }, 'role "root" is not a role'],
    [JSON.parse('{"login":"a","__proto__":{}}'), '__proto__ is an unknown field'],
    [[], 'body is not a JSON object'],
    [null, 'body is not a JSON object'],
  ])('refuses to add %o', async (body, message) => {
    const answer = await ask('POST', '/admin/agents', { body })
    expect(answer.status).toBe(400)
    expect(answer.body).toContain(JSON.stringify(message).slice(1, -1))
    expect(answer.calls).toEqual([])
  })

  it('resets the password of the login in the path', async () => {
    const login = encodeURIComponent('小王')
    expect((await ask('POST', `/admin/agents/${login}/reset-password`)).calls).toEqual([
      { call: 'agents.reset_password', args: { login: '小王' } },
    ])
  })

  it('makes ready for a load test', async () => {
    expect((await ask('POST', '/admin/bench', { body: { agents: 2, capacity: 50 } })).calls).toEqual([
      { call: 'bench', args: { agents: 2, capacity: 50 } },
    ])
    expect((await ask('POST', '/admin/bench', { body: { agents: 0, capacity: 50 } })).status).toBe(400)
  })

  it('cleans up after a load test, and takes no site to clean', async () => {
    expect((await ask('POST', '/admin/bench/clean', { body: { site: 'shop' } })).calls).toEqual([
      { call: 'bench.clean', args: {} },
    ])
    expect((await ask('GET', '/admin/bench/clean')).status).toBe(405)
  })

  it.each([
    ['not_found', 404],
    ['login_taken', 409],
    ['unavailable', 503],
    ['too_large', 413],
    ['internal', 500],
  ])('answers the error %s with %i', async (code, status) => {
    const node = { call: () => Promise.reject(new KfError(code, 'why')) }
    expect((await ask('GET', '/admin/agents', { node })).status).toBe(status)
  })

  it('knows no other path and no other method', async () => {
    expect((await ask('GET', '/admin/config')).status).toBe(404)
    expect((await ask('DELETE', '/admin/agents')).status).toBe(405)
    expect((await ask('POST', '/healthz')).status).toBe(405)
    expect((await ask('GET', '/admin/bench')).status).toBe(405)
  })
})
