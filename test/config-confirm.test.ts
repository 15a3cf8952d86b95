import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Client, connect, newId } from './support/client.ts'
import { admin, push } from './support/config.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** Within --confirm-within the node itself takes back what does harm, long before the deadline. */
const window = { confirmWithinMs: 600_000 }

let root: string
let node: TestNode
beforeEach(async () => {
  root = freshFolder()
  node = await startNode({ data: `${root}/data` })
})
afterEach(async () => {
  await node.stop()
  removeFolder(root)
})

type Live = { readonly revision: number; readonly message: string }
async function takenBack(): Promise<string> {
  let live: Live | undefined
  await waitUntil('the revision being taken back', async () => {
    live = (await admin(node, 'GET', '/admin/config')).body['live'] as Live
    return live.revision === 3
  })
  return live?.message ?? ''
}

function flood(client: Client, count: number): void {
  for (let n = 0; n < count; n++)
    client.send({ type: 'send', id: newId(), body: { kind: 'text', text: `${n}` } })
}

test('messages that are refused under it', async () => {
  const visitor = await connect(node.wsUrl, { site: node.site.key })
  await visitor.say('before')
  const tight = { 'ratelimit.toml': '[visitor.messages]\nrate = "1/min"\nburst = 1\n' }
  expect((await push(node, tight, window)).status).toBe(200)
  flood(visitor, 100)
  expect(await takenBack()).toMatch(
    /^revision 2 is taken back to 1: \d+\.\d % of \d+ messages were refused \(bound 5 %\)$/,
  )
  visitor.close()
})

test('messages that were refused before it are not its doing', async () => {
  const visitor = await connect(node.wsUrl, { site: node.site.key })
  const files = { 'ratelimit.toml': '[visitor.messages]\nrate = "1/min"\nburst = 1\n' }
  await push(node, files)
  flood(visitor, 100)
  await visitor.next('error')
  const next = { 'ratelimit.toml': '[visitor.messages]\nrate = "off"\n' }
  expect((await push(node, next, window)).body['revision']).toMatchObject({ revision: 3 })
  await waitUntil('what was refused being counted', async () => {
    const { body } = await admin(node, 'GET', '/admin/config/health')
    return body['settled'] === true
  })
  expect(await admin(node, 'GET', '/admin/config')).toMatchObject({
    body: { live: { revision: 3 }, unconfirmed: { revision: 3, revert_to: 2 } },
  })
  visitor.close()
})

test('a process that ends under it, also one that is back at once', async () => {
  await push(node, { 'server.toml': '[heartbeat]\nevery = "30s"\n' }, window)
  await node.kill('worker', 1)
  expect(await takenBack()).toMatch(
    /^revision 2 is taken back to 1: (readiness failed: worker 1: |a process of the node ended)/,
  )
  const now = node
  await waitUntil('the node being ready', async () => (await fetch(new URL('readyz', now.admin))).ok)
})

test('how the node did before, and does since, is told from its own counters', async () => {
  const visitor = await connect(node.wsUrl, { site: node.site.key })
  for (let n = 0; n < 20; n++) await visitor.say(`${n}`)
  await waitUntil('the node having looked', async () => {
    const metrics = await (await fetch(new URL('metrics', node.admin))).text()
    return /^kf_stage_in_total\{.*stage="persist".*\} 20$/m.test(metrics)
  })
  await push(node, { 'server.toml': '[heartbeat]\nevery = "30s"\n' })
  for (let n = 0; n < 5; n++) await visitor.say(`${n}`)
  const health = async () => (await admin(node, 'GET', '/admin/config/health')).body
  await waitUntil('every process having reported', async () => (await health())['settled'] === true)
  expect(await health()).toMatchObject({
    revision: 2,
    ready: true,
    reasons: [],
    after: { messages: 5, refused: 0, p99_ms: expect.any(Number) as number },
  })
  visitor.close()
})
