import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { planAt } from './generator-in-test.ts'
import type { GeneratorPlan } from './ipc.ts'
import { connectToHost } from './remote-connect.ts'
import { RemoteHost } from './remote-host.ts'
import { openHosts } from './remote-hosts.ts'
import { ownSameness } from './remote-sameness.ts'
import { type LendingEvent, lendGenerators } from './remote-server.ts'

/** Coordinator and host in one process; what goes wrong between them is told by its code, and what to do. */
const key = Buffer.alloc(32, 7)
const { signal } = new AbortController()
const hrtime = (): bigint => BigInt(Math.round(performance.now() * 1e6))
const sameness = ownSameness('here')

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function lending(facts: { readonly version?: string; readonly descriptors?: number } = {}) {
  const events: LendingEvent[] = []
  const host = await lendGenerators({
    listen: { host: '127.0.0.1', port: 0 },
    key,
    targets: [],
    adapters: [],
    hrtime,
    onEvent: (event) => {
      events.push(event)
    },
    facts: { version: '1.0.0', name: 'b', cores: 2, descriptors: 20_000, pid: 0, sameness, ...facts },
  })
  cleanups.push(() => host.stop())
  return { address: { host: '127.0.0.1', port: host.port }, events }
}

async function open(address: { readonly host: string; readonly port: number }): Promise<RemoteHost> {
  const socket = await connectToHost(address, key, signal)
  const host = await RemoteHost.open(socket, { name: 'b:1', version: '1.0.0', sameness, hrtime })
  cleanups.push(() => host.close())
  return host
}

async function listening(onConnection: 'ends' | 'talks'): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (onConnection === 'ends') socket.destroy()
    else socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}

test('who has another token is told so, and the host says who was turned away', async () => {
  const { address, events } = await lending()
  await expect(connectToHost(address, Buffer.alloc(32, 8), signal)).rejects.toMatchObject({
    code: 'host_token',
    message: `host 127.0.0.1:${address.port}: it has another token`,
    hint: 'give --host-token-file a copy of its token file',
    params: { host: `127.0.0.1:${address.port}` },
  })
  await expect.poll(() => events).toMatchObject([{ t: 'stranger', who: '127.0.0.1' }])
})

test('where nobody listens, or something else does, is told apart', async () => {
  const free = await listening('ends')
  await cleanups.pop()?.()
  const at = (port: number) => connectToHost({ host: '127.0.0.1', port }, key, signal)
  await expect(at(free)).rejects.toMatchObject({ code: 'host_absent' })
  await expect(at(await listening('ends'))).rejects.toMatchObject({ code: 'host_dialogue' })
  await expect(at(await listening('talks'))).rejects.toMatchObject({ code: 'host_dialogue' })
})

test('a host of another version is not used, and is free again', async () => {
  const { address, events } = await lending({ version: '0.9.0' })
  await expect(open(address)).rejects.toMatchObject({
    code: 'host_version',
    message: 'host b:1: it runs kf 0.9.0, and this is kf 1.0.0',
    params: { host: 'b:1', theirs: '0.9.0', ours: '1.0.0' },
  })
  await expect.poll(() => events.at(-1)).toMatchObject({ t: 'free' })
})

test('a host that is lent turns the next one away, until the run has ended', async () => {
  const { address, events } = await lending()
  const first = await open(address)
  await expect(open(address)).rejects.toMatchObject({ code: 'host_busy' })
  await first.close()
  await expect.poll(() => events.at(-1)).toEqual({ t: 'free', end: { why: 'run_ended' } })
  await open(address)
})

test.each<{ readonly name: string; readonly plan: Partial<GeneratorPlan>; readonly code: string }>([
  {
    name: 'a target it was not told of',
    plan: { addresses: [{ host: '192.0.2.9', port: 80, path: '/' }] },
    code: 'host_target',
  },
  { name: 'an adapter it was not given', plan: { dialect: 'adapter:0:mine.ts' }, code: 'host_adapter' },
])('$name is refused, and both sides are told why', async ({ plan, code }) => {
  const { address, events } = await lending()
  const host = await open(address)
  const [member] = host.lend([planAt(1, plan)])
  const how = await new Promise<string>((resolve) => member?.onEnd(resolve))
  expect(how).toMatch(/^it (may not load 192\.0\.2\.9|has no adapter mine\.ts, or another one); /)
  await expect
    .poll(() => events.at(-1))
    .toMatchObject({ t: 'free', end: { why: 'refused', trouble: { code } } })
})

test('a host whose processes may open too little is refused before anything runs', async () => {
  const { address } = await lending({ descriptors: 1_024 })
  const plan = { addresses: [address], key, version: '1.0.0' }
  await expect(openHosts(plan, 1_000, hrtime, signal)).rejects.toMatchObject({
    code: 'host_descriptors',
    params: { has: 1_024, needed: 1_500 },
  })
})

test('an address that is taken is told with the way out', async () => {
  const { address } = await lending()
  const again = lendGenerators({
    listen: address,
    key,
    targets: [],
    adapters: [],
    hrtime,
    onEvent: () => {},
    facts: { version: '1.0.0', name: 'b', cores: 2, descriptors: 20_000, pid: 0, sameness },
  })
  await expect(again).rejects.toMatchObject({
    code: 'host_listen',
    params: { at: `127.0.0.1:${address.port}`, reason: 'EADDRINUSE' },
  })
})
