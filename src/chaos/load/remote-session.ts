import type { Duplex } from 'node:stream'
import type { GeneratorPlan } from './ipc.ts'
import { forkMember, type LocalMember } from './local-member.ts'
import { cpuSeconds, sampleMachine } from './machine.ts'
import { startProbe } from './probe.ts'
import { adapterHere, adapterName } from './remote-adapter.ts'
import { type HostTrouble, hostTroubles } from './remote-errors.ts'
import {
  aliveEveryMs,
  type FromHost,
  type HostFacts,
  type HostSample,
  largestToHost,
  silentForMs,
  type ToHost,
} from './remote-messages.ts'
import { problemOfPlans, readToHost } from './remote-plan.ts'
import { openWire } from './remote-wire.ts'

export type HostOptions = {
  readonly facts: HostFacts
  /** Hosts beyond loopback that generators here may load. */
  readonly targets: readonly string[]
  /** Paths of the adapters that generators here may load. */
  readonly adapters: readonly string[]
  /** Nanoseconds of this machine's monotonic clock. */
  readonly hrtime: () => bigint
}

/** One coordinator's use of this host. */
export type HostSession = {
  readonly who: string
  /** Ends the generators, then the connection. */
  readonly end: (why: SessionEnd) => Promise<void>
}

/** `said`: by the connection. */
export type SessionEnd =
  | { readonly why: 'run_ended' | 'stopped' }
  | { readonly why: 'silent'; readonly ms: number }
  | { readonly why: 'refused'; readonly trouble: HostTrouble }
  | { readonly why: 'connection'; readonly said: string }

/** `socket` is authenticated. `onEnd` is called when no generator is left, whatever ended it. */
export function startHostSession(
  socket: Duplex,
  who: string,
  options: HostOptions,
  onEnd: (why: SessionEnd) => void,
): HostSession {
  const members = new Map<number, LocalMember>()
  const stops: (() => void)[] = []
  let ending: Promise<void> | undefined
  let heardAt = performance.now()

  const wire = openWire(socket, {
    maxBytes: largestToHost,
    onMessage: (value) => {
      heardAt = performance.now()
      const message = readToHost(value)
      if (message === undefined) refuse(hostTroubles.message())
      else handle(message)
    },
    onEnd: (said) => {
      void end({ why: 'connection', said })
    },
  })
  const watch = setInterval(() => {
    if (performance.now() - heardAt > silentForMs) void end({ why: 'silent', ms: silentForMs })
  }, aliveEveryMs)
  const say = (message: FromHost): void => {
    wire.send(message)
  }
  say({ t: 'hello', facts: options.facts })
  return { who, end }

  function handle(message: ToHost): void {
    if (message.t === 'ping') say({ t: 'pong', n: message.n, ns: options.hrtime() })
    else if (message.t === 'sample') say({ t: 'sample', n: message.n, sample: sample() })
    else if (message.t === 'tell') members.get(message.generator)?.tell(message.message)
    else if (message.t === 'end') void end({ why: 'run_ended' })
    else begin(message.plans)
  }

  function begin(plans: readonly GeneratorPlan[]): void {
    const problem = problemOfPlans(plans, options.targets)
    if (problem !== undefined) {
      refuse(problem)
      return
    }
    const own: GeneratorPlan[] = []
    for (const plan of plans) {
      const dialect = adapterHere(plan.dialect, options.adapters)
      if (dialect === undefined) {
        refuse(hostTroubles.adapter(adapterName(plan.dialect)))
        return
      }
      own.push({ ...plan, dialect })
    }
    void fork(own)
  }

  async function fork(plans: readonly GeneratorPlan[]): Promise<void> {
    const zeroNs = plans[0]?.zeroNs ?? 0n
    const probe = await startProbe(() => Number(options.hrtime() - zeroNs) / 1e6)
    stops.push(() => {
      probe.stop()
    })
    if (ending !== undefined || members.size > 0) {
      probe.stop()
      return
    }
    for (const plan of plans) lend(forkMember({ ...plan, probePort: probe.port }))
    say({ t: 'begun', pids: [...members.values()].map(({ pid }) => pid) })
  }

  function lend(member: LocalMember): void {
    const { generator } = member.plan
    members.set(generator, member)
    member.onMessage((message) => {
      if (message.t !== 'progress' || !wire.crowded()) say({ t: 'heard', generator, message })
    })
    member.onEnd((how) => {
      say({ t: 'ended', generator, how })
    })
  }

  function sample(): HostSample {
    return {
      at: Number(options.hrtime()) / 1e6,
      machine: sampleMachine(),
      generators: [...members.values()].map(({ pid }) => ({ pid, seconds: cpuSeconds(pid) ?? 0 })),
      self: cpuSeconds(options.facts.pid) ?? 0,
    }
  }

  function refuse(trouble: HostTrouble): void {
    say({ t: 'refused', trouble })
    void end({ why: 'refused', trouble })
  }

  function end(why: SessionEnd): Promise<void> {
    ending ??= finish(why)
    return ending
  }

  async function finish(why: SessionEnd): Promise<void> {
    clearInterval(watch)
    await Promise.all([...members.values()].map((member) => member.stop()))
    for (const stop of stops) stop()
    onEnd(why)
    wire.close()
  }
}
