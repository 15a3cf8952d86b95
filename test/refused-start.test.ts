import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshFolder, removeFolder, startNode } from './support/node.ts'
import { type Ended, runKf } from './support/refused.ts'

let root: string
const undo: (() => void)[] = []

beforeEach(() => {
  root = freshFolder()
})
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step()
  removeFolder(root)
})

const isRoot = process.getuid?.() === 0

function serve(
  flags: Readonly<Record<string, string>>,
  options: Parameters<typeof runKf>[1] = {},
): Promise<Ended> {
  const all = { data: join(root, 'data'), listen: '127.0.0.1:0', 'admin-listen': '127.0.0.1:0', ...flags }
  return runKf(['serve', ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])], options)
}

async function occupy(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server: Server = createServer().listen({ host: '127.0.0.1', port: 0 }, () => {
    const address = server.address()
    resolve(typeof address === 'object' && address !== null ? address.port : 0)
  })
  undo.push(() => server.close())
  return promise
}

/** Mounts, or says why this machine cannot. */
function mount(args: readonly string[], at: string): string | undefined {
  try {
    execFileSync('mount', [...args, at], { stdio: 'pipe' })
    undo.push(() => execFileSync('umount', [at]))
    return undefined
  } catch (error) {
    return `mount ${args.join(' ')} is not allowed here: ${String(error)}`
  }
}

describe('kf serve refuses in one line, with the fix and exit code 1', () => {
  test.each(['listen', 'admin-listen'])('a taken port of --%s', async (flag) => {
    const port = await occupy()
    expect(await serve({ [flag]: `127.0.0.1:${port}` })).toEqual({
      code: 1,
      out: '',
      err: `kf: 127.0.0.1:${port} is taken: another program, maybe another kf, listens there; stop it, or choose another address with --${flag}\n`,
    })
  })

  test('the port and the data folder of another kf, which goes on undisturbed', async () => {
    const node = await startNode({ data: join(root, 'data') })
    try {
      const before = node.pids
      const port = new URL(node.url).port
      const samePort = await serve({ data: join(root, 'other'), listen: `127.0.0.1:${port}` })
      expect([samePort.code, samePort.out]).toEqual([1, ''])
      expect(samePort.err).toMatch(new RegExp(`^kf: 127.0.0.1:${port} is taken: [^\n]*--listen\n$`))
      const sameFolder = await serve({})
      expect(sameFolder).toEqual({
        code: 1,
        out: '',
        err: `kf: the data folder ${node.data} is in use by another kf (pid ${before.supervisor}); stop that one, or name another folder with --data\n`,
      })
      expect((await fetch(new URL('api/v1/site', node.url))).status).toBe(200)
      expect(node.pids).toEqual(before)
      expect(node.log()).toBe('')
    } finally {
      expect(await node.stop()).toBe(0)
    }
  })

  test('a file in place of the data folder, which stays as it is', async () => {
    const file = join(root, 'data')
    writeFileSync(file, 'mine')
    expect(await serve({})).toEqual({
      code: 1,
      out: '',
      err: `kf: the data folder ${file} cannot be used: a file stands in its place; name a folder that this user may write with --data\n`,
    })
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('a data folder of another user', async (context) => {
    if (!isRoot) context.skip('only root may run kf as another user')
    const data = join(root, 'data')
    chmodSync(root, 0o755)
    mkdirSync(data, { mode: 0o755 })
    const { code, out, err } = await serve({}, { uid: 65_534 })
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      `kf: the data folder ${data} cannot be used: this user may not write there; name a folder that this user may write with --data\n`,
    )
    expect(readdirSync(data)).toEqual([])
  })

  test('a data folder on a read-only file system', async (context) => {
    const data = join(root, 'data')
    mkdirSync(data)
    const refused = isRoot ? mount(['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs'], data) : 'only root may mount'
    if (refused !== undefined) context.skip(refused)
    const { code, err } = await serve({})
    expect(code).toBe(1)
    expect(err).toBe(
      `kf: the data folder ${data} cannot be used: its file system is read-only; name a folder that this user may write with --data\n`,
    )
  })

  test('a full disk', async (context) => {
    const data = join(root, 'data')
    mkdirSync(data)
    const refused = isRoot ? mount(['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs'], data) : 'only root may mount'
    if (refused !== undefined) context.skip(refused)
    expect(await serve({})).toEqual({
      code: 1,
      out: '',
      err: `kf: the disk of the data folder ${data} has 1 MiB free; 16 MiB are the least; free some space, or name another folder with --data\n`,
    })
    expect(readdirSync(data)).toEqual([])
  })

  test('a store from a newer kf, which stays as it is', async () => {
    const data = join(root, 'data')
    await (await startNode({ data })).stop()
    const file = join(data, 'kf.db')
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 9999')
    db.close()
    const before = statSync(file)
    const { code, out, err } = await serve({})
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^kf: [^\n]*newer[^\n]*\n$/)
    expect(err).toContain('9999')
    expect([statSync(file).size, statSync(file).mtimeMs]).toEqual([before.size, before.mtimeMs])
  })

  test('flags that do not exist or cannot be read', async () => {
    expect(await runKf(['serve', '--port', '80'])).toEqual({
      code: 1,
      out: '',
      err: 'kf: unknown option --port; see kf serve --help\n',
    })
    expect((await serve({ listen: '127.0.0.1:99999' })).err).toBe(
      'kf: --listen: "127.0.0.1:99999" is not an address; write host:port, for example 127.0.0.1:7000\n',
    )
  })

  test('a configuration with errors, all of them at once, before anything is created', async () => {
    mkdirSync(join(root, 'configs'))
    writeFileSync(join(root, 'configs', 'server.toml'), 'listn = "x"\nworkers = -1\n')
    expect(await serve({}, { cwd: root })).toEqual({
      code: 1,
      out: '',
      err:
        'kf: configs/server.toml:1:1: listn: unknown key; did you mean listen?\n' +
        'kf:   1 | listn = "x"\n' +
        'kf:     | ^^^^^\n' +
        'kf: configs/server.toml:2:11: workers: -1 is out of bounds; write a whole number from 1 to 64\n' +
        'kf:   2 | workers = -1\n' +
        'kf:     |           ^^\n',
    })
    expect(readdirSync(root)).toEqual(['configs'])
    const { err } = await serve({}, { cwd: root, env: { LANG: 'zh_CN.UTF-8' } })
    expect(err).toContain('kf: configs/server.toml:1:1: listn：未知的键；是否想写 listen？')
  })

  test('in Chinese where that is the language', async () => {
    const port = await occupy()
    const { err } = await serve({ listen: `127.0.0.1:${port}` }, { env: { LANG: 'zh_CN.UTF-8' } })
    expect(err).toBe(
      `kf: 127.0.0.1:${port} 已被占用：另一个程序（可能是另一个 kf）在监听；停掉它，或用 --listen 换一个地址\n`,
    )
  })
})
