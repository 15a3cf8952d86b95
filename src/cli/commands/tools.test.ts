import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** `kf tools …` on a machine with these shell scripts on PATH. */
function onMachine(argv: readonly string[], scripts: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kf-cli-tools-'))
  folders.push(folder)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') }
  return { folder, bin, cli: testCli(argv, { env, cwd: folder }) }
}

const buildsToxiproxy = `printf '#!/bin/sh\\necho toxiproxy-server version 2.12.0\\n' > "$GOBIN/server"; chmod +x "$GOBIN/server"`

describe('kf tools list', () => {
  it('shows each tool: version, where, licence, and how to get it', async () => {
    const { cli, bin } = onMachine(['tools', 'list'], {
      'toxiproxy-server': 'echo toxiproxy-server version 2.12.0',
    })
    expect(await runCli(cli.state)).toBe(0)
    const lines = cli
      .out()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/))
    expect(lines.slice(0, 3)).toEqual([
      ['tool', 'version', 'made for', 'where', 'licence', 'to get it'],
      ['toxiproxy', '2.12.0', '2.12.0', join(bin, 'toxiproxy-server'), 'MIT', 'kf tools install toxiproxy'],
      ['k6', '-', '1.7.1', 'absent', 'AGPL-3.0', 'kf tools install k6'],
    ])
  })

  it('prints JSON', async () => {
    const { cli } = onMachine(['tools', 'list', '--json'])
    expect(await runCli(cli.state)).toBe(0)
    expect(JSON.parse(cli.out())).toContainEqual({
      name: 'k6',
      version: null,
      made_for: '1.7.1',
      path: null,
      where: null,
      licence: 'AGPL-3.0',
      get: 'kf tools install k6',
    })
  })

  it('speaks Chinese', async () => {
    const { cli } = onMachine(['tools', 'list', '--lang', 'zh'])
    expect(await runCli(cli.state)).toBe(0)
    expect(cli.out()).toContain('未安装')
  })
})

describe('kf tools install', () => {
  it('builds a tool into the cache and says where it is', async () => {
    const { cli, folder, bin } = onMachine(['tools', 'install', 'toxiproxy'], { go: buildsToxiproxy })
    expect(await runCli(cli.state)).toBe(0)
    const path = join(folder, 'cache/kf/tools/toxiproxy/2.12.0/toxiproxy-server')
    expect(cli.out()).toBe(`toxiproxy 2.12.0 is in ${path}\n`)
    expect(cli.err()).toBe(`toxiproxy 2.12.0: building with Go in ${bin} …\n`)
  })

  it('leaves one that is there, and says when it is another version', async () => {
    const { cli, bin } = onMachine(['tools', 'install', 'toxiproxy'], { 'toxiproxy-server': 'echo 2.5.0' })
    expect(await runCli(cli.state)).toBe(0)
    expect(cli.out()).toBe(
      `toxiproxy 2.5.0 is there already: ${join(bin, 'toxiproxy-server')}\n` +
        'toxiproxy: kf is made for 2.12.0; KF_TOXIPROXY can name another program\n',
    )
  })

  it('states k6’s licence first', async () => {
    const { cli } = onMachine(['tools', 'install', 'k6'], { k6: 'echo k6 v1.7.1' })
    expect(await runCli(cli.state)).toBe(0)
    expect(cli.err()).toContain('k6 is licensed under the AGPL-3.0.')
    expect(cli.out()).toContain('k6 1.7.1 is there already')
  })

  it('refuses a release whose SHA-256 nobody gave', async () => {
    const { cli } = onMachine(['tools', 'install', 'toxiproxy', '--release'])
    expect(await runCli(cli.state)).toBe(1)
    expect(cli.err()).toMatch(
      /^kf: toxiproxy 2\.12\.0: the SHA-256 of toxiproxy-server-\S+ is not known here; give it with --sha256 or --lock FILE/,
    )
  })

  it.each([
    [
      ['toxyproxy'],
      'kf: there is no tool "toxyproxy": toxiproxy, k6 can be installed; did you mean toxiproxy?\n',
    ],
    [
      ['toxiproxy', 'k6', '--sha256', 'a'.repeat(64)],
      'kf: --sha256 belongs to one tool, not to 2; install them one by one, or use --lock\n',
    ],
    [
      ['toxiproxy', '--sha256', 'abc'],
      'kf: --sha256 abc: 64 hexadecimal digits are needed; copy it from the checksum file of the release\n',
    ],
    [[], 'kf: the argument names is missing; see kf tools --help\n'],
  ])('%j is refused', async (args, message) => {
    const { cli } = onMachine(['tools', 'install', ...args])
    expect(await runCli(cli.state)).toBe(1)
    expect(cli.err()).toBe(message)
  })

  it('refuses in Chinese as well', async () => {
    const { cli } = onMachine(['tools', 'install', 'toxiproxy', '--release', '--lang', 'zh'])
    expect(await runCli(cli.state)).toBe(1)
    expect(cli.err()).toMatch(
      /^kf: toxiproxy 2\.12\.0：这里不知道 toxiproxy-server-\S+ 的 SHA-256；用 --sha256 或 --lock 文件给出/,
    )
  })

  it('exits 130 when it is interrupted, and leaves nothing', async () => {
    const machine = onMachine(['tools', 'install', 'toxiproxy'], { go: 'sleep 60' })
    const { cli } = machine
    const running = runCli(cli.state)
    const asked = (): boolean => cli.err().includes('building')
    while (!asked()) await new Promise((resolve) => setImmediate(resolve))
    cli.signal('SIGINT')
    expect(await running).toBe(130)
    expect(cli.err()).toContain('kf: installing toxiproxy was interrupted\n')
  })
})

describe('kf bench --engine k6 without a k6', () => {
  it.each([
    ['en', /^kf: there is no k6: .*AGPL-3\.0.*; kf tools install k6\n$/],
    ['zh', /^kf: 没有 k6：.*AGPL-3\.0.*；kf tools install k6\n$/],
  ])('says how to get it, and its licence (%s)', async (lang, message) => {
    const { cli } = onMachine(['bench', '--engine', 'k6', '--concurrency', '10', '--json', '--lang', lang])
    expect(await runCli(cli.state)).toBe(1)
    expect(cli.err().split('\n').slice(-2).join('\n')).toMatch(message)
    expect(cli.out()).toBe('')
  })
})
