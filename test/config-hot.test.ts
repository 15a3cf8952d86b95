import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, connect, lastSummary, open } from './support/client.ts'
import { push } from './support/config.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/**
 * Every key of server.toml that is not for a start has the effect that its label says, on sockets that were there before, and no
 * change of one ends any of them. The first revision sets nothing.
 */
let root: string
let node: TestNode
let bystanders: readonly Client[]

beforeAll(async () => {
  root = freshFolder()
  mkdirSync(join(root, 'configs'))
  writeFileSync(join(root, 'configs', 'server.toml'), '')
  node = await startNode({ data: join(root, 'data'), flags: ['--config', join(root, 'configs')] })
})
afterAll(async () => {
  await node.stop()
  removeFolder(root)
})

beforeEach(async () => {
  await apply('')
  // Over both workers, whichever the kernel chooses.
  bystanders = await Promise.all(
    Array.from({ length: 6 }, () => connect(node.wsUrl, { site: node.site.key })),
  )
})
afterEach(async () => {
  for (const each of bystanders) expect((await each.say('还在吗')).type).toBe('ack')
  for (const each of bystanders) each.terminate()
})

test('heartbeat.every is hot: sockets are pinged at the new pace', async () => {
  const pinged = bystanders.map(
    ({ socket }) =>
      new Promise<void>((resolve) => {
        socket.once('ping', () => {
          resolve()
        })
      }),
  )
  await apply('[heartbeat]\nevery = "1s"')
  await Promise.all(pinged)
})

test('heartbeat.silent_rounds is hot: who shows no sign of life for as many rounds is cut off', async () => {
  await apply('[heartbeat]\nevery = "1s"\nsilent_rounds = 20')
  const mute = await openMute()
  await pings(mute, 3)
  expect(mute.readyState).toBe(WebSocket.OPEN)
  const code = closeCode(mute)
  await apply('[heartbeat]\nevery = "1s"\nsilent_rounds = 2')
  expect(await code).toBe(4409)
})

test('limits.frame is for new connections: a socket keeps what its welcome said', async () => {
  const [old] = bystanders
  if (old === undefined) throw new Error('no bystander')
  await apply('[limits]\nframe = "32KiB"')
  const young = await connect(node.wsUrl, { site: node.site.key })
  expect([old.welcome.limits.frame_bytes, young.welcome.limits.frame_bytes]).toEqual([65_536, 32_768])
  old.socket.send(`{"type":"who","x":1}${' '.repeat(40_000)}`)
  await old.next('error')
  young.socket.send(`{"type":"who","x":1}${' '.repeat(40_000)}`)
  expect((await young.closed).code).toBe(1009)
})

test('limits.hello_within is for new connections', async () => {
  const early = await open(node.wsUrl)
  await apply('[limits]\nhello_within = "1s"')
  const late = await open(node.wsUrl)
  expect(await late.closed).toEqual({ code: 4408, reason: 'no hello within 1 s' })
  early.send({ type: 'hello', site: node.site.key })
  await early.next('welcome')
  early.terminate()
})

test('limits.outbox is hot: what waits for a client that does not read counts by the new bound', async () => {
  await apply('[limits]\noutbox = "64MiB"')
  const bench = await node.agents(1)
  const agent = await connect(node.wsUrl, { token: bench.agents[0]?.token ?? '' })
  const slow = await connect(node.wsUrl, { site: bench.site.key })
  const { conversation } = await slow.say('请问')
  await agent.next('conversation', (frame) => frame.conversation.id === conversation)
  const { epoch } = lastSummary(agent, conversation)
  const stream = slow.socket as unknown as { readonly _socket: { pause: () => void; resume: () => void } }
  stream._socket.pause()
  const long = '很长的一段话'.repeat(1_300)
  // More than the kernel holds for both ends of a socket.
  for (let n = 0; n < 24; n++) {
    await Promise.all(Array.from({ length: 25 }, () => agent.say(long, { conversation, epoch })))
  }
  await apply('[limits]\noutbox = "64KiB"')
  await agent.say(long, { conversation, epoch })
  stream._socket.resume()
  expect((await slow.closed).code).toBe(4413)
  agent.terminate()
})

test('public_url is hot: the server answers below the new path, and sockets below the old one stay', async () => {
  const at = (path: string): string => new URL(path, `http://${node.listen}/`).href
  expect((await fetch(at('/chat/api/v1/site'))).status).toBe(404)
  await apply('public_url = "https://chat.example/chat/"')
  expect((await fetch(at('/chat'), { redirect: 'manual' })).headers.get('location')).toBe('/chat/')
  const below = await connect(`ws://${node.listen}/chat/ws`, { site: node.site.key })
  expect((await below.say('在新的路径下')).type).toBe('ack')
  await apply('')
  expect((await below.say('路径没有了，连接还在')).type).toBe('ack')
  await expect(open(`ws://${node.listen}/chat/ws`)).rejects.toThrow('404')
  below.terminate()
})

test('trusted_proxies is hot: a proxy is believed from then on', async () => {
  expect(await cookieOverHttps()).not.toContain('Secure')
  await apply('trusted_proxies = ["127.0.0.1"]')
  expect(await cookieOverHttps()).toContain('Secure')
  // Our own page, with the cookie of a password that must be changed first; then a page of another host.
  expect(await closedFrom('https://chat.example')).toBe(4401)
  await apply('')
  expect(await closedFrom('https://chat.example')).toBe(4403)
})

test('pipeline bounds are hot: every worker and the writer count by them', async () => {
  await apply(
    [
      '[pipeline]',
      'ingress.batch = 3',
      'filter.queue = 5',
      'desk.queue = 7',
      'persist = { queue = 1000, batch = 1, target = "50ms", interval = "60ms" }',
    ].join('\n'),
  )
  await waitUntil('the new bounds in the metrics', async () => {
    const limits = await queueLimits()
    return (
      limits['parse'] === 6 && limits['filter'] === 10 && limits['desk'] === 7 && limits['persist'] === 2_000
    )
  })
  await Promise.all(bystanders.flatMap((each) => ['一', '二', '三'].map((text) => each.say(text))))
})

test('drain.spread is hot: clients from before are told the new one', async () => {
  await apply('[drain]\nspread = "0s"')
  const drained = bystanders.map((each) => each.next('drain'))
  const ended = node.stop()
  expect((await Promise.all(drained)).map((frame) => frame.reconnect_after_ms)).toEqual(
    bystanders.map(() => 0),
  )
  await ended
  bystanders = []
})

async function apply(text: string): Promise<void> {
  const { status, body } = await push(node, { 'server.toml': `${text}\n` })
  expect([status, body['behind'] ?? []]).toEqual([200, []])
}

/** A socket that greets and never answers a ping. */
async function openMute(): Promise<WebSocket> {
  const socket = new WebSocket(node.wsUrl, 'kf.v1', { autoPong: false })
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'hello', site: node.site.key }))
  return socket
}

async function pings(socket: WebSocket, count: number): Promise<void> {
  let seen = 0
  socket.on('ping', () => {
    seen++
  })
  await waitUntil(`${count} pings`, () => seen >= count)
}

function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve))
}

async function cookieOverHttps(): Promise<string> {
  const response = await fetch(new URL('api/v1/login', node.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
    body: JSON.stringify({ login: node.owner?.login, password: node.owner?.password }),
  })
  return response.headers.get('set-cookie') ?? ''
}

/** How a hello with the login's cookie ends, from a page of a host that a proxy says is the one that was asked for. */
async function closedFrom(origin: string): Promise<number> {
  const cookie = (await cookieOverHttps()).split(';')[0] ?? ''
  const client = await open(node.wsUrl, { origin, cookie, 'x-forwarded-host': new URL(origin).host })
  client.send({ type: 'hello' })
  return (await client.closed).code
}

async function queueLimits(): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(new URL('metrics', node.admin))).text()
  const limits: Record<string, number> = {}
  for (const [, stage = '', limit] of text.matchAll(/^kf_stage_queue_limit\{.*stage="([a-z]+)"\} (\d+)$/gm)) {
    limits[stage] = (limits[stage] ?? 0) + Number(limit)
  }
  return limits
}
