import { fork } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { KfError } from '../core/errors.ts'
import { cryptoRandomBytes, randomBase32 } from '../core/ids.ts'
import { startAll } from '../core/lifecycle.ts'
import type { Log, LogFormat } from '../core/log.ts'
import { type AdminListener, openAdminListener } from './admin/listener.ts'
import type { ServerConfig } from './config/server.ts'
import { type Address, urlOf } from './config/values.ts'
import { configBreak } from './config-center/break.ts'
import { createNodeCenter, type NodeFiles } from './config-center/node-center.ts'
import type { BootstrapResult } from './people/calls.ts'
import type { ChildRole, FromChild, ToChild } from './roles.ts'
import type { FileLock } from './storage/sqlite/lock.ts'
import type { Spawn } from './supervisor/child.ts'
import { adminToken, folderNames, lockFolder, prepareFolder } from './supervisor/folder.ts'
import { drainBounds, NodeChildren } from './supervisor/node.ts'
import { listenError, probePort } from './supervisor/ports.ts'

export type SupervisorOptions = {
  readonly config: ServerConfig
  /** What `config` was made of, and how to read it again. */
  readonly files: NodeFiles
  readonly log: Log
  /** How writer and workers write theirs. */
  readonly logFormat: LogFormat
  /** Gives the start up; a running node is stopped by `stop`. */
  readonly signal: AbortSignal
}

export type RunningNode = {
  readonly url: string
  readonly address: Address
  readonly admin: Address
  /** Absolute path of the administrative Unix socket. */
  readonly adminSocket: string
  readonly bootstrap: BootstrapResult
  readonly pids: () => {
    readonly supervisor: number
    readonly writer: number | undefined
    readonly workers: readonly (number | undefined)[]
  }
  /** Drains within 10 s and stops; idempotent. */
  readonly stop: () => Promise<void>
  /** Kills all children at once; `stop` then resolves soon. */
  readonly kill: () => void
}

/** How often a revision that waits for its confirm, and processes that missed a change, are looked at. */
const configTickMs = 500
/** How long a start asks again for a port that the workers of a killed supervisor are just leaving. */
const portWaitMs = 1_000
/** The folder's lock goes with its process, so only a drain's last moment is worth a wait. */
const lockWaitMs = 200

/**
 * Starts one node: takes the data folder's lock, forks writer and workers, opens the administrative listener and waits until
 * all are ready. Changes the working directory to the data folder.
 * On failure everything is taken back, and the error is a `KfError` for the operator.
 */
export async function startNode(options: SupervisorOptions): Promise<RunningNode> {
  const { config, log } = options
  const { data } = config
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined)
  let bootstrap: BootstrapResult | undefined
  const center = createNodeCenter(options.files, () => node, {
    clock: systemClock,
    log,
    running: () => ({
      listen: node.address,
      adminListen: admin?.address ?? config.adminListen,
      workers: config.workers,
      data,
      ownToken: config.adminToken === undefined,
    }),
    breakAt: configBreak(process.env['KF_BREAK'], import.meta.url.endsWith('.ts'), 'supervisor', () =>
      process.kill(process.pid, 'SIGKILL'),
    ),
  })
  const node: NodeChildren = new NodeChildren({
    config,
    configuration: {
      start: () => center.start(options.files.files),
      behind: () => center.behind(),
      get inEffect() {
        return center.inEffect
      },
      get drift() {
        return center.drift
      },
    },
    run: randomBase32(16, cryptoRandomBytes),
    clock: systemClock,
    spawn: (role) => forkRole(role, data),
    log,
    logFormat: options.logFormat,
    onBroken: (error) => {
      // Before the node is ready the start fails with this error, and whoever started it says so.
      if (bootstrap !== undefined) log.error({}, oneLine(error))
      broken.reject(error)
    },
    ownStats: () => {
      const { user, system } = process.cpuUsage()
      return {
        rss_bytes: process.memoryUsage.rss(),
        cpu_seconds_total: (user + system) / 1e6,
        uptime_seconds: Math.round(process.uptime()),
      }
    },
  })
  options.signal.addEventListener('abort', () => {
    broken.reject(new KfError('interrupted', 'stopped before it was ready'))
  })
  let lock: FileLock | undefined
  let admin: AdminListener | undefined
  let ticks: NodeJS.Timeout | undefined
  const parts = await startAll(
    [
      {
        name: 'data folder',
        start: async () => {
          await prepareFolder(data)
          lock = await lockFolder(data, lockWaitMs)
          writeFileSync(join(data, folderNames.pid), `${process.pid}\n`)
        },
        stop: () => {
          rmSync(join(data, folderNames.pid), { force: true })
          lock?.release()
        },
      },
      {
        name: 'administrative listener',
        start: async () => {
          await probePort(config.listen, { flag: '--listen', waitMs: portWaitMs })
          // NOTE: a socket's path may have 107 bytes, a data folder's more: so the socket is bound by its name.
          process.chdir(data)
          admin = await openAdminListener(node, {
            address: config.adminListen,
            socket: folderNames.adminSocket,
            token: config.adminToken ?? (await adminToken(data)),
            center,
          }).catch((error: unknown) => {
            throw error instanceof KfError ? error : listenError(error, config.adminListen, '--admin-listen')
          })
        },
        stop: () => admin?.close(),
      },
      {
        name: 'writer and workers',
        start: async () => {
          try {
            bootstrap = await Promise.race([node.start(), broken.promise])
            // Before all are ready, readiness would count against a revision that waits for its confirm.
            ticks = setInterval(() => void center.tick(), configTickMs)
          } catch (error) {
            node.kill()
            throw error
          }
        },
        stop: () => {
          clearInterval(ticks)
          return node.drain()
        },
      },
    ],
    {
      stopWithinMs: drainBounds.totalMs + 1_000,
      onStopFailure: (part, message) => log.error({ part }, message),
    },
  )
  if (bootstrap === undefined) throw new KfError('internal', 'the node started without its site')
  return {
    url: config.publicUrl ?? urlOf(node.address),
    address: node.address,
    admin: admin?.address ?? config.adminListen,
    adminSocket: join(data, folderNames.adminSocket),
    bootstrap,
    pids: () => ({ supervisor: process.pid, ...node.pids }),
    stop: parts.stop,
    kill: () => node.kill(),
  }
}

// The build rewrites these addresses, so they stay literal.
const entries: Readonly<Record<ChildRole, URL>> = {
  writer: new URL('./writer.ts', import.meta.url),
  worker: new URL('./worker.ts', import.meta.url),
}

function forkRole(role: ChildRole, cwd: string): Spawn {
  return (on) => {
    // Stdout is the operator's (banner, JSON): whatever a child prints goes to stderr.
    const execArgv = [...process.execArgv, '--max-semi-space-size=64']
    const child = fork(entries[role], [], { cwd, execArgv, stdio: ['ignore', 2, 2, 'ipc'] })
    let ended = false
    const exit = (code: number | null, signal: string | null): void => {
      if (ended) return
      ended = true
      on.exit(code, signal)
    }
    child.on('message', (message) => on.message(message as FromChild))
    child.on('exit', exit)
    // A fork or a send that failed: the exit of a process that never was.
    child.on('error', () => {
      if (child.pid === undefined) exit(1, null)
    })
    return {
      pid: child.pid ?? 0,
      send: (message: ToChild) => child.connected && child.send(message),
      kill: (signal) => child.kill(signal),
    }
  }
}

function oneLine(error: KfError): string {
  return error.hint === undefined ? error.message : `${error.message.replace(/\.$/, '')}; ${error.hint}`
}
