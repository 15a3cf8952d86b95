import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect, newId, open } from './support/client.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { createUser, type User } from './support/user.ts'
import { waitUntil } from './support/wait.ts'

/** Real sockets, two workers, files as an operator writes them: floods are held up, others are not, nothing is lost or doubled. */
const folder = freshFolder()
let node: TestNode

const limits = (visitor: string): string =>
  [
    `[visitor.messages]\n${visitor}`,
    '[visitor.controls]\nrate = "10/s"\nburst = 20',
    '[address.connections]\nrate = "1/min"\nburst = 6',
    '[address.new_visitors]\nrate = "1/min"\nburst = 3',
    '[address.posts]\nrate = "1/min"\nburst = 2',
    '[penalty]\nafter = 20\nmax_wait = "1s"\ndisconnect_after = 60\n',
  ].join('\n')
const files = {
  // The tests' X-Forwarded-For counts: each client has an address of its own, which is not loopback's.
  'server.toml': 'trusted_proxies = ["127.0.0.0/8"]\n',
  'ratelimit.toml': limits('rate = "20/s"\nburst = 10'),
}

beforeAll(async () => {
  const configs = join(folder, 'configs')
  mkdirSync(configs)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(configs, name), text)
  node = await startNode({ data: join(folder, 'data'), flags: ['--config', configs] })
})

afterAll(async () => {
  await node.stop()
  removeFolder(folder)
})

describe('messages', () => {
  test("a visitor that floods is held up, its order kept, nothing lost or doubled; others' messages pass", async () => {
    const greedy = createUser(node.wsUrl, { site: node.site.key })
    const other = createUser(node.wsUrl, { site: node.site.key })
    for (let n = 0; n < 40; n++) say(greedy)
    for (let n = 0; n < 5; n++) say(other)
    await waitUntil("the other's acks", () => areAcked(other))
    // At 20/s the flood takes more than a second.
    expect(areAcked(greedy)).toBe(false)
    await waitUntil('the acks of the flood', () => areAcked(greedy))
    await waitUntil('the refusals to be counted', async () => {
      return (await metric('kf_limit_refused_total', 'visitor.messages')) > 0
    })
    for (const user of [greedy, other]) {
      expect(await storedIds(user)).toEqual(user.sent)
      user.session.stop()
    }
  })

  test('a client that never waits is told when to come, is closed with 4429, and may come back', async () => {
    const client = await connect(node.wsUrl, { site: node.site.key })
    const { token = '' } = client.welcome
    for (let n = 0; n < 100; n++) send(client)
    expect((await client.closed).code).toBe(4429)
    const [first, ...behind] = client.all('error')
    expect(first).toMatchObject({ code: 'rate_limited', retry_after_ms: expect.any(Number) as number })
    expect(new Set(behind.map(({ code }) => code))).toEqual(new Set(['busy']))
    const back = createUser(node.wsUrl, { site: node.site.key, token })
    say(back)
    await waitUntil('its message to be taken', () => areAcked(back))
    back.session.stop()
    await waitUntil('it to be counted', async () => (await metric('kf_limit_disconnected_total')) === 1)
  })

  test('over REST it is a 429 with Retry-After', async () => {
    const { token = '' } = (await connect(node.wsUrl, { site: node.site.key })).welcome
    const answers = await Promise.all(Array.from({ length: 30 }, () => post({ token })))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]))
    expect(new Set(refused.map(({ after }) => after))).toEqual(new Set(['1']))
  })
})

describe('frames that are no messages', () => {
  test('are answered up to the limit, then refused, and who goes on is closed with 4429', async () => {
    const client = await connect(node.wsUrl, { site: node.site.key })
    for (let n = 0; n < 25; n++) client.send({ type: 'ping' })
    await waitUntil('an answer to each', () => client.all('pong').length + client.all('error').length === 25)
    expect(client.all('pong').length).toBeGreaterThanOrEqual(20)
    expect(client.all('error')[0]).toEqual({
      type: 'error',
      code: 'rate_limited',
      message: expect.stringMatching(/^ping: too many frames; send it again after \d+ ms$/) as string,
      retry_after_ms: expect.any(Number) as number,
    })
    expect((await client.say('a message has an allowance of its own')).seq).toBe(1)
    for (let n = 0; n < 200; n++) client.send({ type: 'typing' })
    expect((await client.closed).code).toBe(4429)
    await waitUntil('it to be counted', async () => {
      return (await metric('kf_limit_refused_total', 'visitor.controls')) > 0
    })
  })

  test('count over REST, too', async () => {
    const { token = '' } = (await connect(node.wsUrl, { site: node.site.key })).welcome
    const headers = { authorization: `Bearer ${token}` }
    const ask = async () => (await fetch(new URL('api/v1/conversations', node.url), { headers })).status
    const statuses = await Promise.all(Array.from({ length: 80 }, ask))
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
  })
})

describe('an address', () => {
  const from = (address: string) => ({ 'x-forwarded-for': address })
  const answerTo = (address: string) =>
    open(node.wsUrl, from(address)).then(
      (client) => {
        client.close()
        return 'opened'
      },
      (error: unknown) => (error instanceof Error ? error.message : 'failed'),
    )

  test('that connects too often gets a 429 at the upgrade; another one does not', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => answerTo('192.0.2.1')))
    const opened = answers.filter((answer) => answer === 'opened').length
    // Two workers: at most what docs/limits.md says, at least one burst.
    expect(opened).toBeGreaterThanOrEqual(6)
    expect(opened).toBeLessThanOrEqual(2 * 6)
    expect(new Set(answers)).toEqual(new Set(['opened', 'Unexpected server response: 429']))
    expect(await answerTo('192.0.2.2')).toBe('opened')
  })

  test('is counted over all workers: what one granted, the other takes off', async () => {
    await Promise.all(Array.from({ length: 30 }, () => answerTo('192.0.2.3')))
    // Until each has told the other, a worker that was asked less may have some left; then none has.
    await waitUntil('both workers to have refused', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => answerTo('192.0.2.3')))
      return answers.every((answer) => answer !== 'opened')
    })
  })

  test('that brings too many new visitors is told so by an error and 4429', async () => {
    const outcomes: string[] = []
    for (let n = 0; n < 7; n++) {
      const client = await open(node.wsUrl, from(`2001:db8::${n % 4}`)).catch(() => undefined)
      if (client === undefined) continue
      client.send({ type: 'hello', site: node.site.key })
      const welcomed = client.next('welcome').then(() => 'welcome')
      outcomes.push(await Promise.race([welcomed, client.closed.then(({ code }) => `closed ${code}`)]))
      client.close()
    }
    expect(outcomes.slice(0, 3)).toEqual(['welcome', 'welcome', 'welcome'])
    expect(outcomes).toContain('closed 4429')
  })

  test('that posts without a token too often gets a 429', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(from('192.0.2.5'))))
    const granted = answers.filter(({ status }) => status === 200).length
    expect(granted).toBeGreaterThanOrEqual(2)
    expect(granted).toBeLessThanOrEqual(2 * 2)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(12 - granted)
  })
})

test('a limit changes while sockets are open: it counts at once, and none is closed', async () => {
  const client = await connect(node.wsUrl, { site: node.site.key })
  const sent = (count: number) =>
    Promise.allSettled(Array.from({ length: count }, (_, n) => client.say(`${n}`)))
  const granted = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
    outcomes.filter(({ status }) => status === 'fulfilled').length
  expect(granted(await sent(12))).toBeLessThan(12)
  const first = client.all('error')[0]?.id ?? ''
  await apply({ ...files, 'ratelimit.toml': limits('rate = "off"') })
  await client.say('the refused one, first', { id: first })
  expect(granted(await sent(50))).toBe(50)
  await apply({ ...files, 'ratelimit.toml': limits('rate = "1/min"\nburst = 1') })
  expect(granted(await sent(3))).toBeLessThanOrEqual(1)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  client.close()
  await apply(files)
})

test('so does the limit of frames that are no messages', async () => {
  const client = await connect(node.wsUrl, { site: node.site.key })
  const pongs = async (count: number): Promise<number> => {
    const [ponged, refused] = [client.all('pong').length, client.all('error').length]
    for (let n = 0; n < count; n++) client.send({ type: 'ping' })
    await waitUntil('an answer to each', () => {
      return client.all('pong').length + client.all('error').length === ponged + refused + count
    })
    return client.all('pong').length - ponged
  }
  const to = (limit: string) =>
    apply({ ...files, 'ratelimit.toml': files['ratelimit.toml'].replace('rate = "10/s"\nburst = 20', limit) })
  await to('rate = "off"')
  expect(await pongs(60)).toBe(60)
  await to('rate = "1/min"\nburst = 3')
  expect(await pongs(9)).toBe(3)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  client.close()
  await apply(files)
})

async function apply(next: Readonly<Record<string, string>>): Promise<void> {
  const put = request({
    socketPath: join(node.data, 'admin.sock'),
    method: 'PUT',
    path: '/admin/config',
    headers: { host: 'localhost', 'content-type': 'application/json', 'if-match': '*' },
  })
  put.end(JSON.stringify({ files: next }))
  const [response] = (await once(put, 'response')) as [IncomingMessage]
  const body = (await response.toArray()).join('')
  expect([response.statusCode, body]).toEqual([200, body])
}

function say(user: User): void {
  user.sent.push(user.session.send(undefined, { kind: 'text', text: `第 ${user.sent.length + 1} 句` }))
}

function send(client: Client): void {
  client.send({ type: 'send', id: newId(), body: { kind: 'text', text: '在吗' } })
}

function areAcked({ outcomes, sent }: User): boolean {
  return sent.every((id) => outcomes.get(id)?.status === 'acked')
}

async function storedIds({ token = '' }: User): Promise<readonly string[]> {
  const reader = await connect(node.wsUrl, { site: node.site.key, token })
  const [conversation] = reader.welcome.conversations
  reader.send({ type: 'history', conversation: conversation?.id ?? '', after: 0, limit: 200 })
  const { messages } = await reader.next('page')
  reader.close()
  return messages.filter(({ from }) => from.role === 'visitor').map(({ id }) => id ?? '')
}

async function post(headers: { token?: string; 'x-forwarded-for'?: string }) {
  const { token, ...rest } = headers
  const response = await fetch(new URL('api/v1/messages', node.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...rest,
    },
    body: JSON.stringify({ id: newId(), body: { kind: 'text', text: '你好' } }),
  })
  await response.arrayBuffer()
  return { status: response.status, after: response.headers.get('retry-after') }
}

/** Summed over the workers, which report once a second; asked until it is there. */
async function metric(name: string, limit?: string): Promise<number> {
  const text = await (await fetch(new URL('metrics', node.admin))).text()
  const lines = text
    .split('\n')
    .filter(
      (line) => line.startsWith(`${name}{`) && (limit === undefined || line.includes(`limit="${limit}"`)),
    )
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
