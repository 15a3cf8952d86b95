import { type ChildProcess, fork } from 'node:child_process'
import { KfError } from '../../core/errors.ts'
import { LatencyHistogram } from '../report/histogram.ts'
import type { MeasuredStep, RestRow } from '../report/rest.ts'
import type { RestStep } from '../scenario/scenario.ts'
import { ending } from '../targets/forked.ts'
import type { RunningTarget } from '../targets/target.ts'
import { restRequests } from './rest-access.ts'
import type { FromRest, RestCounts, RestRequests, ToRest } from './rest-ipc.ts'

/** Answers may come 7 s late; then the process has to say so. */
const lateMs = 15_000

/** The REST steps of a scenario, made by autocannon in a process of their own. */
export class RestSteps {
  readonly #child: ChildProcess
  readonly #requests: readonly RestRequests[]

  private constructor(child: ChildProcess, requests: readonly RestRequests[]) {
    this.#child = child
    this.#requests = requests
  }

  /** The same, and nothing where there are no steps. */
  static async startAny(
    steps: readonly RestStep[] | undefined,
    target: RunningTarget,
    nowMs: () => number,
  ): Promise<RestSteps | undefined> {
    return steps === undefined || steps.length === 0 ? undefined : RestSteps.start(steps, target, nowMs)
  }

  /** Makes visitors where steps ask as one. Throws `rest_setup`; nothing is left running then. */
  static async start(
    steps: readonly RestStep[],
    target: RunningTarget,
    nowMs: () => number,
  ): Promise<RestSteps> {
    const requests = await restRequests(steps, target, nowMs)
    const child = fork(new URL('./rest-worker.ts', import.meta.url), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    try {
      await heard(child, 'ready', lateMs)
      return new RestSteps(child, requests)
    } catch (error) {
      await ending(child)
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Runs all steps at once for so long; an abort ends them, and counts what was asked until then. */
  async run(
    durationMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly steps: readonly MeasuredStep[]; readonly lagP99Ms: number }> {
    const stop = (): void => {
      this.#tell({ t: 'stop' })
    }
    signal.addEventListener('abort', stop)
    this.#tell({ t: 'run', requests: this.#requests, durationMs })
    if (signal.aborted) stop()
    try {
      const { counts, lagP99Ms } = await heard(this.#child, 'ran', durationMs + lateMs)
      return { steps: counts.map((one, i) => stepOf(one, this.#requests[i])), lagP99Ms }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await ending(this.#child)
  }

  #tell(message: ToRest): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

function stepOf(counts: RestCounts, requests: RestRequests | undefined): MeasuredStep {
  const latency = new LatencyHistogram(counts.latency.counts, counts.latency.sumMs)
  const ms = (value: number | null): number | null =>
    value === null ? null : Math.round(value * 1_000) / 1_000
  const row: RestRow = {
    name: counts.name,
    asked_per_s: requests?.rate ?? 0,
    requests_per_s: counts.seconds > 0 ? Math.round((counts.succeeded / counts.seconds) * 10) / 10 : null,
    avg_ms: ms(latency.meanMs),
    p50_ms: ms(latency.quantileMs(0.5)),
    p95_ms: ms(latency.quantileMs(0.95)),
    p99_ms: ms(latency.quantileMs(0.99)),
    p999_ms: ms(latency.quantileMs(0.999)),
    sent: counts.intended,
    errors: counts.failed,
    error_rate: counts.intended === 0 ? null : counts.failed / counts.intended,
    reasons: counts.reasons,
  }
  return { row, latency }
}

function heard<T extends FromRest['t']>(
  child: ChildProcess,
  type: T,
  withinMs: number,
): Promise<Extract<FromRest, { readonly t: T }>> {
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => {
      settle()
      reject(new KfError('rest_load', `the process that makes REST requests: ${message}`))
    }
    const timer = setTimeout(() => {
      fail(`nothing heard within ${withinMs} ms while waiting for "${type}"`)
    }, withinMs)
    const onMessage = (message: FromRest): void => {
      if (message.t === 'failed') fail(message.message)
      if (!isOf(message, type)) return
      settle()
      resolve(message)
    }
    const onExit = (code: number | null, signal: string | null): void => {
      fail(`it ended (${signal ?? `exit ${code ?? 0}`})`)
    }
    const settle = (): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}

function isOf<T extends FromRest['t']>(
  message: FromRest,
  type: T,
): message is Extract<FromRest, { readonly t: T }> {
  return message.t === type
}
