import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runKf } from './support/cli.ts'
import { push } from './support/config.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'

let root: string
let node: TestNode
beforeAll(async () => {
  root = freshFolder()
  mkdirSync(join(root, 'configs'))
  write('[heartbeat]\nevery = "25s"\n')
  node = await startNode({ data: join(root, 'data'), flags: ['--config', join(root, 'configs')] })
})
afterAll(async () => {
  await node.stop()
  removeFolder(root)
})

function write(text: string): void {
  writeFileSync(join(root, 'configs', 'server.toml'), text)
}

const kf = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runKf(['config', ...argv], { cwd: root, env })

test('an edit is shown, applied, confirmed, found in the history and taken back, without a flag', async () => {
  expect(await kf(['diff'])).toMatchObject({ code: 0, out: 'no difference to revision 1, which is live\n' })
  write('[heartbeat]\nevery = "30s"\n\n[limits]\nframe = "32KiB"\n')
  const shown = await kf(['diff'])
  expect(shown).toMatchObject({ code: 2, err: '' })
  expect(shown.out.split('\n').slice(0, 1)).toEqual([`${join(root, 'data')}   live: revision 1`])
  expect(shown.out).toMatch(/^ server\.toml:2 +~ heartbeat\.every +25s -> 30s +/m)
  expect(shown.out).toMatch(/^ server\.toml:5 +~ limits\.frame +64KiB -> 32KiB +/m)
  expect((await kf(['apply', '--dry-run'])).out).toContain('a dry run: nothing was changed\n')

  const applied = await kf(['apply', '--confirm-within', '10m', '--message', 'slower'])
  expect(applied).toMatchObject({ code: 0, err: '' })
  expect(applied.out).toMatch(
    / prepare 3\/3 ✓ {3}commit 3\/3 ✓ {3}hash [0-9a-f]{4} same everywhere {3}\d+ ms {3}health ✓ ready, no message in \d\.\d s\n/,
  )
  expect(applied.out).toMatch(/Revision 2 live; reverts in \d+ s unless: {2}kf config confirm 2\n$/)
  expect(await kf(['confirm', '2'])).toMatchObject({ code: 0, out: 'Revision 2 stays\n' })
  expect((await kf(['history'])).out).toMatch(/^ +2 {2}\S+Z {2}lin@\S+ +live +slower$/m)

  expect((await kf(['rollback', '1'])).out).toContain('Revision 3 live\n')
  expect((await kf(['pull'])).code).toBe(2)
  expect((await kf(['pull', '--force'])).code).toBe(0)
  expect(readFileSync(join(root, 'configs', 'server.toml'), 'utf8')).toBe('[heartbeat]\nevery = "25s"\n')
})

test('show --effective tells what runs, where each value comes from, and that all processes have it', async () => {
  const { code, out } = await kf(['show', '--effective'])
  const line = (key: string): string =>
    out
      .split('\n')
      .find((each) => each.split(/ +/)[1] === key)
      ?.replaceAll(/ +/g, ' ') ?? ''
  expect(code).toBe(0)
  expect(line('heartbeat.every')).toBe('server.toml heartbeat.every "25s" server.toml:2:1 of revision 3')
  expect(line('listen')).toBe(`server.toml listen "${node.listen}" --listen`)
  expect(line('workers')).toBe('server.toml workers 2 --workers')
  expect(line('data')).toBe(`server.toml data "${node.data}" --data`)
  expect(line('admin_token')).toBe('server.toml admin_token •••••• (admin.token) made at the first start')
  expect(line('visitor.controls.rate')).toBe('ratelimit.toml visitor.controls.rate "20/s" default')
  expect(out).toMatch(/\nrevision 3, hash [0-9a-f]{4} same everywhere: writer, worker 0, worker 1\n$/)
  expect((await kf(['show', '--effective', '--lang', 'zh'])).out).toContain('server.toml:2:1，版本 3\n')
})

test('without a folder of files it says how to get one', async () => {
  for (const command of ['diff', 'apply', 'validate']) {
    const { code, out, err } = await runKf(['config', command], { cwd: join(root, 'data') })
    expect([code, out, err]).toEqual([
      1,
      '',
      'kf: configs: there are no files of configuration; kf config init writes new ones, kf config pull those that are live; or name their folder\n',
    ])
  }
})

test('what the server refuses is said in Chinese, too', async () => {
  const inChinese = async (...argv: readonly string[]) => (await kf([...argv, '--lang', 'zh'])).err
  expect(await inChinese('confirm', '99')).toMatch(
    /^kf: 版本 99 没有生效，生效的是 \d+；先用 kf config diff 看有什么不同，再重新应用\n$/,
  )
  expect(await inChinese('confirm', 'two')).toBe('kf: "two" 不是版本号；kf config history 会列出它们\n')
  expect(await inChinese('rollback', '99')).toBe('kf: 没有版本 99；kf config history 会列出它们\n')
  expect(await inChinese('history', '--limit', '0')).toBe('kf: limit "0" 超出范围；请给出 1 到 500 的整数\n')
  expect(await inChinese('rollback', '1', '--message', 'x'.repeat(1_001))).toBe(
    'kf: message 有 1001 个字符；最多 1000 个\n',
  )
  const wrong = await kf(['show', '--server', node.admin, '--lang', 'zh'], { KF_TOKEN: 'wrong' })
  expect(wrong.err).toBe('kf: 服务器不接受这个令牌；令牌是其数据目录中 admin.token 的内容\n')
  expect(await inChinese('show', '--data', 'nowhere')).toMatch(/^kf: \S+nowhere 没有 kf 应答（\S+）；/)
})

test('mistakes here and on the server look alike, and nothing changes', async () => {
  const before = (await kf(['show', '--json'])).out
  write('[heartbeat]\nevery = "soon"\n')
  const here = await kf(['apply'])
  expect([here.code, here.out]).toEqual([1, ''])
  expect(here.err).toMatch(/^configs\/server\.toml:2:9: heartbeat\.every: /)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the reference as a file has it; it leads to nothing where the server runs.
  write('admin_token = "${KF_NOT_THERE}"\n')
  const there = await kf(['apply'])
  expect([there.code, there.out]).toEqual([1, ''])
  expect(there.err).toMatch(/^configs\/server\.toml:1:15: admin_token: /)
  expect(there.err).toContain('kf: the server refuses it: 1 mistake; nothing was changed\n')
  expect((await kf(['show', '--json'])).out).toBe(before)
})

test('over the network the token is needed, and goes nowhere without encryption', async () => {
  write('[heartbeat]\nevery = "40s"\n')
  const token = readFileSync(join(node.data, 'admin.token'), 'utf8').trim()
  expect(await kf(['show', '--server', node.admin])).toMatchObject({
    code: 1,
    err: expect.stringContaining('needs its token') as string,
  })
  expect(await kf(['diff', '--server', node.admin], { KF_TOKEN: 'wrong' })).toMatchObject({ code: 1 })
  expect(await kf(['diff', '--server', node.admin], { KF_TOKEN: token })).toMatchObject({ code: 2 })
  expect(
    await kf(['diff', '--server', node.admin, '--token-file', join(node.data, 'admin.token')]),
  ).toMatchObject({ code: 2 })
  expect(await kf(['diff', '--server', 'http://192.0.2.1:7001'], { KF_TOKEN: token })).toMatchObject({
    code: 1,
    err: expect.stringContaining('without encryption') as string,
  })
})

test('another change that waits for its confirm is said, not overwritten', async () => {
  await push(node, { 'server.toml': '[heartbeat]\nevery = "50s"\n' }, { confirmWithinMs: 600_000 })
  write('[heartbeat]\nevery = "40s"\n')
  const refused = await kf(['apply'])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('waits for its confirm')
  expect((await kf(['apply', '--lang', 'zh'])).err).toMatch(
    /^kf: 版本 (\d+) 正等待确认；kf config confirm \1 保留它，kf config rollback \d+ 撤回它\n$/,
  )
})
