import { KfError } from '../../core/errors.ts'
import type { FromGenerator, GeneratorPlan, GeneratorResult, Progress, Reason, Window } from './ipc.ts'
import { forkMember, type LocalMember } from './local-member.ts'
import { LostShare } from './lost-share.ts'
import type { Member } from './member.ts'
import type { RemoteHost } from './remote-host.ts'

/** A generator that ended while the load ran. */
export type Lost = { readonly generator: number; readonly host: string | undefined; readonly how: string }

/** The generator processes of one run, as one. Every wait has a deadline and ends when a generator does. */
export class Fleet {
  readonly #members: readonly Member[]
  readonly #local: readonly LocalMember[]
  readonly #hosts: readonly RemoteHost[]
  readonly #shares = new Map<Member, LostShare>()
  readonly #lost = new Map<Member, Lost>()
  #started = false
  #latestAt = 0
  #onProgress: (generator: number, progress: Progress) => void = () => {}

  private constructor(local: readonly LocalMember[], lent: readonly Member[], hosts: readonly RemoteHost[]) {
    this.#local = local
    this.#members = [...local, ...lent]
    this.#hosts = hosts
    for (const member of this.#members) this.#watch(member)
  }

  /**
   * Starts one process a plan: here, or spread over `hosts`. Throws `generator` when one does not
   * come up; none is left then.
   */
  static async start(
    plans: readonly GeneratorPlan[],
    signal: AbortSignal,
    hosts: readonly RemoteHost[] = [],
  ): Promise<Fleet> {
    const local = hosts.length === 0 ? plans.map(forkMember) : []
    const lent = hosts.flatMap((host, n) => host.lend(plans.filter((_, at) => at % hosts.length === n)))
    const fleet = new Fleet(local, lent, hosts)
    try {
      await fleet.#all((member) => next(member, 'ready', 15_000, signal))
      return fleet
    } catch (error) {
      await fleet.stop()
      throw error
    }
  }

  /** Processes on this machine whose CPU is the generators'. */
  get pids(): readonly number[] {
    return [...this.#local.map(({ pid }) => pid), ...this.#hosts.flatMap((host) => host.pidsHere)]
  }

  /** Generators that ended although the load was running; the row is worth nothing then. */
  get lost(): readonly Lost[] {
    return [...this.#lost.values()]
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
      member.tell({ t: 'connect', who, perSecond: share, withinMs })
      return next(member, 'connected', withinMs + 10_000, signal)
    })
    return {
      connected: answers.reduce((sum, answer) => sum + answer.connected, 0),
      reasons: answers.flatMap((answer) => answer.reasons),
    }
  }

  start(window: Window): void {
    this.#started = true
    for (const member of this.#members) {
      this.#shares.set(member, new LostShare(window))
      member.tell({ t: 'start', window })
    }
  }

  /**
   * Stops sending, waits for what is under way, reads back, and collects every generator's result. Of one that ended, what its
   * progress had told: what it had sent and had no ack of is an error.
   */
  async finish(drainMs: number, readBackMs: number): Promise<readonly GeneratorResult[]> {
    await this.#present((member) => {
      member.tell({ t: 'drain', withinMs: drainMs })
      return next(member, 'drained', drainMs + 15_000)
    })
    await this.#present((member) => {
      member.tell({ t: 'read-back', withinMs: readBackMs })
      return next(member, 'read', readBackMs + 15_000)
    })
    const results = await this.#present((member) => {
      member.tell({ t: 'report' })
      return next(member, 'result', 60_000)
    })
    return this.#members.map((member) => {
      return (
        results.get(member)?.result ??
        (this.#shares.get(member) ?? new LostShare()).result(member.plan, this.#latestAt)
      )
    })
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()))
  }

  #watch(member: Member): void {
    member.onMessage((message) => {
      if (message.t === 'delivered') {
        const { notice } = message
        this.#members.find(({ plan }) => plan.generator === message.to)?.tell({ t: 'delivered', notice })
      }
      if (message.t !== 'progress') return
      this.#latestAt = Math.max(this.#latestAt, message.progress.at)
      this.#shares.get(member)?.add(message.progress)
      this.#onProgress(member.plan.generator, message.progress)
    })
    member.onEnd((how) => {
      if (!this.#started) return
      this.#lost.set(member, { generator: member.plan.generator, host: member.host, how })
    })
  }

  #all<T>(each: (member: Member) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#members.map(each))
  }

  // Of those that are still there; one that ends meanwhile is passed over, any other failure is thrown.
  async #present<T>(each: (member: Member) => Promise<T>): Promise<ReadonlyMap<Member, T>> {
    const answers = new Map<Member, T>()
    await this.#all(async (member) => {
      if (this.#lost.has(member)) return
      try {
        answers.set(member, await each(member))
      } catch (error) {
        if (!this.#lost.has(member)) throw error
      }
    })
    return answers
  }
}

function next<T extends FromGenerator['t']>(
  member: Member,
  type: T,
  withinMs: number,
  signal?: AbortSignal,
): Promise<Extract<FromGenerator, { readonly t: T }>> {
  const { plan, host } = member
  const where = host === undefined ? '' : ` on ${host}`
  return new Promise((resolve, reject) => {
    const undo: (() => void)[] = []
    const settle = (): void => {
      for (const step of undo.splice(0)) step()
    }
    const fail = (message: string): void => {
      settle()
      reject(new KfError('generator', `generator ${plan.generator}${where}: ${message}`))
    }
    const onAbort = (): void => {
      fail('interrupted')
    }
    const timer = setTimeout(() => {
      fail(`nothing heard within ${withinMs} ms while waiting for "${type}"`)
    }, withinMs)
    undo.push(
      () => {
        clearTimeout(timer)
      },
      () => signal?.removeEventListener('abort', onAbort),
      member.onMessage((message) => {
        if (message.t === 'failed') fail(message.message)
        if (!isOf(message, type)) return
        settle()
        resolve(message)
      }),
    )
    signal?.addEventListener('abort', onAbort)
    undo.push(member.onEnd(fail))
    if (signal?.aborted === true) onAbort()
  })
}

function isOf<T extends FromGenerator['t']>(
  message: FromGenerator,
  type: T,
): message is Extract<FromGenerator, { readonly t: T }> {
  return message.t === type
}
