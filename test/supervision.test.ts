import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { freshFolder, isAlive, removeFolder, startNode, type TestNode } from './support/node.ts'
import { runKf } from './support/refused.ts'
import { waitUntil } from './support/wait.ts'

let root: string
let node: TestNode

beforeAll(async () => {
  root = freshFolder()
  // Longer than a socket's path may be: kf has to manage.
  node = await startNode({ data: join(root, 'data-'.repeat(30)) })
})
afterAll(async () => {
  await node.stop()
  removeFolder(root)
})

type Ready = { readonly ready: boolean; readonly reasons: readonly string[] }

async function readiness(of: TestNode): Promise<Ready> {
  const response = await fetch(new URL('readyz', of.admin))
  expect(response.status).toBe(((await response.clone().json()) as Ready).ready ? 200 : 503)
  return (await response.json()) as Ready
}

const isReady = async (): Promise<boolean> => (await readiness(node)).ready
const agent = (...args: string[]) => runKf(['agent', ...args, '--data', node.data])

describe('the supervisor of a node', () => {
  test('keeps its data folder and its administration to its own user', () => {
    expect(statSync(node.data).mode & 0o777).toBe(0o700)
    expect(statSync(join(node.data, 'admin.sock')).mode & 0o777).toBe(0o600)
    expect(statSync(join(node.data, 'admin.token')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(node.data, 'supervisor.pid'), 'utf8')).toBe(`${node.pids.supervisor}\n`)
  })

  test('manages agents while the node runs', async () => {
    const added = await agent('add', '小王', '--name', '王小明', '--capacity', '3')
    expect(added).toMatchObject({ code: 0, err: '' })
    expect(added.out).toMatch(/^小王 {3}one-time password [0-9a-z]{4}(-[0-9a-z]{4}){3} /)
    expect((await agent('list')).out).toBe(
      'login  name    role   capacity  conversations  status\n' +
        'owner  owner   owner         5              0  online\n' +
        '小王   王小明  agent         3              0  online\n',
    )
    expect(await agent('add', '小王')).toMatchObject({
      code: 1,
      err: 'kf: the login 小王 is taken; choose another one; `kf agent list` shows those in use\n',
    })
    const reset = await agent('reset-password', '小王', '--json')
    expect(JSON.parse(reset.out)).toMatchObject({ login: '小王' })
    expect(node.log()).toMatch(
      /"login":"小王","level":"info","time":"[^"]+","name":"supervisor","msg":"carried out agents.add"/,
    )
    expect(node.log()).not.toContain((JSON.parse(reset.out) as { password: string }).password)
    expect(reset.out).not.toContain(/password (\S+)/.exec(added.out)?.[1])
  })

  test('replaces a killed worker and a killed writer, each with one line in the log', async () => {
    const before = node.pids
    await node.kill('worker', 0)
    await waitUntil('the node being ready again', isReady)
    await waitUntil('a new worker', () => node.pids.workers.length === 2)
    await node.kill('writer')
    await waitUntil('a new writer', () => node.pids.writer !== 0 && node.pids.writer !== before.writer)
    await waitUntil('the node being ready again', isReady)
    const lines = node
      .log()
      .split('\n')
      .filter((line) => line.includes('"level":"warn"') && line.includes('"supervisor"'))
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      `worker 0 (pid ${before.workers[0] ?? 0}) was killed by SIGKILL; starting another`,
      `writer (pid ${before.writer}) was killed by SIGKILL; starting another`,
    ])
    expect(node.pids.supervisor).toBe(before.supervisor)
    expect((await agent('list')).out).toContain('小王')
    const metrics = await (await fetch(new URL('metrics', node.admin))).text()
    expect(metrics).toContain('kf_supervisor_restarts_total 2\n')
    expect(metrics).toContain('kf_supervisor_ready 1\n')
  })

  test('leaves nothing behind when it is killed, and the next one finds all at the same address', async () => {
    const before = node.pids
    const { port } = new URL(node.url)
    await node.kill('supervisor')
    expect([before.writer, ...before.workers].filter(isAlive)).toEqual([])
    expect((await agent('list')).out).toContain('小王')
    node = await startNode({ data: node.data, listen: `127.0.0.1:${port}` })
    expect(node.owner).toBeUndefined()
    expect((await agent('list')).out).toContain('小王')
  })

  test('drains on SIGTERM: sockets get a drain frame and 1001, and it ends with 0', async () => {
    const socket = new WebSocket(node.wsUrl, 'kf.v1')
    const frames: string[] = []
    socket.on('message', (data: Buffer) => frames.push(data.toString()))
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'hello', site: node.site.key }))
    await waitUntil('a welcome', () => frames.length > 0)
    const { admin } = node
    const closed = once(socket, 'close')
    const started = performance.now()
    expect(await node.stop()).toBe(0)
    expect((await closed)[0]).toBe(1001)
    expect(JSON.parse(frames.at(-1) ?? '{}')).toMatchObject({ type: 'drain' })
    expect(performance.now() - started).toBeLessThan(10_500)
    await expect(fetch(new URL('healthz', admin))).rejects.toThrow()
    expect((await agent('list')).out).toContain('小王')
  })

  test('ends at once on the second signal', async () => {
    node = await startNode({ data: node.data })
    const children = [node.pids.writer, ...node.pids.workers]
    const { supervisor } = node.pids
    const socket = new WebSocket(node.wsUrl, 'kf.v1')
    await once(socket, 'open')
    const closed = once(socket, 'close')
    process.kill(supervisor, 'SIGINT')
    // The kernel keeps one pending signal of a kind: the second counts once the first was seen.
    await waitUntil('the drain', () => node.log().includes('draining'))
    process.kill(supervisor, 'SIGINT')
    await waitUntil('the end of the node', node.exited)
    await closed
    expect([supervisor, ...children].filter(isAlive)).toEqual([])
  })
})
