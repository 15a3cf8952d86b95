import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { kfAtTerminal, runKf } from './support/cli.ts'
import { admin, push } from './support/config.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** `kf config apply` where a person sits: it asks, another is faster meanwhile, the window is closed. */
let root: string
let node: TestNode
let seconds = 30
beforeAll(async () => {
  root = freshFolder()
  mkdirSync(join(root, 'configs'))
  write(every(25))
  node = await startNode({ data: join(root, 'data'), flags: ['--config', join(root, 'configs')] })
})
afterAll(async () => {
  await node.stop()
  removeFolder(root)
})
// Each test has a change to make.
beforeEach(() => {
  seconds += 1
  write(every(seconds))
})

function write(text: string): void {
  writeFileSync(join(root, 'configs', 'server.toml'), text)
}

function every(count: number): string {
  return `[heartbeat]\nevery = "${count}s"\n`
}

const atTerminal = (argv: readonly string[]) => kfAtTerminal(['config', 'apply', ...argv], { cwd: root })

type Live = { readonly revision: number; readonly message: string; readonly at: number }
const live = async (): Promise<Live> => (await admin(node, 'GET', '/admin/config')).body['live'] as Live

test('it asks, and a yes applies', async () => {
  const { revision } = await live()
  const terminal = atTerminal([])
  await terminal.shows('Apply? [y/N]')
  expect((await live()).revision).toBe(revision)
  terminal.type('y\n')
  expect(await terminal.ended).toBe(0)
  expect(terminal.shown()).toContain(`Revision ${revision + 1} live\n`)
  expect((await live()).revision).toBe(revision + 1)
})

test.each(['n\n', '\n', '\u0004'])('it asks, and %j changes nothing', async (typed) => {
  const { revision } = await live()
  const terminal = atTerminal([])
  await terminal.shows('Apply? [y/N]')
  terminal.type(typed)
  expect(await terminal.ended).toBe(1)
  expect(terminal.shown()).toContain('not applied\n')
  expect((await live()).revision).toBe(revision)
})

test('a yes to what was shown is a conflict where another was faster, in the language of the terminal', async () => {
  const terminal = atTerminal(['--lang', 'zh'])
  await terminal.shows('[y/N]')
  const answer = await push(node, { 'server.toml': every(200) })
  const { revision } = answer.body['revision'] as Live
  terminal.type('y\n')
  expect(await terminal.ended).toBe(3)
  expect(terminal.shown()).toContain(
    `kf: 生效的是版本 ${revision}，不是这次修改所基于的版本；先用 kf config diff 看有什么不同，再重新应用\n`,
  )
  expect((await live()).revision).toBe(revision)
})

test('the window is closed within --confirm-within: the server takes the revision back at its deadline', async () => {
  const { revision } = await live()
  const terminal = atTerminal(['--yes', '--confirm-within', '3s'])
  await terminal.shows('same everywhere')
  terminal.close()
  const { body } = await admin(node, 'GET', '/admin/config')
  const { deadline } = body['unconfirmed'] as { readonly deadline: number }
  await waitUntil('the revision being taken back', async () => (await live()).revision === revision + 2)
  const back = await live()
  expect(back.message).toBe(
    `revision ${revision + 1} is taken back to ${revision}: it was not confirmed in time`,
  )
  expect(back.at).toBeGreaterThanOrEqual(deadline)
  const { out } = await runKf(['config', 'history', '--lang', 'zh'], { cwd: root })
  expect(out).toContain(`版本 ${revision + 1} 被撤回到 ${revision}：没有按时确认\n`)
})
