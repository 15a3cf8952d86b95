import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCli } from '../program.ts'
import type { CliState } from '../state.ts'
import { testCli } from '../state-in-test.ts'

/** A node's administrative socket that answers what a test says, and what it was asked. */
let cwd: string
let server: Server
let asked: string[]
let answers: Readonly<Record<string, { readonly status: number; readonly body: unknown }>>

const change = (key: string, from: string, to: string, effect: string, scope = 'cluster') => {
  return { file: 'server.toml', key, from, to, effect, scope }
}
const plan = {
  changes: [
    change('heartbeat.every', '"25s"', '"30s"', 'hot'),
    change('limits.frame', '"64KiB"', '"32KiB"', 'new-connections'),
    change('listen', '"127.0.0.1:7000"', '"127.0.0.1:7100"', 'restart', 'node'),
  ],
  hot: 1,
  new_connections: 1,
  restart: 1,
  disconnects: 0,
  sockets: 20_114,
}
const dryRun = { status: 200, body: { etag: '"41-aa"', live: 41, hash: 'bb', plan } }
const applied = {
  revision: { revision: 42, hash: '7be2f0' },
  etag: '"42-7be2f0"',
  plan,
  prepared: 3,
  committed: 3,
  processes: 3,
  behind: [] as readonly string[],
  took_ms: 37.6,
  unconfirmed: null,
  changed: true,
}
const health = {
  revision: 42,
  ready: true,
  reasons: [],
  before: { ms: 10_000, messages: 25_000, refused: 0, p99_ms: 5.8 },
  after: { ms: 1_500, messages: 3_700, refused: 0, p99_ms: 5.94 },
  settled: true,
}
const dry = 'PUT /admin/config?dry_run=1'
const push = 'PUT /admin/config'
const rest = {
  [dry]: dryRun,
  'GET /admin/config': { status: 200, body: { pending_restart: ['listen'] } },
  'GET /admin/config/health': { status: 200, body: health },
}

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'kf-test-'))
  for (const folder of ['configs', 'data']) mkdirSync(join(cwd, folder))
  writeFileSync(
    join(cwd, 'configs', 'server.toml'),
    'listen = "127.0.0.1:7100"\n[heartbeat]\nevery = "30s"\n[limits]\nframe = "32KiB"\n',
  )
  asked = []
  server = createServer((request, response) => {
    const name = `${request.method ?? ''} ${request.url ?? ''}`
    asked.push(`${name} ${request.headers['if-match'] ?? ''}`.trim())
    const { status, body } = answers[name] ?? { status: 500, body: {} }
    request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(body)))
  })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  server.listen(join(cwd, 'data', 'admin.sock'), () => {
    resolve(undefined)
  })
  await promise
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(cwd, { recursive: true, force: true })
})

async function apply(argv: readonly string[] = [], state: Partial<CliState> = {}) {
  const cli = testCli(['config', 'apply', ...argv], { cwd, ...state })
  return { code: await runCli(cli.state), out: cli.out(), err: cli.err() }
}

describe('kf config apply', () => {
  it('shows what changes and when, pushes from the revision it showed, and says what is in effect', async () => {
    answers = { ...rest, [push]: { status: 200, body: applied } }
    expect(await apply()).toEqual({
      code: 0,
      err: '',
      out: `${join(cwd, 'data')}   live: revision 41
 server.toml:3  ~ heartbeat.every  25s -> 30s                        hot
 server.toml:5  ~ limits.frame     64KiB -> 32KiB                    new-connections  20,114 sockets keep 64KiB
 server.toml:1  ~ listen           127.0.0.1:7000 -> 127.0.0.1:7100  restart          each node's own: read from its disk at its next start
Plan: 1 hot, 1 new-connections, 1 restart; 0 disconnects.
 prepare 3/3 ✓   commit 3/3 ✓   hash 7be2 same everywhere   38 ms   health ✓ p99 5.8 -> 5.9 ms
Revision 42 live      (pending restart: listen)
`,
    })
    expect(asked).toEqual([dry, `${push} "41-aa"`, 'GET /admin/config/health', 'GET /admin/config'])
  })

  it('exits with 3 where somebody else was faster', async () => {
    const error = { code: 'revision_conflict', message: 'revision 42 is live', hint: 'see kf config diff' }
    answers = { ...rest, [push]: { status: 412, body: { error } } }
    const { code, err } = await apply()
    expect([code, err]).toEqual([3, 'kf: revision 42 is live; see kf config diff\n'])
  })

  it.each([
    [{ before: null }, 'health ✓ p99 5.9 ms (no message before)'],
    [{ after: { ...health.after, messages: 0, p99_ms: null } }, 'health ✓ ready, no message in 1.5 s'],
    [{ after: { ...health.after, refused: 12 } }, 'health ✓ p99 5.8 -> 5.9 ms, 12 refused'],
    [{ ready: false, reasons: ['worker 1: waiting'] }, 'health ✗ not ready: worker 1: waiting'],
  ])('says how the node does, and makes nothing up: %j', async (differs, said) => {
    const told = { status: 200, body: { ...health, ...differs } }
    answers = { ...rest, [push]: { status: 200, body: applied }, 'GET /admin/config/health': told }
    expect((await apply()).out).toContain(`38 ms   ${said}\n`)
  })

  it('says in Chinese what the server refuses, by the sentences and values that it tells', async () => {
    const error = {
      code: 'not_prepared',
      message: 'nobody changed: the worker 1 is waiting',
      hint: 'apply it again once /readyz is well; the revision before is in effect',
      params: { says: 'not_prepared', fix: 'apply_when_ready', reasons: 'the worker 1 is waiting' },
    }
    answers = { ...rest, [push]: { status: 503, body: { error } } }
    expect((await apply(['--lang', 'zh'])).err).toBe(
      'kf: 没有任何改变：工作进程 1 等待重新启动；等 /readyz 正常后重新应用；之前的版本仍然生效\n',
    )
    const ofAnother = { ...error, params: { says: 'not_known_here', fix: '' } }
    answers = { ...rest, [push]: { status: 503, body: { error: ofAnother } } }
    expect((await apply(['--lang', 'zh'])).err).toContain('nobody changed: the worker 1 is waiting')
  })

  it('exits with 4 where a process is behind, and names it', async () => {
    answers = { ...rest, [push]: { status: 200, body: { ...applied, committed: 2, behind: ['worker 1'] } } }
    const { code, out } = await apply()
    expect(code).toBe(4)
    expect(out).toContain('commit 2/3   hash 7be2, not yet in effect in worker 1')
  })

  it('pushes nothing when the person at the terminal says no', async () => {
    answers = rest
    expect((await apply([], { ask: () => Promise.resolve('n') })).code).toBe(1)
    expect(asked).toEqual([dry])
  })

  it('asks no server about files that are not valid', async () => {
    answers = rest
    writeFileSync(join(cwd, 'configs', 'server.toml'), 'listen = 7\n')
    expect((await apply()).code).toBe(1)
    expect(asked).toEqual([])
  })

  it('with --watch applies each saved edit, says what is refused, and goes on until a signal', async () => {
    answers = { ...rest, [push]: { status: 200, body: applied } }
    const cli = testCli(['config', 'apply', '--watch'], { cwd })
    const code = runCli(cli.state)
    const pushes = (): number => asked.filter((one) => one.startsWith(`${push} `)).length
    const wait = { timeout: 5_000 }
    await vi.waitFor(() => expect(cli.out().match(/Revision 42 live/g)).toHaveLength(1), wait)
    const file = join(cwd, 'configs', 'server.toml')
    writeFileSync(file, 'listen = 7\n')
    await vi.waitFor(() => expect(cli.err()).toContain('configs/server.toml:1:10: listen: '), wait)
    writeFileSync(join(cwd, 'configs', '.server.toml.swp'), 'listen = 8\n')
    writeFileSync(join(cwd, 'configs', 'server.new'), '[heartbeat]\nevery = "40s"\n')
    renameSync(join(cwd, 'configs', 'server.new'), file)
    await vi.waitFor(() => expect(cli.out().match(/Revision 42 live/g)).toHaveLength(2), wait)
    cli.signal('SIGINT')
    expect([await code, pushes()]).toEqual([0, 2])
  })

  it('with --watch goes on with a folder that was exchanged, or deleted and made anew', async () => {
    answers = { ...rest, [push]: { status: 200, body: applied } }
    const cli = testCli(['config', 'apply', '--watch'], { cwd })
    const code = runCli(cli.state)
    const wait = { timeout: 5_000 }
    const live = (count: number) =>
      vi.waitFor(() => expect(cli.out().match(/Revision 42 live/g)).toHaveLength(count), wait)
    await live(1)
    const folder = join(cwd, 'configs')
    const [next, last] = [join(cwd, 'next'), join(cwd, 'last')]
    mkdirSync(next)
    writeFileSync(join(next, 'server.toml'), '[heartbeat]\nevery = "40s"\n')
    renameSync(folder, last)
    renameSync(next, folder)
    await live(2)
    rmSync(folder, { recursive: true })
    await vi.waitFor(() => expect(cli.err()).toContain('configs: there are no files of configuration'), wait)
    mkdirSync(folder)
    writeFileSync(join(folder, 'server.toml'), '[heartbeat]\nevery = "50s"\n')
    await live(3)
    cli.signal('SIGINT')
    expect(await code).toBe(0)
  })
})
