import type { Duplex } from 'node:stream'
import type { FromGenerator, GeneratorPlan, ToGenerator } from './ipc.ts'
import { Listeners, Once } from './listeners.ts'
import type { Member } from './member.ts'
import { adapterForHost } from './remote-adapter.ts'
import { type ClockOffset, type Exchange, offsetOf, uncertaintyMs } from './remote-clock.ts'
import { type HostTrouble, hostError, hostTroubles } from './remote-errors.ts'
import {
  aliveEveryMs,
  type FromHost,
  type HostFacts,
  type HostSample,
  largestFromHost,
  type Sameness,
  silentForMs,
  type ToHost,
} from './remote-messages.ts'
import { openWire, type Wire } from './remote-wire.ts'

export type RemoteHostOptions = {
  /** As the operator named it. */
  readonly name: string
  /** Of this kf; the host's must be the same. */
  readonly version: string
  readonly sameness: Sameness
  readonly hrtime: () => bigint
}

const answerWithinMs = 5_000
const exchanges = 20

/** A host that lends its generators to this run, over an authenticated `socket`. */
export class RemoteHost {
  readonly name: string
  readonly #options: RemoteHostOptions
  readonly #wire: Wire
  readonly #heard = new Listeners<FromHost>()
  readonly #end = new Once<string>()
  readonly #alive: NodeJS.Timeout
  #facts: HostFacts | undefined
  #pids: readonly number[] = []
  #clock: ClockOffset = { offsetNs: 0n, uncertaintyNs: 0n }
  #uncertaintyMs = 0
  #closing: Promise<void> | undefined
  #heardAt: number
  #count = 0
  #generators = 0

  private constructor(socket: Duplex, options: RemoteHostOptions) {
    this.name = options.name
    this.#options = options
    this.#heardAt = performance.now()
    this.#wire = openWire(socket, {
      maxBytes: largestFromHost,
      onMessage: (message) => {
        this.#take(message as FromHost)
      },
      onEnd: (reason) => {
        this.#over(reason)
      },
    })
    this.#alive = setInterval(() => {
      if (performance.now() - this.#heardAt > silentForMs) this.#over(`silent for ${silentForMs} ms`)
      else this.#say({ t: 'ping', n: 0 })
    }, aliveEveryMs)
  }

  /** Throws `host_…` when it is of another version, lent to another, or does not answer. */
  static async open(socket: Duplex, options: RemoteHostOptions): Promise<RemoteHost> {
    const host = new RemoteHost(socket, options)
    try {
      const { facts } = await host.#answer('hello', () => true)
      if (facts.version !== options.version) {
        throw hostError(host.name, hostTroubles.version(facts.version, options.version))
      }
      host.#facts = facts
      host.#clock = await host.#measureClock()
      host.#uncertaintyMs = uncertaintyMs(host.#clock, host.#clock)
      return host
    } catch (error) {
      host.#over('not used')
      throw error
    }
  }

  get facts(): HostFacts {
    if (this.#facts === undefined) throw new Error('a host has facts once it was opened')
    return this.#facts
  }

  /** It is a process on this machine, whose CPU and whose generators' is read from here. */
  get isHere(): boolean {
    return this.facts.sameness.processes === this.#options.sameness.processes
  }

  get pidsHere(): readonly number[] {
    return this.isHere ? [this.facts.pid, ...this.#pids] : []
  }

  /** That it was asked for. */
  get generators(): number {
    return this.#generators
  }

  /** How far its clock may be from what this run takes it for, at most, in milliseconds. */
  get uncertaintyMs(): number {
    return this.#uncertaintyMs
  }

  /** Starts a generator a plan there. Each says `ready`, or ends. */
  lend(plans: readonly GeneratorPlan[]): readonly Member[] {
    if (plans.length === 0) return []
    this.#generators = plans.length
    const there = plans.map((plan) => ({
      ...plan,
      dialect: adapterForHost(plan.dialect),
      zeroNs: plan.zeroNs + this.#clock.offsetNs,
      probePort: 0,
    }))
    this.#heard.add((message) => {
      if (message.t === 'begun') this.#pids = message.pids
    })
    const members = plans.map((plan) => this.#member(plan))
    this.#say({ t: 'begin', plans: there })
    return members
  }

  /** What its machine and generators have used so far; undefined when it did not answer in time, or is gone. */
  async sample(): Promise<HostSample | undefined> {
    const n = ++this.#count
    try {
      this.#say({ t: 'sample', n })
      return (await this.#answer('sample', (answer) => answer.n === n)).sample
    } catch {
      return undefined
    }
  }

  /** Compares the clocks once more, after a run: how far they drifted is part of the uncertainty. */
  async compareClocks(): Promise<void> {
    if (this.#end.value !== undefined) return
    this.#uncertaintyMs = uncertaintyMs(this.#clock, await this.#measureClock())
  }

  /** Has it end its generators, and waits until it is free for the next run; idempotent, and bounded. */
  close(): Promise<void> {
    this.#closing ??= this.#goodbye()
    return this.#closing
  }

  async #goodbye(): Promise<void> {
    if (this.#end.value !== undefined) return
    this.#say({ t: 'end' })
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, answerWithinMs * 2)
      this.#end.on(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    this.#over('closed')
  }

  #member(plan: GeneratorPlan): Member {
    const { generator } = plan
    const messages = new Listeners<FromGenerator>()
    const end = new Once<string>()
    this.#heard.add((message) => {
      if (message.t === 'heard' && message.generator === generator) messages.call(message.message)
      if (message.t === 'ended' && message.generator === generator) end.happen(message.how)
    })
    this.#end.on((reason) => {
      end.happen(reason)
    })
    return {
      plan,
      host: this.name,
      tell: (message: ToGenerator) => {
        this.#say({ t: 'tell', generator, message })
      },
      onMessage: (listener) => messages.add(listener),
      onEnd: (listener) => end.on(listener),
      stop: () => this.close(),
    }
  }

  async #measureClock(): Promise<ClockOffset> {
    const { sameness, hrtime } = this.#options
    const made: Exchange[] = []
    for (let i = 0; i < exchanges; i++) {
      const n = ++this.#count
      const asked = hrtime()
      this.#say({ t: 'ping', n })
      const { ns } = await this.#answer('pong', (answer) => answer.n === n)
      made.push({ asked, there: ns, answered: hrtime() })
    }
    const measured = offsetOf(made) ?? this.#clock
    const { offsetNs, uncertaintyNs } = measured
    // One and the same clock needs no estimate, as long as the estimate does not speak against it.
    const consistent = offsetNs <= uncertaintyNs && offsetNs >= -uncertaintyNs
    const same = this.facts.sameness.clock === sameness.clock && consistent
    return same ? { offsetNs: 0n, uncertaintyNs: 0n } : measured
  }

  #take(message: FromHost): void {
    this.#heardAt = performance.now()
    this.#heard.call(message)
    if (message.t === 'refused') this.#over(`${message.trouble.message}; ${message.trouble.hint}`)
  }

  #answer<T extends FromHost['t']>(
    type: T,
    fits: (message: Extract<FromHost, { readonly t: T }>) => boolean,
  ): Promise<Extract<FromHost, { readonly t: T }>> {
    return new Promise((resolve, reject) => {
      const undo: (() => void)[] = []
      const fail = (trouble: HostTrouble): void => {
        for (const step of undo.splice(0)) step()
        reject(hostError(this.name, trouble))
      }
      const timer = setTimeout(() => {
        fail(hostTroubles.silent(answerWithinMs))
      }, answerWithinMs)
      undo.push(
        () => {
          clearTimeout(timer)
        },
        this.#heard.add((message) => {
          if (message.t === 'refused') fail(message.trouble)
          if (!isOf(message, type) || !fits(message)) return
          for (const step of undo.splice(0)) step()
          resolve(message)
        }),
      )
      undo.push(
        this.#end.on((reason) => {
          fail(hostTroubles.gone(reason))
        }),
      )
    })
  }

  #say(message: ToHost): void {
    this.#wire.send(message)
  }

  #over(reason: string): void {
    clearInterval(this.#alive)
    this.#wire.close()
    this.#end.happen(reason)
  }
}

function isOf<T extends FromHost['t']>(
  message: FromHost,
  type: T,
): message is Extract<FromHost, { readonly t: T }> {
  return message.t === type
}
