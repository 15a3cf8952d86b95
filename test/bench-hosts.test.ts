import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kf-hosts-test-'))
  cleanups.push(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

type Run = {
  readonly child: ChildProcess
  readonly said: () => string
  readonly printed: () => string
  readonly ended: Promise<number | null>
}

function kf(folder: string, ...args: readonly string[]): Run {
  const env = { ...process.env, TMPDIR: folder, LANG: 'C' }
  const child = spawn(process.execPath, [join(root, 'bin/kf'), ...args], { env, cwd: folder })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  cleanups.push(() => child.kill('SIGKILL'))
  return {
    child,
    said: () => err,
    printed: () => out,
    ended: once(child, 'close').then(() => child.exitCode),
  }
}

async function until({ child }: Run, holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (child.exitCode !== null) throw new Error(`it ended with exit ${child.exitCode}`)
    const heard = new AbortController()
    const data = [child.stdout, child.stderr].flatMap((stream) => (stream === null ? [] : [stream]))
    await Promise.race([
      ...data.map((stream) => once(stream, 'data', { signal: heard.signal }).catch(() => {})),
      once(child, 'exit', { signal: heard.signal }).catch(() => {}),
    ])
    heard.abort()
  }
}

type Host = Run & { readonly address: string; readonly port: number }

async function host(folder: string, ...args: readonly string[]): Promise<Host> {
  const run = kf(folder, 'bench', 'agent', '--listen', '127.0.0.1:0', '--json', ...args)
  await until(run, () => run.printed().includes('\n'))
  const { address } = JSON.parse(run.printed()) as { readonly address: string }
  return { ...run, address, port: Number(address.split(':')[1]) }
}

function bench(folder: string, hosts: readonly Host[], ...args: readonly string[]): Run {
  const at = hosts.map(({ address }) => address).join(',')
  return kf(folder, 'bench', '--hosts', at, '--out', 'reports', '--warmup', '1', ...args)
}

type Row = Readonly<Record<string, unknown>>

function rowsOf(run: Run): readonly Row[] {
  return (JSON.parse(run.printed()) as { readonly rows: readonly Row[] }).rows
}

// A busy machine makes rows invalid, not wrong: nothing here depends on that.
test('two hosts load one kf: each visitor is connected, nothing is lost, and the report names the hosts', async () => {
  const folder = newFolder()
  const hosts = [await host(folder), await host(folder)]
  const run = bench(folder, hosts, '--concurrency', '30', '--duration', '3', '--json')
  expect([0, 5, 6]).toContain(await run.ended)
  expect(rowsOf(run)).toMatchObject([
    { concurrency: 30, connected: 30, errors: 0, lost: 0, duplicated: 0, out_of_order: 0 },
  ])
  const [report = ''] = readdirSync(join(folder, 'reports'))
  const details = JSON.parse(readFileSync(join(folder, 'reports', report, 'details.json'), 'utf8')) as {
    readonly rows: readonly { readonly target: { readonly hosts: unknown } }[]
  }
  expect(details.rows[0]?.target.hosts).toMatchObject(
    hosts.map(({ address }) => ({
      host: address,
      generators: 1,
      on_this_machine: true,
      clock_uncertainty_ms: 0,
    })),
  )
  // One run of the echo floor, one of kf: the second found the host free again.
  for (const { said } of hosts) expect(said().match(/free again: the run ended/g)).toHaveLength(2)
})

test('a host that dies while the load runs makes the row say so, and no process of it stays', async () => {
  const folder = newFolder()
  const [first, second] = [await host(folder), await host(folder)]
  const run = bench(folder, [first, second], '--target', 'relay', '--concurrency', '40', '--duration', '600')
  await until(run, () => run.said().includes('measuring'))
  second.child.kill('SIGKILL')
  expect(await run.ended).toBe(6)
  expect(run.printed()).toContain(`INVALID  generator 1 on ${second.address}: `)
  await until(first, () => first.said().includes('free again: the run ended'))
  await second.ended
  first.child.kill('SIGINT')
  expect(await first.ended).toBe(0)
  await noProcessOf(folder)
})

test('interrupted, the coordinator leaves the host free', async () => {
  const folder = newFolder()
  const lender = await host(folder)
  const run = bench(folder, [lender], '--target', 'echo', '--concurrency', '20', '--duration', '600')
  await until(run, () => run.said().includes('measuring'))
  run.child.kill('SIGINT')
  expect(await run.ended).toBe(130)
  await until(lender, () => lender.said().includes('free again: '))
})

test('a coordinator that vanishes leaves the host free', async () => {
  const folder = newFolder()
  const lender = await host(folder)
  const run = bench(folder, [lender], '--target', 'echo', '--concurrency', '20', '--duration', '600')
  await until(run, () => run.said().includes('measuring'))
  run.child.kill('SIGKILL')
  await until(lender, () => lender.said().includes('free again: '))
})

test('who has another token, or none, is turned away before a byte is read; the next coordinator is served', async () => {
  const folder = newFolder()
  const lender = await host(folder)
  const stranger = connect({ host: '127.0.0.1', port: lender.port })
  stranger.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50))
  stranger.on('error', () => {})
  await once(stranger, 'close')
  const other = newFolder()
  const elsewhere = await host(other)
  const wrong = kf(other, 'bench', '--hosts', lender.address, '--target', 'echo', '--concurrency', '5')
  expect(await wrong.ended).toBe(1)
  expect(wrong.said().trim().split('\n').at(-1)).toBe(
    `kf: host ${lender.address}: it has another token; give --host-token-file a copy of its token file`,
  )
  elsewhere.child.kill('SIGTERM')
  expect(await elsewhere.ended).toBe(0)
  expect(lender.said()).not.toContain('lent to')
  const right = bench(folder, [lender], '--target', 'echo', '--concurrency', '5', '--duration', '1', '--json')
  expect([0, 5, 6]).toContain(await right.ended)
  expect(rowsOf(right)).toMatchObject([{ connected: 5, errors: 0 }])
})

test('a host lends to one coordinator at a time', async () => {
  const folder = newFolder()
  const lender = await host(folder)
  const first = bench(folder, [lender], '--target', 'echo', '--concurrency', '5', '--duration', '600')
  await until(first, () => first.said().includes('measuring'))
  const second = bench(folder, [lender], '--target', 'echo', '--concurrency', '5', '--duration', '1')
  expect(await second.ended).toBe(1)
  expect(second.said().trim().split('\n').at(-1)).toBe(
    `kf: host ${lender.address}: it is lent to another coordinator; wait until that run has ended`,
  )
  first.child.kill('SIGINT')
  expect(await first.ended).toBe(130)
})

test('addresses beyond loopback are refused on both sides unless they were asked for', async () => {
  const folder = newFolder()
  const lending = kf(folder, 'bench', 'agent', '--listen', '0.0.0.0:0')
  expect(await lending.ended).toBe(1)
  expect(lending.said()).toBe(
    'kf: --listen 0.0.0.0:0: 0.0.0.0 is beyond loopback; if that network may see the load and its token-protected ' +
      'port, add --beyond-loopback\n',
  )
  const borrowing = kf(folder, 'bench', '--hosts', '192.0.2.7:7099')
  expect(await borrowing.ended).toBe(1)
  expect(borrowing.said()).toMatch(/^kf: --hosts 192\.0\.2\.7:7099: 192\.0\.2\.7 is beyond loopback; /)
  const loading = kf(folder, 'bench', '--target', 'http://192.0.2.7/', '--site', 'k')
  expect(await loading.ended).toBe(1)
  expect(loading.said()).toBe(
    'kf: --target http://192.0.2.7/: 192.0.2.7 is not on this host; load can take a server down; add --yes-really if it is ' +
      'yours to load\n',
  )
})

test('a host runs a peer’s adapter only where it was given the same file', async () => {
  const folder = newFolder()
  const peer = join(root, 'bench/peers/socketio-memory.ts')
  const without = await host(folder)
  const load = ['--target', peer, '--concurrency', '10', '--duration', '2', '--json'] as const
  const refused = bench(folder, [without], ...load)
  expect(await refused.ended).toBe(1)
  expect(refused.said()).toContain(
    'it has no adapter socketio-memory.ts, or another one; start it there with --adapter',
  )
  const given = await host(folder, '--adapter', peer)
  const run = bench(folder, [given], ...load)
  expect([0, 5, 6]).toContain(await run.ended)
  expect(rowsOf(run)).toMatchObject([{ connected: 10, errors: 0, lost: 0, duplicated: 0, out_of_order: 0 }])
})

// Every process of a run has its folder in its environment; a generator ends when its parent does.
async function noProcessOf(folder: string): Promise<void> {
  await expect
    .poll(
      () =>
        readdirSync('/proc').filter((entry) => {
          if (!/^\d+$/.test(entry)) return false
          try {
            return readFileSync(`/proc/${entry}/environ`, 'utf8').includes(folder)
          } catch {
            return false
          }
        }),
      { timeout: 20_000 },
    )
    .toEqual([])
}
