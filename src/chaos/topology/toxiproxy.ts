import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import type { ToolHost } from '../tools/locate.ts'
import { toxiproxyApi } from './toxiproxy-api.ts'
import { toxiproxyProgram, toxiproxyVersion } from './toxiproxy-program.ts'

export type ToxiproxyPorts = {
  readonly host: ToolHost
  /** `toxiproxy_died`: it ended by itself, and every link with it. Told once a life. */
  readonly onTrouble: (trouble: KfError) => void
  /** After each start, before anything goes through it: for the undo log. A rejection ends the start. */
  readonly onStarted?: (pid: number) => Promise<void>
}

export type ToxiproxyServer = {
  /** `http://127.0.0.1:PORT`; stays over a restart. */
  readonly api: string
  /** Undefined: it is not running. */
  readonly pid: () => number | undefined
  /** Kills it and starts it anew on the same port, without proxies. */
  readonly restart: () => Promise<void>
  /** Idempotent. It keeps nothing, so it is killed. */
  readonly stop: () => Promise<void>
}

const readyWithinMs = 10_000
const pollMs = 20
const tries = 3
const keptOutput = 4_096

/**
 * Starts the toxiproxy-server of this machine on a free loopback port and watches it. Throws `toxiproxy_missing`,
 * `toxiproxy_version`, and `toxiproxy_start` with what it said.
 */
export async function startToxiproxy(ports: ToxiproxyPorts): Promise<ToxiproxyServer> {
  const program = await toxiproxyProgram(ports.host)
  for (let left = tries - 1; ; left--) {
    const port = await freePort()
    const life = lifeOf(program, port, ports)
    try {
      await life.start()
      return life.server
    } catch (error) {
      await life.server.stop()
      // Another program may have taken the port in the meantime.
      if (left === 0 || codeOf(error) !== 'toxiproxy_start') throw error
    }
  }
}

function lifeOf(program: string, port: number, ports: ToxiproxyPorts) {
  const api = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined

  const start = async (): Promise<void> => {
    let output = ''
    let ended: string | undefined
    const started = spawn(program, ['-host', '127.0.0.1', '-port', String(port)], {
      // It would else write a line for each connection.
      env: { ...ports.host.env, LOG_LEVEL: 'error' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A terminal's Ctrl-C is for the harness, which still needs it to heal; what outlives the harness the guard kills.
      detached: true,
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-keptOutput)
      })
    }
    started.once('error', (error) => {
      ended = messageOf(error)
    })
    let ready = false
    started.once('exit', (code, signal) => {
      ended = signal === null ? `exit code ${code ?? '?'}` : signal
      if (child !== started) return
      child = undefined
      if (ready) ports.onTrouble(died(api, ended, output))
    })
    const deadline = performance.now() + readyWithinMs
    while (!(await answers(api))) {
      if (ended !== undefined || performance.now() > deadline) throw notStarted(program, port, ended, output)
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
    // What answers must be this process, not another that had the port already.
    if (ended !== undefined || started.pid === undefined) throw notStarted(program, port, ended, output)
    await ports.onStarted?.(started.pid)
    ready = true
  }

  const stop = async (): Promise<void> => {
    const stopped = child
    child = undefined
    if (stopped?.pid === undefined || stopped.exitCode !== null || stopped.signalCode !== null) return
    const { promise, resolve } = Promise.withResolvers<void>()
    stopped.once('exit', () => {
      resolve()
    })
    stopped.kill('SIGKILL')
    await promise
  }

  const server: ToxiproxyServer = {
    api,
    pid: () => child?.pid,
    restart: async () => {
      await stop()
      await start()
    },
    stop,
  }
  return { start, server }
}

async function answers(api: string): Promise<boolean> {
  try {
    return (await toxiproxyApi(api, 1_000).version()) === toxiproxyVersion
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.once('error', reject)
  server.listen({ host: '127.0.0.1', port: 0 }, () => {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close(() => {
      resolve(port)
    })
  })
  return promise
}

function notStarted(program: string, port: number, ended: string | undefined, output: string): KfError {
  const what = ended === undefined ? `did not answer within ${readyWithinMs} ms` : `ended at once (${ended})`
  const said = output.trim()
  return new KfError(
    'toxiproxy_start',
    `${program} on port ${port} ${what}${said === '' ? '' : `: ${said}`}`,
    { hint: 'kf tools list shows which program it is', params: { program, port, what, said } },
  )
}

function died(api: string, ended: string, output: string): KfError {
  const said = output.trim()
  return new KfError(
    'toxiproxy_died',
    `Toxiproxy at ${api} ended by itself (${ended}), and every link with it${said === '' ? '' : `: ${said}`}`,
    { hint: 'did the system run out of memory or descriptors?', params: { api, ended, said } },
  )
}
