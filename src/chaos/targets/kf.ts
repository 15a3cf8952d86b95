import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KfError, messageOf } from '../../core/errors.ts'
import { processTree } from '../load/machine.ts'
import { adminPost, adminStages, isRecord, readBench, webSocketAddress } from './kf-admin.ts'
import { type Demand, kfTraits, type RunningTarget, type Target } from './target.ts'

export type OwnKfOptions = {
  /** The program and arguments that stand for `kf serve`: Node, the launcher, `serve`. */
  readonly serve: readonly string[]
  /** Existing folder on a real disk, in which each start makes a data folder of its own. */
  readonly dataRoot: string
}

const startWithinMs = 30_000
const stopWithinMs = 12_000

/** kf as the operator runs it: its own `kf serve` on loopback, in a fresh data folder, with the sealed site `bench`. */
export function ownKf(options: OwnKfOptions): Target {
  return { ...kfTraits, start: (demand) => start(options, demand) }
}

async function start(options: OwnKfOptions, demand: Demand): Promise<RunningTarget> {
  const dataFolder = await mkdtemp(join(options.dataRoot, 'kf-bench-'))
  const [program = '', ...leading] = options.serve
  const listen = ['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']
  const args = [
    ...leading,
    '--data',
    dataFolder,
    ...listen,
    '--workers',
    String(demand.workers),
    '--json-ready',
    // The pipe ends when this process does, however it dies.
    '--stop-with-stdin',
  ]
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  child.stdin.on('error', () => {})
  let ended: string | undefined
  let stopping = false
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-20_000)
  })
  child.on('exit', (code, signal) => {
    if (!stopping) ended ??= `kf serve ended (${signal ?? `exit ${code ?? 0}`})`
  })
  const stop = async (): Promise<void> => {
    stopping = true
    await ending(child)
    await rm(dataFolder, { recursive: true, force: true })
  }
  try {
    const ready = await readyLine(child, () => complaint)
    const bench = await adminPost(ready.adminSocket, '/admin/bench', {
      agents: demand.agents,
      capacity: demand.capacity,
    })
    const { site, tokens } = readBench(bench)
    return {
      addresses: [webSocketAddress(ready.url)],
      site,
      agentTokens: tokens,
      pids: processTree([child.pid ?? 0]),
      dataFolder,
      ended: () => ended,
      log: () => complaint,
      stages: () => adminStages(ready.adminSocket),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Ready = { readonly url: string; readonly adminSocket: string }

function readyLine(child: ChildProcess, complaint: () => string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => {
      fail(`kf serve was not ready within ${startWithinMs} ms`)
    }, startWithinMs)
    const fail = (message: string): void => {
      clearTimeout(timer)
      const said = complaint().trim().slice(-2_000)
      reject(new KfError('target_start', said === '' ? message : `${message}: ${said}`))
    }
    child.once('error', (error) => {
      fail(`kf serve could not be started: ${error.message}`)
    })
    child.once('exit', (code, signal) => {
      fail(`kf serve ended before it was ready (${signal ?? `exit ${code ?? 0}`})`)
    })
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.includes('\n')) return
      text += chunk
      const end = text.indexOf('\n')
      if (end < 0) return
      clearTimeout(timer)
      try {
        resolve(readReady(text.slice(0, end)))
      } catch (error) {
        fail(`kf serve said something else than its ready line: ${messageOf(error)}`)
      }
    })
  })
}

function readReady(line: string): Ready {
  const raw: unknown = JSON.parse(line)
  if (!isRecord(raw) || typeof raw['url'] !== 'string' || typeof raw['admin_socket'] !== 'string') {
    throw new TypeError('url and admin_socket are missing')
  }
  return { url: raw['url'], adminSocket: raw['admin_socket'] }
}

// SIGTERM drains; what does not end in time is killed with its whole process group, so that no worker is left behind.
function ending(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve()
  const group = -child.pid
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      try {
        process.kill(group, 'SIGKILL')
      } catch {
        // Gone in the meantime.
      }
    }, stopWithinMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
