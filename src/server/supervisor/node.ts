import type { Clock } from '../../core/clock.ts'
import type { KfError } from '../../core/errors.ts'
import type { Source } from '../admin/metrics.ts'
import type { AdminNode } from '../admin/routes.ts'
import type { ServerConfig } from '../config/server.ts'
import type { Address } from '../config/values.ts'
import type { AdminCall } from '../people/calls.ts'
import type { ChildRole, ToChild } from '../roles.ts'
import { Child, type Spawn } from './child.ts'

export type NodeOptions = {
  readonly config: ServerConfig
  readonly run: string
  readonly clock: Clock
  readonly spawn: (role: ChildRole) => Spawn
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
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
    this.#workers = Array.from(
      { length: options.config.workers },
      (_, number) =>
        new Child({
          ...shared,
          name: `worker ${number}`,
          spawn: options.spawn('worker'),
          startMessage: () => this.#startMessage('worker', number),
        }),
    )
  }

  /** Forks everything at once; with port 0 the other workers wait for the port the first one got. Resolves when all are ready. */
  async start(): Promise<void> {
    this.#writer.start()
    const [first, ...others] = this.#workers
    first?.start()
    if (this.#port === 0) this.#port = (await first?.firstReady) ?? 0
    for (const worker of others) worker.start()
    await Promise.all([this.#writer, ...this.#workers].map((child) => child.firstReady))
  }

  /** Where visitors connect, with the port in use. */
  get address(): Address {
    return { host: this.#options.config.listen.host, port: this.#port }
  }

  get pids(): { readonly writer: number | undefined; readonly workers: readonly (number | undefined)[] } {
    return { writer: this.#writer.pid, workers: this.#workers.map((worker) => worker.pid) }
  }

  call(call: AdminCall): Promise<unknown> {
    return this.#writer.call(call)
  }

  notReady(): readonly string[] {
    const reasons = this.#draining ? ['draining'] : []
    for (const [name, child] of this.#named()) {
      if (child.state === 'broken')
        reasons.push(`${name}: failed for good; restart kf after the cause is gone`)
      else if (child.state !== 'ready') reasons.push(`${name}: ${child.state}`)
      else if (child.silentMs > silentAfterMs)
        reasons.push(`${name}: silent for ${Math.round(child.silentMs / 1000)} s`)
    }
    return reasons
  }

  sources(): readonly Source[] {
    const restarts = this.#named().reduce((sum, [, child]) => sum + child.restarts, 0)
    return [
      {
        role: 'supervisor',
        stats: {
          ...this.#options.ownStats(),
          ready: this.notReady().length === 0 ? 1 : 0,
          restarts_total: restarts,
        },
      },
      { role: 'writer', stats: this.#writer.stats },
      ...this.#workers.map((child, worker) => ({ role: 'worker' as const, worker, stats: child.stats })),
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

  #startMessage(role: ChildRole, worker?: number): ToChild {
    const { config, run } = this.#options
    return {
      t: 'start',
      role,
      run,
      data: config.data,
      config,
      ...(worker === undefined ? {} : { worker, listen: this.address }),
    }
  }
}
