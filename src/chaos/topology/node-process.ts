import { type ChildProcess, spawn } from 'node:child_process'
import { KfError, messageOf } from '../../core/errors.ts'
import { membersOf, processFacts, signal } from '../fault/proc.ts'
import type { StartHow } from './topology.ts'

/** One life of `kf serve`. */
export type NodeProcess = {
  /** Leader of a process group of its own, in which everything of the node is. */
  readonly pid: number
  readonly ready: NodeReady
  /** How it ended; undefined while it runs. */
  readonly ended: () => string | undefined
  /** SIGKILL to all its processes at once; resolves when they are gone. */
  readonly kill: () => Promise<void>
  /** SIGTERM, which drains; what is left after 12 s is killed. */
  readonly stop: () => Promise<void>
}

export type NodeReady = {
  readonly url: string
  /** `host:port` in use. */
  readonly listen: string
  readonly adminListen: string
  readonly adminSocket: string
  readonly supervisor: number
}

export type NodeCommand = {
  /** The program and arguments that stand for `kf serve`: Node, the launcher, `serve`. */
  readonly serve: readonly string[]
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Each line of its log. */
  readonly onLog: (line: string) => void
  /** Before it is waited for: for the undo log. */
  readonly onSpawned: (pid: number, startedAt: string) => Promise<void>
}

const startWithinMs = 30_000
const stopWithinMs = 12_000
const goneWithinMs = 5_000
const pollMs = 10

/** Starts it and waits for its ready line. Throws `node_start` with what it said; nothing of it is left then. */
export async function startNodeProcess(command: NodeCommand, how: StartHow = {}): Promise<NodeProcess> {
  const [program = '', ...leading] = [...(how.wrap ?? []), ...command.serve]
  const child = spawn(program, [...leading, ...command.args, '--json-ready', '--stop-with-stdin'], {
    env: { ...command.env, ...how.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  child.stdin.on('error', () => undefined)
  const said: string[] = []
  onLines(child, (line) => {
    said.push(line)
    if (said.length > 40) said.shift()
    command.onLog(line)
  })
  let ended: string | undefined
  child.once('exit', (code, name) => {
    ended = name ?? `exit ${code ?? '?'}`
  })
  const kill = (): Promise<void> => killed(child)
  try {
    const line = readyLine(child)
    line.catch(() => undefined)
    const facts = child.pid === undefined ? undefined : processFacts(child.pid)
    if (child.pid !== undefined && facts !== undefined) await command.onSpawned(child.pid, facts.startedAt)
    const ready = readReady(await line)
    return { pid: child.pid ?? 0, ready, ended: () => ended, kill, stop: () => stopped(child) }
  } catch (error) {
    await kill()
    const why = `${messageOf(error)}${said.length === 0 ? '' : `: ${said.join('\n').slice(-2_000)}`}`
    throw new KfError('node_start', `kf serve did not start: ${why}`, { cause: error, params: { why } })
  }
}

function onLines(child: ChildProcess, told: (line: string) => void): void {
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(-10_000)
    for (const line of lines) told(line)
  })
}

function readyLine(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const timer = setTimeout(() => {
    reject(new Error(`it was not ready within ${startWithinMs} ms`))
  }, startWithinMs)
  child.once('error', reject)
  child.once('exit', (code, name) => {
    reject(new Error(`it ended before it was ready (${name ?? `exit ${code ?? '?'}`})`))
  })
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (end >= 0) resolve(text.slice(0, end))
  })
  return promise.finally(() => {
    clearTimeout(timer)
  })
}

function readReady(line: string): NodeReady {
  const raw = JSON.parse(line) as Readonly<Record<string, unknown>>
  const text = (name: string): string => {
    const value = raw[name]
    if (typeof value !== 'string') throw new TypeError(`its ready line has no ${name}`)
    return value
  }
  const pids = raw['pids']
  const supervisor =
    typeof pids === 'object' && pids !== null && 'supervisor' in pids ? pids.supervisor : undefined
  if (typeof supervisor !== 'number') throw new TypeError('its ready line has no pids.supervisor')
  return {
    url: text('url'),
    listen: text('listen'),
    adminListen: new URL(text('admin')).host,
    adminSocket: text('admin_socket'),
    supervisor,
  }
}

async function killed(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  // Stopped processes die of it, too.
  signal(-pid, 'SIGKILL')
  await until(() => membersOf(pid).length === 0 && isOver(child))
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return
  child.kill('SIGTERM')
  const end = performance.now() + stopWithinMs
  while (!isOver(child) && performance.now() < end) await pause()
  await killed(child)
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + goneWithinMs
  while (!isSo() && performance.now() < end) await pause()
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pollMs))
}
