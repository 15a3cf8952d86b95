import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { runKf } from './support/cli.ts'
import { connect } from './support/client.ts'
import { admin, push, revisionsInEffect } from './support/config.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

let root: string
let node: TestNode
beforeEach(async () => {
  root = freshFolder()
  mkdirSync(join(root, 'configs'))
  writeFileSync(join(root, 'configs', 'server.toml'), every(25))
  node = await start()
})
afterEach(async () => {
  await node.stop()
  removeFolder(root)
})

const start = (): Promise<TestNode> =>
  startNode({ data: join(root, 'data'), flags: ['--config', join(root, 'configs')] })

function every(seconds: number): string {
  return `[heartbeat]\nevery = "${seconds}s"\n`
}

const server = (text: string) => ({ 'server.toml': text })

test('applies in a row, thirds of them invalid and some in pairs, keep every socket and reach every worker', async () => {
  const visitors = await Promise.all(
    Array.from({ length: 6 }, () => connect(node.wsUrl, { site: node.site.key })),
  )
  const statuses: number[] = []
  for (let n = 0; n < 9; n++) {
    if (n % 3 === 2) {
      statuses.push((await push(node, server('[heartbeat]\nevery = "soon"\n'))).status)
      continue
    }
    const { etag } = await admin(node, 'GET', '/admin/config')
    const pair = await Promise.all(
      [30 + n, 50 + n].map((seconds) => push(node, server(every(seconds)), { ifMatch: etag ?? '' })),
    )
    statuses.push(...pair.map(({ status }) => status).toSorted((a, b) => a - b))
    await Promise.all(visitors.map((visitor) => visitor.say(`第 ${n} 次`)))
  }
  expect(statuses).toEqual(Array.from({ length: 3 }, () => [200, 412, 200, 412, 422]).flat())
  await waitUntil('the same revision everywhere', async () => {
    const inEffect = await revisionsInEffect(node)
    return inEffect.length === 3 && inEffect.every((revision) => revision === 7)
  })
  expect(visitors.map(({ socket }) => socket.readyState)).toEqual(visitors.map(() => WebSocket.OPEN))
  expect(visitors.flatMap((visitor) => visitor.all('error'))).toEqual([])
})

test('a revision that is not confirmed is taken back by the server alone', async () => {
  expect(await push(node, server(every(30)), { confirmWithinMs: 1_000 })).toMatchObject({
    status: 200,
    body: { unconfirmed: { revision: 2, revert_to: 1 } },
  })
  await waitUntil('the revision being taken back', async () => {
    const { body } = await admin(node, 'GET', '/admin/config')
    return (body['live'] as { readonly revision: number }).revision === 3
  })
  expect(await admin(node, 'GET', '/admin/config')).toMatchObject({
    body: { live: { who: 'kf' }, files: server(every(25)), unconfirmed: null },
  })
})

test('what is in effect after a start: edited files, or the pushed revision and the drift said', async () => {
  await node.stop()
  writeFileSync(join(root, 'configs', 'server.toml'), every(40))
  node = await start()
  expect(await admin(node, 'GET', '/admin/config')).toMatchObject({
    body: { live: { revision: 2, who: 'kf' }, files: server(every(40)), drift: null },
  })
  expect((await push(node, server(every(50)))).status).toBe(200)
  await node.stop()
  writeFileSync(join(root, 'configs', 'server.toml'), every(60))
  node = await start()
  expect(await admin(node, 'GET', '/admin/config')).toMatchObject({
    body: { live: { revision: 3 }, files: server(every(50)) },
  })
  expect(node.log()).toContain(
    'revision 3 stays live; files on the disk differ from it: server.toml (kf config diff)',
  )
  const show = async (...argv: readonly string[]) =>
    (await runKf(['config', 'show', ...argv], { cwd: root })).out
  expect(await show()).toContain(
    "the files on the server's disk differ from it: server.toml (kf config diff there shows how)\n",
  )
  expect(await show('--lang', 'zh')).toContain('服务器磁盘上的文件与它不同：server.toml')
  const diff = await runKf(['config', 'diff'], { cwd: root })
  expect([diff.code, diff.out]).toEqual([
    2,
    expect.stringMatching(/~ heartbeat\.every +50s -> 1m +/) as string,
  ])
  const ready = await fetch(new URL('readyz', node.admin))
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, reasons: [], config_drift: { files: ['server.toml'], command: 'kf config diff' } },
  ])
  expect((await runKf(['config', 'pull', '--force'], { cwd: root })).code).toBe(0)
  const now = node
  await waitUntil('the drift being over', async () => {
    return !('config_drift' in ((await (await fetch(new URL('readyz', now.admin))).json()) as object))
  })
})
