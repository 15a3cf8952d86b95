import type { Duplex } from 'node:stream'
import type { GeneratorPlan } from './ipc.ts'
import { forkMember, type LocalMember } from './local-member.ts'
import { cpuSeconds, sampleMachine } from './machine.ts'
import { startProbe } from './probe.ts'
import { adapterHere, adapterName } from './remote-adapter.ts'
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
  readonly end: (why: string) => Promise<void>
}

/** `socket` is authenticated. `onEnd` is called when no generator is left, whatever ended it. */
export function startHostSession(
  socket: Duplex,
  who: string,
  options: HostOptions,
  onEnd: (why: string) => void,
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
      if (message === undefined) refuse('message', 'it was sent what it does not understand', sameVersion)
      else handle(message)
    },
    onEnd: (reason) => {
      void end(reason)
    },
  })
  const watch = setInterval(() => {
    if (performance.now() - heardAt > silentForMs)
      void end(`the coordinator was silent for ${silentForMs} ms`)
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
    else if (message.t === 'end') void end('the run ended')
    else begin(message.plans)
  }

  function begin(plans: readonly GeneratorPlan[]): void {
    const problem = problemOfPlans(plans, options.targets)
    if (problem !== undefined) {
      refuse('target', problem.message, problem.hint)
      return
    }
    const own: GeneratorPlan[] = []
    for (const plan of plans) {
      const dialect = adapterHere(plan.dialect, options.adapters)
      if (dialect === undefined) {
        const name = adapterName(plan.dialect)
        refuse(
          'adapter',
          `it has no adapter ${name}, or another one`,
          `start it there with --adapter PATH/${name}`,
        )
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

  function refuse(code: string, message: string, hint: string): void {
    say({ t: 'refused', code, message, hint })
    void end(`refused: ${message}`)
  }

  function end(why: string): Promise<void> {
    ending ??= finish(why)
    return ending
  }

  async function finish(why: string): Promise<void> {
    clearInterval(watch)
    await Promise.all([...members.values()].map((member) => member.stop()))
    for (const stop of stops) stop()
    onEnd(why)
    wire.close()
  }
}

const sameVersion = 'are both of the same version of kf?'
