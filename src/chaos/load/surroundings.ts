import { errorCodes, isErrorCode } from '../../protocol/codes.ts'
import type { Dialect } from '../targets/dialect.ts'
import type { LeanAddress } from '../user/lean.ts'
import type { GeneratorPlan } from './ipc.ts'
import type { MessageIds } from './message-id.ts'
import type { Meter } from './meter.ts'

/** What visitors and agents of one generator share. */
export type Surroundings = {
  /** Milliseconds on the run's clock, the same in every process of the run. */
  readonly now: () => number
  readonly ids: MessageIds
  readonly meter: Meter
  /** The pacer's `due` and `advance`, asked at every read. */
  readonly due: () => number
  readonly advance: (now: number) => void
  /** A visitor's message reached an agent's socket; undefined where nobody waits for that. */
  readonly delivered: ((generator: number, index: number, now: number) => void) | undefined
}

/** Numbers beside the seed, so that each part of a generator draws from a sequence of its own. */
export const randomFor = { visitors: 1, agents: 2, trouble: 3, flows: 4 } as const

/** Stands for the id in a frame template. */
export const slot = '00000000-0000-7000-8000-0000000000ff'

/** Where user `n` of the whole run connects. */
export function addressOf(plan: GeneratorPlan, dialect: Dialect, n: number): LeanAddress {
  const address = plan.addresses[n % plan.addresses.length] ?? { host: '127.0.0.1', port: 0, path: '/' }
  return { ...address, subprotocol: dialect.subprotocol, localAddress: plan.localAddress }
}

/** True when only a retry with the same id can tell what became of a message. */
export function isUnknown(code: string): boolean {
  return isErrorCode(code) && errorCodes[code].outcome === 'unknown'
}
