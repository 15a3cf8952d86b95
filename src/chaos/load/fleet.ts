import { type ChildProcess, fork } from 'node:child_process'
import { KfError } from '../../core/errors.ts'
import { ending } from '../targets/forked.ts'
import type {
  FromGenerator,
  GeneratorPlan,
  GeneratorResult,
  Progress,
  Reason,
  ToGenerator,
  Window,
} from './ipc.ts'

/** The generator processes of one run, as one. Every wait has a deadline and ends when a generator dies. */
export class Fleet {
  readonly #members: readonly Member[]
  #onProgress: (generator: number, progress: Progress) => void = () => {}

  private constructor(members: readonly Member[]) {
    this.#members = members
    for (const member of members) {
      member.child.on('message', (message: FromGenerator) => {
        if (message.t === 'progress') this.#onProgress(member.plan.generator, message.progress)
      })
    }
  }

  /** Forks one process a plan. Throws `generator` when one does not come up; none is left then. */
  static async start(plans: readonly GeneratorPlan[], signal: AbortSignal): Promise<Fleet> {
    const fleet = new Fleet(
      plans.map((plan) => ({
        plan,
        child: fork(new URL('./generator.ts', import.meta.url), [], {
          execArgv: [...process.execArgv, '--max-semi-space-size=64'],
          serialization: 'advanced',
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        }),
      })),
    )
    try {
      await fleet.#all((member) => {
        tell(member, { t: 'plan', plan: member.plan })
        return next(member, 'ready', 15_000, signal)
      })
      return fleet
    } catch (error) {
      await fleet.stop()
      throw error
    }
  }

  get pids(): readonly number[] {
    return this.#members.map((member) => member.child.pid ?? 0)
  }

  onProgress(listener: (generator: number, progress: Progress) => void): void {
    this.#onProgress = listener
  }

  /** Connects all agents or visitors, `perSecond` over all generators; how many are connected, and why others are not. */
  async connect(
    who: 'agents' | 'visitors',
    perSecond: number,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly connected: number; readonly reasons: readonly Reason[] }> {
    const share = perSecond / this.#members.length
    const answers = await this.#all((member) => {
      tell(member, { t: 'connect', who, perSecond: share, withinMs })
      return next(member, 'connected', withinMs + 10_000, signal)
    })
    return {
      connected: answers.reduce((sum, answer) => sum + answer.connected, 0),
      reasons: answers.flatMap((answer) => answer.reasons),
    }
  }

  start(window: Window): void {
    for (const member of this.#members) tell(member, { t: 'start', window })
  }

  /** Stops sending, waits for what is under way, reads back, and collects every generator's result. */
  async finish(drainMs: number, readBackMs: number): Promise<readonly GeneratorResult[]> {
    await this.#all((member) => {
      tell(member, { t: 'drain', withinMs: drainMs })
      return next(member, 'drained', drainMs + 15_000)
    })
    await this.#all((member) => {
      tell(member, { t: 'read-back', withinMs: readBackMs })
      return next(member, 'read', readBackMs + 15_000)
    })
    const results = await this.#all((member) => {
      tell(member, { t: 'report' })
      return next(member, 'result', 30_000)
    })
    return results.map((answer) => answer.result)
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    for (const member of this.#members) tell(member, { t: 'leave' })
    await Promise.all(this.#members.map((member) => leaving(member.child)))
  }

  #all<T>(each: (member: Member) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#members.map(each))
  }
}

type Member = { readonly plan: GeneratorPlan; readonly child: ChildProcess }

function tell(member: Member, message: ToGenerator): void {
  if (member.child.connected) member.child.send(message, () => {})
}

function next<T extends FromGenerator['t']>(
  member: Member,
  type: T,
  withinMs: number,
  signal?: AbortSignal,
): Promise<Extract<FromGenerator, { readonly t: T }>> {
  const { child, plan } = member
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => {
      settle()
      reject(new KfError('generator', `generator ${plan.generator}: ${message}`))
    }
    const timer = setTimeout(() => {
      fail(`nothing heard within ${withinMs} ms while waiting for "${type}"`)
    }, withinMs)
    const onMessage = (message: FromGenerator): void => {
      if (message.t === 'failed') fail(message.message)
      if (!isOf(message, type)) return
      settle()
      resolve(message)
    }
    const onExit = (code: number | null, signal: string | null): void => {
      fail(`the process ended (${signal ?? `exit ${code ?? 0}`})`)
    }
    const onAbort = (): void => {
      fail('interrupted')
    }
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      child.off('message', onMessage)
      child.off('exit', onExit)
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
  })
}

function isOf<T extends FromGenerator['t']>(
  message: FromGenerator,
  type: T,
): message is Extract<FromGenerator, { readonly t: T }> {
  return message.t === type
}

async function leaving(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 3_000)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  await ending(child)
}
