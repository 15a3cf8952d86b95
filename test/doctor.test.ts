import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { type ProxyOptions, startProxy } from './support/proxy.ts'
import { runKf } from './support/refused.ts'

type Finding = {
  readonly id: string
  readonly status: string
  readonly value: string
  readonly limits?: string
  readonly fix?: string
}

let root: string
let node: TestNode
const undo: (() => void)[] = []

beforeAll(async () => {
  root = freshFolder()
  mkdirSync(join(root, 'configs'))
  writeFileSync(
    join(root, 'configs', 'server.toml'),
    'public_url = "https://example.com/chat/"\ntrusted_proxies = ["127.0.0.2"]\n',
  )
  node = await startNode({ data: join(root, 'data'), flags: ['--config', join(root, 'configs')] })
})
afterAll(async () => {
  await node.stop()
  removeFolder(root)
})
afterEach(() => {
  for (const step of undo.splice(0)) step()
})

async function doctor(...args: string[]) {
  const { code, out, err } = await runKf(['doctor', '--data', root, '--json', ...args])
  const { ok, findings } = JSON.parse(out) as { readonly ok: boolean; readonly findings: readonly Finding[] }
  return { code, err, ok, found: new Map(findings.map((finding) => [finding.id, finding])) }
}

async function throughProxy(options: Partial<ProxyOptions>, ...args: string[]) {
  const target = `http://${node.listen}/`
  const proxy = await startProxy({ target, path: '/chat/', upgrades: true, client: '192.0.2.9', ...options })
  undo.push(proxy.stop)
  return doctor(proxy.url, ...args)
}

describe('kf doctor', () => {
  test('tells of the machine: what is there, what it limits', async () => {
    const { found, err, code, ok } = await doctor()
    expect([code, ok, err]).toEqual([0, true, ''])
    expect([...found.keys()]).toEqual([
      'node',
      'cores',
      'descriptors',
      'port',
      'admin_port',
      'ephemeral_ports',
      'memory',
      'disk_sync',
      'engine_redis_server',
      'engine_mariadbd',
      'engine_toxiproxy_server',
      'engine_jaeger',
      'engine_java',
      'engine_chromium',
      'engine_k6',
    ])
    expect(found.get('node')).toMatchObject({ status: 'ok' })
    expect(found.get('disk_sync')?.value).toMatch(/^p50 \d+\.\d\d ms, p99 \d+\.\d\d ms in /)
  })

  test('prints a line for each, in the language of the operator', async () => {
    const { out } = await runKf(['doctor', '--data', root, '--lang', 'zh'])
    expect(out).toMatch(/^✓ Node +\d/)
    expect(out).toMatch(/磁盘同步 +p50/)
  })

  test('tests the disk of the nearest folder where the data folder is not there yet', async () => {
    const { found } = await doctor('--data', join(root, 'not', 'yet'))
    expect(found.get('disk_sync')?.value).toMatch(new RegExp(` in ${root}$`))
    expect(existsSync(join(root, 'not'))).toBe(false)
  })

  test('sees HTTP, WebSocket, a quiet connection and the client address through a proxy under a path', async () => {
    const { code, found } = await throughProxy({}, '--idle-for', '1s')
    expect(found.get('http')).toMatchObject({ status: 'ok' })
    expect(found.get('websocket')).toMatchObject({ status: 'ok' })
    expect(found.get('idle')).toMatchObject({ status: 'ok' })
    // The proxy connects from 127.0.0.1, and only 127.0.0.2 is trusted.
    expect(found.get('client_address')).toMatchObject({
      status: 'warn',
      value: '127.0.0.1',
      fix: 'server.toml: trusted_proxies = ["127.0.0.1/32"]',
    })
    expect(code).toBe(0)
  })

  test('says what a proxy without Upgrade takes away', async () => {
    const { code, found } = await throughProxy({ upgrades: false })
    expect(code).toBe(1)
    expect(found.get('websocket')).toMatchObject({
      status: 'fail',
      limits: 'visitors fall back to server-sent events',
    })
    expect(found.get('websocket')?.value).toContain('400')
    expect(found.get('idle')).toBeUndefined()
  })

  test('measures after how long a proxy cuts a quiet connection', async () => {
    const { code, found } = await throughProxy({ idleMs: 1_000 }, '--idle-for', '20s')
    expect(code).toBe(1)
    expect(found.get('idle')?.status).toBe('fail')
    expect(found.get('idle')?.value).toMatch(/^cut after \d+ s with code 1006$/)
  })

  test('knows when the answer is not from kf, or nobody answers', async () => {
    const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
    const foreign = await doctor(url)
    expect(foreign.code).toBe(1)
    expect(foreign.found.get('http')).toMatchObject({ status: 'fail', limits: 'the answer is not from kf' })
    await new Promise((resolve) => other.close(resolve))
    const nobody = await doctor(url)
    expect(nobody.code).toBe(1)
    expect(nobody.found.get('http')?.value).toContain('ECONNREFUSED')
  })

  test('refuses what is no URL or no time', async () => {
    expect(await runKf(['doctor', 'example.com'])).toMatchObject({
      code: 1,
      err: 'kf: "example.com" is not a URL; write it as visitors see it, for example https://example.com/chat/\n',
    })
    expect(await runKf(['doctor', '--idle-for', 'long'])).toMatchObject({
      code: 1,
      err: 'kf: --idle-for: "long" is not a time from 1s to 60m; write it as 70s, 5m or 1500ms\n',
    })
  })
})
