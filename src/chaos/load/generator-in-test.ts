import type { Dialect } from '../targets/dialect.ts'
import { type Generator, runGenerator } from './generator-run.ts'
import { type FromGenerator, type GeneratorPlan, noTrouble } from './ipc.ts'

/** A generator in the test's own process, and what it says. */
export type Hearing = {
  readonly generator: Generator
  /** What it says of this type next, or has said and was not asked for yet. */
  readonly next: <T extends FromGenerator['t']>(type: T) => Promise<Extract<FromGenerator, { t: T }>>
  /** The same without waiting. */
  readonly take: <T extends FromGenerator['t']>(type: T) => Extract<FromGenerator, { t: T }> | undefined
  readonly stop: () => void
}

export type TestClock = {
  readonly now: () => number
  /** Runs `task` every `ms`; the returned function ends that. */
  readonly every: (ms: number, task: () => void) => () => void
}

const machineClock: TestClock = {
  now: () => performance.now(),
  every: (ms, task) => {
    const timer = setInterval(task, ms)
    return () => {
      clearInterval(timer)
    }
  },
}

export function startGenerator(
  plan: GeneratorPlan,
  dialect: Dialect,
  clock: TestClock = machineClock,
): Hearing {
  const heard: FromGenerator[] = []
  let wake: () => void = () => {}
  const ends: (() => void)[] = []
  const generator = runGenerator({
    plan,
    dialect,
    now: clock.now,
    tell: (message) => {
      heard.push(message)
      wake()
    },
    every: (ms, task) => {
      const end = clock.every(ms, task)
      ends.push(end)
      return end
    },
    exit: () => {},
  })
  const take: Hearing['take'] = (type) => {
    const at = heard.findIndex((message) => message.t === type)
    const found = at < 0 ? undefined : heard.splice(at, 1)[0]
    return found !== undefined && isOf(found, type) ? found : undefined
  }
  const next: Hearing['next'] = async (type) => {
    for (;;) {
      const found = take(type)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const stop = (): void => {
    for (const end of ends) end()
    generator.handle({ t: 'leave' })
  }
  return { generator, next, take, stop }
}

/** Five visitors of one generator, without agents, against the loopback's `port`. */
export function planAt(port: number, changes: Partial<GeneratorPlan> = {}): GeneratorPlan {
  return {
    generator: 0,
    dialect: 'echo',
    addresses: [{ host: '127.0.0.1', port, path: '/' }],
    localAddress: undefined,
    mode: 'open',
    intervalMs: 20,
    seed: 7,
    run: 1,
    site: '',
    firstVisitor: 0,
    visitors: 5,
    firstAgent: 0,
    agentTokens: [],
    answers: false,
    ackWithinMs: 5_000,
    flows: [],
    trouble: noTrouble,
    zeroNs: 0n,
    zeroWallMs: 1_764_000_000_000,
    probePort: 0,
    ...changes,
  }
}

function isOf<T extends FromGenerator['t']>(
  message: FromGenerator,
  type: T,
): message is Extract<FromGenerator, { t: T }> {
  return message.t === type
}
