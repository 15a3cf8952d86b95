import { KfError, messageOf } from '../core/errors.ts'
import { createLog, type Log } from '../core/log.ts'
import { createSnapshotContainer, type SnapshotContainer } from './config/container.ts'
import { hashOf } from './config/hash.ts'
import { configBreak } from './config-center/break.ts'
import type { BreakPoint, ConfigCall } from './config-center/messages.ts'
import { createParticipant, type Participant } from './config-center/participant.ts'
import type { StoreCall } from './config-center/store-calls.ts'
import { exchangeMs, type TakenElsewhere } from './limits/limits.ts'
import type { FromChild, StartMessage, Stats, ToChild } from './roles.ts'
import { watchLoop } from './telemetry/loop.ts'
import type { ProcessReport } from './telemetry/report.ts'

/** The configuration in effect in this process, now and later. */
export type RoleConfig = {
  readonly snapshots: SnapshotContainer
  /** Test builds only. */
  readonly breakAt: (point: BreakPoint, revision: number) => void
}

/** A role that runs: what the supervisor can ask of it. */
export type RunningRole = {
  readonly port?: number
  readonly stats: () => Stats
  readonly report?: () => ProcessReport
  /** What this worker took of its limits and others do not know; and what another took. */
  readonly exchange?: () => TakenElsewhere | undefined
  readonly owe?: (taken: TakenElsewhere) => void
  /** The writer's: revisions in its store. */
  readonly revisions?: (call: StoreCall) => Promise<unknown>
  readonly admin?: (call: Extract<ToChild, { t: 'admin' }>) => Promise<unknown>
  readonly drain?: (withinMs: number) => Promise<void>
  readonly stop?: () => Promise<void>
}

const statsEveryMs = 1_000

/**
 * A child's side of the supervisor's channel: starts the role once, answers calls, reports once a second, and ends the process
 * when told to, or when the supervisor is gone.
 */
export function runRole(
  start: (message: StartMessage, log: Log, config: RoleConfig) => Promise<RunningRole>,
): void {
  let running: RunningRole | undefined
  let participant: Participant | undefined
  let report = (): void => undefined
  const tell = (message: FromChild): void => {
    if (process.connected) process.send?.(message)
  }
  const answer = (q: number, work: () => unknown): void => {
    Promise.resolve()
      .then(work)
      .then(
        (result) => {
          tell({ t: 'answer', q, ok: true, result })
        },
        (error: unknown) => {
          tell({ t: 'answer', q, ok: false, error: described(error) })
        },
      )
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
      case 'start': {
        const log = logOf(message)
        const config = configOf(message, log)
        participant = createParticipant({
          ...config,
          container: config.snapshots,
          revision: message.revision,
          hash: (snapshot) => hashOf(snapshot, 'cluster'),
        })
        start(message, log, config).then(
          (role) => {
            running = role
            tell({ t: 'ready', ...(role.port === undefined ? {} : { port: role.port }) })
            const loop = watchLoop()
            report = () => {
              tell({
                t: 'stats',
                stats: { ...ownStats(), config_revision: participant?.revision() ?? 0, ...role.stats() },
                report: { ...(role.report?.() ?? { stages: {} }), loop: loop.report() },
              })
            }
            setInterval(report, statsEveryMs)
            setInterval(() => {
              const taken = role.exchange?.()
              if (taken !== undefined) tell({ t: 'taken', taken })
            }, exchangeMs)
          },
          (error: unknown) => {
            tell({ t: 'failed', ...described(error) })
            // The channel's buffer must reach the supervisor before the process ends.
            setTimeout(() => process.exit(1), 200)
          },
        )
        return
      }
      case 'admin':
        answer(message.q, () => running?.admin?.(message))
        return
      case 'config':
        answer(message.q, () => {
          const done = configured(message.call, participant, running)
          // Before the answer: what is counted from now on came under the new revision.
          if (message.call.step === 'commit') report()
          return done
        })
        return
      case 'taken':
        running?.owe?.(message.taken)
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

function configured(
  call: ConfigCall,
  participant: Participant | undefined,
  running: RunningRole | undefined,
): unknown {
  switch (call.step) {
    case 'prepare':
      return participant?.prepare(call)
    case 'commit':
      return participant?.commit(call)
    case 'abort':
      return participant?.abort(call)
    case 'in_effect':
      return participant?.inEffect()
    default:
      return running?.revisions?.(call)
  }
}

function configOf(message: StartMessage, log: Log): RoleConfig {
  const source = import.meta.url.endsWith('.ts')
  return {
    snapshots: createSnapshotContainer(message.snapshot, (error) => {
      log.error({ error: messageOf(error) }, 'a part could not take the new configuration over')
    }),
    breakAt: configBreak(process.env['KF_BREAK'], source, nameOf(message), () =>
      process.kill(process.pid, 'SIGKILL'),
    ),
  }
}

function nameOf({ role, worker }: StartMessage): string {
  return worker === undefined ? role : `${role} ${worker}`
}

function logOf(message: StartMessage): Log {
  return createLog({
    name: nameOf(message),
    format: message.logFormat,
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
