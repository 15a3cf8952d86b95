import type { Clock } from '../../core/clock.ts'
import type { KfError } from '../../core/errors.ts'
import type { Log, LogFormat } from '../../core/log.ts'
import type { Source } from '../admin/metrics.ts'
import type { AdminNode } from '../admin/routes.ts'
import type { ServerConfig } from '../config/server.ts'
import type { Address } from '../config/values.ts'
import type { ConfigCenter } from '../config-center/center.ts'
import type { CenterProcess } from '../config-center/commit.ts'
import type { AskProcess } from '../config-center/messages.ts'
import { say } from '../config-center/sentences.ts'
import type { AdminCall, BootstrapResult } from '../people/calls.ts'
import type { ChildRole, ToChild } from '../roles.ts'
import { Child, type Spawn } from './child.ts'

export type NodeOptions = {
  readonly config: ServerConfig
  /** What processes are started with and what they must have in effect. `start` is awaited when the writer is there. */
  readonly configuration: Pick<ConfigCenter, 'inEffect' | 'behind' | 'drift'> & {
    readonly start: () => Promise<void>
  }
  readonly run: string
  readonly clock: Clock
  readonly spawn: (role: ChildRole) => Spawn
  readonly log: Log
  readonly logFormat: LogFormat
  /** The writer's store failed, or a child could not start: the node does not recover by itself. */
  readonly onBroken: (error: KfError) => void
  /** Resident memory and the like of the supervisor itself. */
  readonly ownStats: () => Readonly<Record<string, number>>
}

/** From SIGTERM to the last SIGKILL. */
export const drainBounds = { totalMs: 10_000, workersMs: 8_000 } as const

/** A child that reported nothing for this long is not ready: its loop stands still. */
const silentAfterMs = 10_000

/** The children of one node: one writer, the workers, and how they start and end together. */
export class NodeChildren implements AdminNode {
  readonly #options: NodeOptions
  readonly #writer: Child
  readonly #workers: readonly Child[]
  readonly #configured: Promise<void>
  #port: number
  #draining = false
  #ended: Promise<void> | undefined

  constructor(options: NodeOptions) {
    this.#options = options
    this.#port = options.config.listen.port
    const { clock, log, onBroken } = options
    const shared = { clock, log, onBroken }
    this.#writer = new Child({
      ...shared,
      name: 'writer',
      spawn: options.spawn('writer'),
      startMessage: () => this.#startMessage('writer'),
    })
    this.#configured = this.#writer.firstReady.then(options.configuration.start)
    this.#configured.catch(() => undefined)
    const workers: Child[] = []
    for (let number = 0; number < options.config.workers; number++) {
      workers.push(
        new Child({
          ...shared,
          name: `worker ${number}`,
          spawn: options.spawn('worker'),
          startMessage: () => this.#startMessage('worker', number),
          startAfter: this.#mayStart(workers[0]),
          onTaken: (taken) => {
            for (const [other, worker] of workers.entries())
              if (other !== number) worker.tell({ t: 'taken', taken })
          },
        }),
      )
    }
    this.#workers = workers
  }

  /** Forks everything at once. Resolves when all are ready, with the site and, at the first start, the owner. */
  async start(): Promise<BootstrapResult> {
    for (const child of [this.#writer, ...this.#workers]) child.start()
    // Hashing the owner's password takes as long as a worker's start: both at once.
    const bootstrap = this.#writer.firstReady.then(() => this.call({ call: 'bootstrap', args: {} }))
    bootstrap.catch(() => undefined)
    await this.#configured
    await Promise.all([this.#writer, ...this.#workers].map((child) => child.firstReady))
    this.#port = this.#workers[0]?.port ?? this.#port
    return (await bootstrap) as BootstrapResult
  }

  /** Where visitors connect, with the port in use. */
  get address(): Address {
    return { host: this.#options.config.listen.host, port: this.#port }
  }

  get pids(): { readonly writer: number | undefined; readonly workers: readonly (number | undefined)[] } {
    return { writer: this.#writer.pid, workers: this.#workers.map((worker) => worker.pid) }
  }

  /** What changed something is logged, with its object and never with a password. */
  async call(call: AdminCall): Promise<unknown> {
    const result = await this.#writer.call(call)
    if (call.call !== 'bootstrap' && call.call !== 'agents.list') {
      this.#options.log.info(
        'login' in call.args ? { login: call.args.login } : {},
        `carried out ${call.call}`,
      )
    }
    return result
  }

  /** Writer and workers as parties to a change of the configuration. */
  processes(): readonly CenterProcess[] {
    return this.#named().map(([name, child]) => ({
      name,
      isReady: () => child.state === 'ready',
      ask: (call) => child.configure(call),
      revision: () => child.revision,
    }))
  }

  /** Asks the writer's store. */
  readonly askWriter: AskProcess = (call) => this.#writer.configure(call)

  drift(): ConfigCenter['drift'] {
    return this.#options.configuration.drift
  }

  notReady(): readonly string[] {
    const reasons: string[] = this.#draining ? [say('draining')] : []
    for (const [name, child] of this.#named()) {
      if (child.state === 'broken') reasons.push(say('failed_for_good', { process: name }))
      else if (child.state !== 'ready') reasons.push(say('state', { process: name, state: child.state }))
      else if (child.silentMs > silentAfterMs)
        reasons.push(say('silent', { process: name, seconds: Math.round(child.silentMs / 1000) }))
    }
    for (const name of this.#options.configuration.behind()) {
      reasons.push(say('other_revision', { process: name }))
    }
    return reasons
  }

  /** Of its processes, since it started. */
  restarts(): number {
    return this.#named().reduce((sum, [, child]) => sum + child.restarts, 0)
  }

  sources(): readonly Source[] {
    return [
      {
        role: 'supervisor',
        stats: {
          ...this.#options.ownStats(),
          ready: this.notReady().length === 0 ? 1 : 0,
          restarts_total: this.restarts(),
        },
      },
      { role: 'writer', ...reportedBy(this.#writer) },
      ...this.#workers.map((child, worker) => ({ role: 'worker' as const, worker, ...reportedBy(child) })),
    ]
  }

  /** Workers drain, then the writer stops; after 10 s whatever is left is killed. Idempotent. */
  drain(): Promise<void> {
    this.#ended ??= this.#drain()
    return this.#ended
  }

  /** Ends all at once. */
  kill(): void {
    this.#draining = true
    for (const [, child] of this.#named()) child.kill()
  }

  async #drain(): Promise<void> {
    this.#draining = true
    const { clock } = this.#options
    const cancelKill = clock.after(drainBounds.totalMs, () => this.kill())
    const cancelWorkers = clock.after(drainBounds.workersMs + 500, () => {
      for (const worker of this.#workers) worker.kill()
    })
    for (const worker of this.#workers) worker.stop({ t: 'drain', within_ms: drainBounds.workersMs })
    await Promise.all(this.#workers.map((worker) => worker.gone))
    cancelWorkers()
    this.#writer.stop({ t: 'stop' })
    await this.#writer.gone
    cancelKill()
  }

  #named(): readonly (readonly [string, Child])[] {
    return [
      ['writer', this.#writer],
      ...this.#workers.map((worker, number) => [`worker ${number}`, worker] as const),
    ]
  }

  // A worker needs the writer's socket and store; with port 0 also the port that the first worker got.
  async #mayStart(first: Child | undefined): Promise<void> {
    await this.#configured
    if (this.#port === 0 && first !== undefined) this.#port = (await first.firstReady) ?? 0
  }

  #startMessage(role: ChildRole, worker?: number): ToChild {
    const { configuration, logFormat, run } = this.#options
    // A secret stays in the process that reads it.
    const { adminToken: _secret, ...config } = this.#options.config
    return {
      t: 'start',
      role,
      run,
      data: config.data,
      config,
      ...configuration.inEffect,
      logFormat,
      ...(worker === undefined ? {} : { worker, listen: this.address }),
    }
  }
}

function reportedBy({ stats, report }: Child): Pick<Source, 'stats' | 'report'> {
  return { stats, ...(report === undefined ? {} : { report }) }
}
