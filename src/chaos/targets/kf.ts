import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { KfError, messageOf } from '../../core/errors.ts'
import { processTree } from '../load/machine.ts'
import type { Demand, RunningTarget, Target } from './target.ts'

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
  return { name: 'kf', dialect: 'kf', start: (demand) => start(options, demand) }
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
  ]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let ended: string | undefined
  let stopping = false
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000)
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
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Where kf.v1 is spoken below the address that people open. */
export function webSocketAddress(base: string): {
  readonly host: string
  readonly port: number
  readonly path: string
} {
  const url = new URL('ws', base.endsWith('/') ? base : `${base}/`)
  return { host: url.hostname, port: Number(url.port === '' ? '80' : url.port), path: url.pathname }
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
      const said = complaint().trim()
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

function readBench(raw: unknown): { readonly site: string; readonly tokens: readonly string[] } {
  if (
    isRecord(raw) &&
    isRecord(raw['site']) &&
    typeof raw['site']['key'] === 'string' &&
    Array.isArray(raw['agents'])
  ) {
    const tokens = raw['agents'].flatMap((agent: unknown) =>
      isRecord(agent) && typeof agent['token'] === 'string' ? [agent['token']] : [],
    )
    return { site: raw['site']['key'], tokens }
  }
  throw new KfError('target_start', 'the answer of POST /admin/bench has no site key and agents', {
    hint: 'is the server the same version of kf as this one?',
  })
}

/** Posts JSON over a Unix socket and returns the JSON of the answer. Throws `target_start` on any other status than 2xx. */
export function adminPost(socketPath: string, path: string, body: unknown): Promise<unknown> {
  const text = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(new KfError('target_start', `POST ${path} on ${socketPath}: ${messageOf(cause)}`, { cause }))
    }
    const headers = {
      host: 'localhost',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }
    const call = request(
      { socketPath, path, method: 'POST', headers, timeout: startWithinMs },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          answer += chunk
        })
        response.on('error', fail)
        response.on('end', () => {
          const status = response.statusCode ?? 0
          if (status < 200 || status > 299) {
            fail(new Error(`status ${status}: ${answer.slice(0, 300)}`))
            return
          }
          try {
            resolve(JSON.parse(answer))
          } catch (error) {
            fail(error)
          }
        })
      },
    )
    call.on('timeout', () => call.destroy(new Error(`no answer within ${startWithinMs} ms`)))
    call.on('error', fail)
    call.end(text)
  })
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
