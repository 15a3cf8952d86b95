import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Bystanders, startBystanders } from './support/bystanders.ts'
import { connect, open } from './support/client.ts'
import { type BenchSite, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** How a connection begins: upgrade, hello, credentials. Each refusal has its code, and nobody else notices. */
let node: TestNode
let bench: BenchSite
let bystanders: Bystanders
let agentToken: string
let visitorToken: string

beforeAll(async () => {
  node = await startNode()
  bench = await node.agents(2)
  bystanders = await startBystanders(node, bench)
  agentToken = bench.agents[1]?.token ?? ''
  const visitor = await connect(node.wsUrl, { site: bench.site.key })
  visitorToken = visitor.welcome.token ?? ''
  visitor.terminate()
})

afterAll(async () => {
  await node.stop()
})

/** Flips one character in the middle: still well-formed, and no longer ours. */
function forged(token: string): string {
  const at = token.length - 20
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}

describe('an upgrade that is not for kf.v1', () => {
  const refused = (url: string, protocol?: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, protocol === undefined ? [] : [protocol])
      socket.on('unexpected-response', (request, response) => {
        request.destroy()
        resolve(response.statusCode)
      })
      socket.on('open', () => reject(new Error('accepted')))
      socket.on('error', () => undefined)
    })

  test('with another subprotocol, or none, is answered 400', async () => {
    expect(await refused(node.wsUrl, 'kf.v2')).toBe(400)
    expect(await refused(node.wsUrl)).toBe(400)
  })

  test('at another path is answered 404', async () => {
    expect(await refused(`${node.wsUrl}/more`, 'kf.v1')).toBe(404)
    expect(await refused(new URL('/', node.wsUrl).href, 'kf.v1')).toBe(404)
  })

  test('by someone who is gone before the answer disturbs nobody', async () => {
    const { hostname, port } = new URL(node.url)
    const upgrade = [
      'GET /nowhere HTTP/1.1',
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      '',
      '',
    ].join('\r\n')
    for (let i = 0; i < 50; i++) {
      const socket = connectTcp(Number(port), hostname)
      await once(socket, 'connect')
      socket.write(upgrade)
      await new Promise((resolve) => setImmediate(resolve))
      socket.resetAndDestroy()
    }
    expect(await refused(new URL('/nowhere', node.wsUrl).href, 'kf.v1')).toBe(404)
  })
})

describe('a first frame that is no valid hello ends the connection', () => {
  test.each<[string, () => string | Record<string, unknown>, string, number]>([
    ['no JSON', () => 'hello', 'bad_frame', 4400],
    ['a ping', () => ({ type: 'ping' }), 'not_ready', 4400],
    [
      'a send',
      () => ({ type: 'send', id: '018bcfe5-6800-7000-8000-0123456789ab', body: { kind: 'text', text: 'x' } }),
      'not_ready',
      4400,
    ],
    [
      'a role in the hello',
      () => ({ type: 'hello', site: bench.site.key, role: 'agent' }),
      'bad_frame',
      4400,
    ],
    [
      'a resume of the wrong shape',
      () => ({ type: 'hello', site: bench.site.key, resume: [] }),
      'bad_frame',
      4400,
    ],
    ['no credential', () => ({ type: 'hello' }), 'unauthenticated', 4401],
    ['an unknown site', () => ({ type: 'hello', site: 'nowhere' }), 'unknown_site', 4404],
    ["a visitor's token without its site", () => ({ type: 'hello', token: visitorToken }), 'bad_frame', 4400],
    [
      "a visitor's forged token",
      () => ({ type: 'hello', site: bench.site.key, token: forged(visitorToken) }),
      'unauthenticated',
      4401,
    ],
    [
      "another site's visitor",
      () => ({ type: 'hello', site: node.site.key, token: visitorToken }),
      'unauthenticated',
      4401,
    ],
    [
      'a token of no kind',
      () => ({ type: 'hello', site: bench.site.key, token: 'letmein' }),
      'unauthenticated',
      4401,
    ],
    [
      "an agent's forged token",
      () => ({ type: 'hello', token: forged(agentToken) }),
      'unauthenticated',
      4401,
    ],
  ])('%s', async (_, hello, code, close) => {
    const client = await open(node.wsUrl)
    const frame = hello()
    client.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    expect((await client.closed).code).toBe(close)
    expect(client.frames).toMatchObject([{ type: 'error', code }])
  })

  test("the login's cookie from a foreign page", async () => {
    const client = await open(node.wsUrl, {
      cookie: `kf_session=${agentToken}`,
      origin: 'https://evil.example',
    })
    client.send({ type: 'hello' })
    expect((await client.closed).code).toBe(4403)
    expect(client.frames).toMatchObject([{ type: 'error', code: 'forbidden' }])
  })

  test("but the login's cookie from our own page is an agent's hello", async () => {
    const origin = new URL(node.url).origin
    const client = await open(node.wsUrl, { cookie: `kf_session=${agentToken}`, origin })
    client.send({ type: 'hello' })
    expect((await client.next('welcome')).you).toMatchObject({ role: 'agent', id: bench.agents[1]?.id })
    client.terminate()
  })

  test('a session that ended by logout cuts its sockets and opens no other', async () => {
    const client = await connect(node.wsUrl, { token: agentToken })
    const logout = await fetch(new URL('api/v1/logout', node.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${agentToken}` },
    })
    expect(logout.status).toBe(200)
    expect((await client.closed).code).toBe(4401)
    await expect(connect(node.wsUrl, { token: agentToken })).rejects.toThrow('closed 4401')
  })
})

describe('frames behind a hello', () => {
  // In one write, so that all are there before the welcome can be.
  const inOneWrite = async (pings: number) => {
    const client = await open(node.wsUrl)
    const { _socket: socket } = client.socket as unknown as { readonly _socket: Socket }
    socket.cork()
    client.send({ type: 'hello', site: bench.site.key })
    for (let i = 0; i < pings; i++) client.send({ type: 'ping' })
    socket.uncork()
    return client
  }

  test('are kept and answered after the welcome, up to 64', async () => {
    const client = await inOneWrite(64)
    await waitUntil('64 pongs', () => client.all('pong').length === 64)
    expect(client.frames.map(({ type }) => type)).toEqual([
      'welcome',
      ...Array.from({ length: 64 }, () => 'pong'),
    ])
    client.terminate()
  })

  test('close the connection with 4400 when there are more', async () => {
    const client = await inOneWrite(65)
    expect(await client.closed).toEqual({ code: 4400, reason: 'more than 64 frames before the welcome' })
  })
})

test('the visitor and the agent beside all this talked on, and no process was replaced', async () => {
  await bystanders.wereUndisturbed()
})
