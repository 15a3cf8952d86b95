import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'kf-test-'))
})
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true })
})

async function kf(...argv: readonly string[]) {
  const cli = testCli(['config', ...argv], { cwd })
  return { code: await runCli(cli.state), out: cli.out(), err: cli.err() }
}

const write = (file: string, text: string): void => {
  writeFileSync(join(cwd, 'configs', file), text)
}

it('writes files that are valid and set nothing, and leaves those alone that are there', async () => {
  expect(await kf('init')).toMatchObject({ code: 0, err: '' })
  expect(await kf('validate')).toEqual({ code: 0, out: 'configs: 2 files are valid\n', err: '' })
  write('server.toml', '# mine\n')
  const again = await kf('init', '--lang', 'zh')
  expect(again.out.split('\n')[0]).toBe('configs/server.toml   已存在，保持不变')
  expect(readFileSync(join(cwd, 'configs', 'server.toml'), 'utf8')).toBe('# mine\n')
})

it('shows every mistake at once with place, caret and fix, in the language asked for', async () => {
  await kf('init')
  write('server.toml', 'lisen = 3\n[limits]\nframe = "1GiB"\n')
  expect(await kf('validate')).toEqual({
    code: 1,
    out: '',
    err: `configs/server.toml:1:1: lisen: unknown key; did you mean listen?
  1 | lisen = 3
    | ^^^^^
configs/server.toml:3:9: limits.frame: 1GiB is out of bounds; write a size from 32KiB to 64KiB, such as "64KiB"
  3 | frame = "1GiB"
    |         ^^^^^^
kf: 2 mistakes; nothing was changed
`,
  })
  expect((await kf('validate', '--lang', 'zh')).err.split('\n')[0]).toBe(
    'configs/server.toml:1:1: lisen：未知的键；是否想写 listen？',
  )
})

it('prints the mistakes as JSON for scripts', async () => {
  await kf('init')
  write('ratelimit.toml', 'x = 1\n')
  const { code, out } = await kf('validate', 'configs', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    problems: [{ file: 'ratelimit.toml', line: 1, column: 1, key: 'x', code: 'unknown_key' }],
  })
})

it('says in one line what to do where there are no files', async () => {
  expect(await kf('validate', 'nowhere')).toEqual({
    code: 1,
    out: '',
    err: 'kf: nowhere: there are no files of configuration; kf config init writes new ones, kf config pull those that are live; or name their folder\n',
  })
})
