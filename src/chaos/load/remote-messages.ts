import type { FromGenerator, GeneratorPlan, ToGenerator } from './ipc.ts'
import type { MachineSample } from './machine.ts'
import type { HostTrouble } from './remote-errors.ts'

/** What the coordinator says to a host that lends generators, and hears from it. */

export type ToHost =
  | { readonly t: 'begin'; readonly plans: readonly GeneratorPlan[] }
  | { readonly t: 'tell'; readonly generator: number; readonly message: ToGenerator }
  | { readonly t: 'ping'; readonly n: number }
  | { readonly t: 'sample'; readonly n: number }
  /** Ends all generators; the host closes the connection when none is left. */
  | { readonly t: 'end' }

export type FromHost =
  /** The first word; nothing is sent to the host before. */
  | { readonly t: 'hello'; readonly facts: HostFacts }
  | { readonly t: 'begun'; readonly pids: readonly number[] }
  | { readonly t: 'heard'; readonly generator: number; readonly message: FromGenerator }
  | { readonly t: 'ended'; readonly generator: number; readonly how: string }
  | { readonly t: 'pong'; readonly n: number; readonly ns: bigint }
  | { readonly t: 'sample'; readonly n: number; readonly sample: HostSample }
  /** It will not do this run; the connection ends. */
  | { readonly t: 'refused'; readonly trouble: HostTrouble }

export type HostFacts = {
  /** Of kf: coordinator and hosts must be of one version, since plans and results are not translated. */
  readonly version: string
  readonly name: string
  readonly cores: number
  /** Most descriptors a process may open there. */
  readonly descriptors: number
  readonly pid: number
  readonly sameness: Sameness
}

/** Equal where two processes are on one machine and see each other's processes, and each other's monotonic clock. */
export type Sameness = { readonly processes: string; readonly clock: string }

/** CPU seconds at one instant, in milliseconds of the host's own clock. */
export type HostSample = {
  readonly at: number
  readonly machine: MachineSample
  readonly generators: readonly { readonly pid: number; readonly seconds: number }[]
  /** The lending process itself. */
  readonly self: number
}

/** A host silent for so long is gone, and so is a coordinator; each speaks at least every `aliveEveryMs`. */
export const silentForMs = 15_000
export const aliveEveryMs = 3_000

export const largestToHost = 32 * 1024 * 1024
/** A result holds the logs of up to 16 million messages. */
export const largestFromHost = 512 * 1024 * 1024
