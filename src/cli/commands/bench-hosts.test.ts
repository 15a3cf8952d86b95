import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-hosts-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function token(mode = 0o600): string {
  const path = join(folder, `token-${mode.toString(8)}`)
  writeFileSync(path, '0123456789abcdef'.repeat(4), { mode })
  return path
}

// Port 1 is nobody's: a bench that gets that far ends there.
test.each<{ readonly name: string; readonly args: () => readonly string[]; readonly said: string }>([
  {
    name: 'an address beyond loopback',
    args: () => ['--hosts', '192.0.2.7:7099'],
    said: '--hosts 192.0.2.7:7099：192.0.2.7 不是回环地址；如果那个网络可以看到负载',
  },
  {
    name: 'a token that is not there',
    args: () => ['--hosts', '127.0.0.1:1', '--host-token-file', join(folder, 'none')],
    said: '无法读取（ENOENT）；没有时 `kf bench agent` 会生成它',
  },
  {
    name: 'a token that others may read',
    args: () => ['--hosts', '127.0.0.1:1', '--host-token-file', token(0o644)],
    said: '对其他用户开放（权限 644）；chmod 600 ',
  },
  {
    name: 'options of hosts without hosts',
    args: () => ['--beyond-loopback'],
    said: '--host-token-file 和 --beyond-loopback 只与 --hosts 同用；',
  },
  {
    name: 'a host where nobody listens',
    args: () => ['--hosts', '127.0.0.1:1', '--host-token-file', token(), '--target', 'echo'],
    said: '主机 127.0.0.1:1：没有程序在监听；先在那台主机上启动 `kf bench agent`',
  },
])('$name is told in Chinese', async ({ args, said }) => {
  const out = join(folder, 'reports')
  const { state, err } = testCli(['--lang', 'zh', 'bench', '--concurrency', '5', '--out', out, ...args()])
  expect(await runCli(state)).toBe(1)
  expect(err()).toContain(said)
})

test('a host that cannot lend says why in Chinese', async () => {
  const adapter = join(folder, 'none.ts')
  const { state, err } = testCli(['--lang', 'zh', 'bench', 'agent', '--adapter', adapter])
  expect(await runCli(state)).toBe(1)
  expect(err()).toBe(`kf: --adapter：没有文件 ${adapter}；请给出适配器的路径\n`)
})
