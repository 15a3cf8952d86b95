import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitUntil } from './wait.ts'

/** One `kf serve`, as an operator starts it, in a fresh folder unless one is given. */
export type TestNode = {
  readonly url: string
  readonly wsUrl: string
  /** `host:port` in use. */
  readonly listen: string
  /** Base URL of the administrative listener. */
  readonly admin: string
  readonly data: string
  readonly site: { readonly id: string; readonly key: string }
  readonly owner: { readonly login: string; readonly password: string } | undefined
  readonly pids: { readonly supervisor: number; readonly writer: number; readonly workers: readonly number[] }
  /** What it said to stderr. */
  readonly log: () => string
  /** Agents of the sealed bench site, logged in. */
  readonly agents: (count: number, capacity?: number) => Promise<BenchSite>
  /** SIGTERM and the end of the process; its exit code. */
  readonly stop: () => Promise<number | null>
  readonly kill: (role: 'supervisor' | 'writer' | 'worker', worker?: number) => Promise<void>
  readonly exited: () => boolean
}

export type BenchSite = {
  readonly site: { readonly id: string; readonly key: string }
  readonly agents: readonly { readonly id: string; readonly login: string; readonly token: string }[]
}

export type NodeOptions = {
  readonly data?: string
  /** Keeps the address of an earlier node. */
  readonly listen?: string
  readonly workers?: number
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

const launcher = fileURLToPath(new URL('../../bin/kf', import.meta.url))
/** A test's clients send as fast as they can, unless the test has a configuration of its own. */
const unlimited = fileURLToPath(new URL('./unlimited', import.meta.url))

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kf-test-'))
}

export async function startNode(options: NodeOptions = {}): Promise<TestNode> {
  const data = options.data ?? join(freshFolder(), 'data')
  const { flags = [] } = options
  const child = spawn(
    process.execPath,
    [
      launcher,
      'serve',
      '--json-ready',
      '--data',
      data,
      '--listen',
      options.listen ?? '127.0.0.1:0',
      '--admin-listen',
      '127.0.0.1:0',
      '--workers',
      String(options.workers ?? 2),
      ...(flags.includes('--config') ? [] : ['--config', unlimited]),
      ...flags,
    ],
    { env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const ready = JSON.parse(await firstLine(child, () => log)) as Pick<
    TestNode,
    'url' | 'listen' | 'admin' | 'site' | 'owner'
  >
  const socket = join(data, 'admin.sock')
  return {
    ...ready,
    wsUrl: `${ready.url.replace('http', 'ws')}ws`,
    data,
    get pids() {
      return readPids(child)
    },
    log: () => log,
    agents: async (count, capacity = 50) =>
      (await post(socket, '/admin/bench', { agents: count, capacity })) as BenchSite,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      child.kill('SIGTERM')
      await once(child, 'exit')
      return child.exitCode
    },
    kill: async (role, worker = 0) => {
      const pids = readPids(child)
      const pid =
        role === 'supervisor' ? pids.supervisor : role === 'writer' ? pids.writer : pids.workers[worker]
      if (pid === undefined) throw new Error(`no ${role} ${worker} is running`)
      process.kill(pid, 'SIGKILL')
      await waitUntil(`the end of ${role} ${pid}`, () => !isAlive(pid))
      // Children of a killed supervisor end by themselves; the next node must find the folder free.
      if (role === 'supervisor') {
        await waitUntil('the end of its children', () =>
          [pids.writer, ...pids.workers].every((each) => !isAlive(each)),
        )
      }
    },
    exited: () => child.exitCode !== null || child.signalCode !== null,
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

// Roles are told apart by what they run: a replaced child has another pid than the one reported at the start.
function readPids(child: ChildProcess): TestNode['pids'] {
  const launcherPid = child.pid ?? 0
  const tree = descendants(launcherPid)
  const running = (name: string): number[] => tree.filter((pid) => commandLine(pid).includes(name))
  const writer = running('/writer.')[0] ?? 0
  return { supervisor: parentOf(writer) ?? launcherPid, writer, workers: running('/worker.') }
}

function descendants(pid: number): number[] {
  let children: number[] = []
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map(Number)
  } catch {
    return []
  }
  return [pid, ...children.flatMap(descendants)].filter(isAlive)
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function firstLine(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      const end = out.indexOf('\n')
      if (end >= 0) resolve(out.slice(0, end))
    })
    child.once('exit', (code) => {
      reject(new Error(`kf serve ended with ${code ?? 'a signal'} before it was ready:\n${log()}`))
    })
  })
}

function post(socketPath: string, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', host: 'localhost' },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text))
          else reject(new Error(`${path}: ${response.statusCode ?? 0} ${text}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}
