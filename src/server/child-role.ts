import { KfError, messageOf } from '../core/errors.ts'
import { createLog, type Log } from '../core/log.ts'
import type { FromChild, StartMessage, Stats, ToChild } from './roles.ts'
import { watchLoop } from './telemetry/loop.ts'
import type { ProcessReport } from './telemetry/report.ts'

/** A role that runs: what the supervisor can ask of it. */
export type RunningRole = {
  readonly port?: number
  readonly stats: () => Stats
  readonly report?: () => ProcessReport
  readonly admin?: (call: Extract<ToChild, { t: 'admin' }>) => Promise<unknown>
  readonly drain?: (withinMs: number) => Promise<void>
  readonly stop?: () => Promise<void>
}

const statsEveryMs = 1_000

/**
 * A child's side of the supervisor's channel: starts the role once, answers calls, reports once a second, and ends the process
 * when told to, or when the supervisor is gone.
 */
export function runRole(start: (message: StartMessage, log: Log) => Promise<RunningRole>): void {
  let running: RunningRole | undefined
  const tell = (message: FromChild): void => {
    if (process.connected) process.send?.(message)
  }
  const end = (work: Promise<void> | undefined): void => {
    Promise.resolve(work).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`kf: stopping failed: ${messageOf(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('message', (message: ToChild) => {
    switch (message.t) {
      case 'start':
        start(message, logOf(message)).then(
          (role) => {
            running = role
            tell({ t: 'ready', ...(role.port === undefined ? {} : { port: role.port }) })
            const loop = watchLoop()
            setInterval(() => {
              tell({
                t: 'stats',
                stats: { ...ownStats(), ...role.stats() },
                report: { ...(role.report?.() ?? { stages: {} }), loop: loop.report() },
              })
            }, statsEveryMs)
          },
          (error: unknown) => {
            tell({ t: 'failed', ...described(error) })
            // The channel's buffer must reach the supervisor before the process ends.
            setTimeout(() => process.exit(1), 200)
          },
        )
        return
      case 'admin':
        Promise.resolve(running?.admin?.(message)).then(
          (result) => {
            tell({ t: 'answer', q: message.q, ok: true, result })
          },
          (error: unknown) => {
            tell({ t: 'answer', q: message.q, ok: false, error: described(error) })
          },
        )
        return
      case 'drain':
        end(running?.drain?.(message.within_ms))
        return
      case 'stop':
        end(running?.stop?.())
    }
  })
  // The supervisor is gone: its successor must find neither the port nor the store held.
  process.on('disconnect', () => process.exit(0))
  // Ctrl-C and a closed terminal reach the whole group; the supervisor decides when its children go.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
}

function logOf({ role, worker, logFormat }: StartMessage): Log {
  return createLog({
    name: worker === undefined ? role : `${role} ${worker}`,
    format: logFormat,
    now: Date.now,
    write: (line) => {
      process.stderr.write(line)
    },
  })
}

function ownStats(): Stats {
  const { user, system } = process.cpuUsage()
  return { rss_bytes: process.memoryUsage.rss(), cpu_seconds_total: (user + system) / 1e6 }
}

function described(error: unknown): {
  readonly code: string
  readonly message: string
  readonly hint?: string
} {
  if (!(error instanceof KfError)) return { code: 'internal', message: messageOf(error) }
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
}
