import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { RestStep } from '../scenario/scenario.ts'
import type { RunningTarget } from '../targets/target.ts'
import { restRequests } from './rest-access.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

type Asked = { readonly url: string; readonly authorization: string | undefined; readonly body: unknown }

/** A kf that knows just what a visitor needs to begin. */
async function kf(asked: Asked[], tokens: readonly string[] = []): Promise<RunningTarget> {
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      const url = request.url ?? ''
      asked.push({ url, authorization: request.headers.authorization, body: JSON.parse(text) as unknown })
      if (url === '/chat/api/v1/visitors') response.end('{"token":"t1","visitor":{"id":"v"}}')
      else if (url === '/chat/api/v1/messages') response.end('{"t":"ack","conversation":"c9","seq":1}')
      else response.writeHead(404).end()
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address === null || typeof address === 'string' ? 0 : address.port
  return {
    addresses: [{ host: '127.0.0.1', port, path: '/chat/ws' }],
    site: 's4k2',
    agentTokens: tokens,
    pids: [],
    dataFolder: undefined,
    ended: () => undefined,
    log: () => '',
    stop: () => Promise.resolve(),
  }
}

const step: RestStep = {
  name: 'a',
  method: 'GET',
  path: '/api/v1/site',
  body: undefined,
  connections: 2,
  rate: 5,
}

test('requests go below the public URL, to the site, without a credential unless one is asked for', async () => {
  const target = await kf([])
  const port = target.addresses[0]?.port ?? 0
  expect(await restRequests([step], target, Date.now)).toEqual([
    {
      name: 'a',
      method: 'GET',
      url: `http://127.0.0.1:${port}/chat/api/v1/site`,
      headers: { 'x-kf-site': 's4k2' },
      body: undefined,
      connections: 2,
      rate: 5,
    },
  ])
})

test('a visitor is made for the step, with a conversation that its path can name', async () => {
  const asked: Asked[] = []
  const path = '/api/v1/conversations/{conversation}/messages'
  const [made] = await restRequests([{ ...step, as: 'visitor', path }], await kf(asked), Date.now)
  expect(made?.url).toMatch(/\/chat\/api\/v1\/conversations\/c9\/messages$/)
  expect(made?.headers['authorization']).toBe('Bearer t1')
  expect(asked.map(({ url, authorization }) => [url, authorization])).toEqual([
    ['/chat/api/v1/visitors', undefined],
    ['/chat/api/v1/messages', 'Bearer t1'],
  ])
  expect(asked[0]?.body).toEqual({ site: 's4k2' })
})

test('an agent is one of the site; where there is none, the error says what to do', async () => {
  const [made] = await restRequests([{ ...step, as: 'agent' }], await kf([], ['a1']), Date.now)
  expect(made?.headers['authorization']).toBe('Bearer a1')
  await expect(restRequests([{ ...step, as: 'agent' }], await kf([]), Date.now)).rejects.toMatchObject({
    code: 'rest_setup',
    message: 'rest step a: there is no agent to ask as',
    hint: 'give --data with the data folder of the node, or ask as: visitor',
  })
})

test('a target that is no kf is refused before anything is measured', async () => {
  const target = await kf([])
  const elsewhere = { ...target, addresses: target.addresses.map((one) => ({ ...one, path: '/other/ws' })) }
  await expect(restRequests([{ ...step, as: 'visitor' }], elsewhere, Date.now)).rejects.toMatchObject({
    code: 'rest_setup',
    hint: 'rest steps need a kf as their target',
  })
})
