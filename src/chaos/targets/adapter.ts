import type { Addresses } from '../load/ipc.ts'
import type { Dialect } from './dialect.ts'
import type { Demand } from './target.ts'

/**
 * What the file of a peer's adapter exports: `export const target: PeerTarget` and `export const dialect: Dialect`.
 * Generators load the file too, for its dialect alone: so what the server needs is loaded by `start`, not at import.
 */
export type Adapter = { readonly target: PeerTarget; readonly dialect: Dialect }

export type PeerTarget = {
  /** Names the report: lower-case letters, digits and dashes, at most 40. */
  readonly name: string
  /** Starts the peer, or attaches to it, ready for this many; bounded to 60 s. What it throws is shown to the operator. */
  readonly start: (demand: Demand) => Promise<PeerRunning>
}

/** A peer that runs. What is left out is not known, or not there. */
export type PeerRunning = {
  /** At least one; visitor or agent `n` goes to the one at `n % addresses.length`. */
  readonly addresses: Addresses
  readonly site?: string
  /** One an agent, handed to `hello`; none: nothing is delivered. */
  readonly agentTokens?: readonly string[]
  /** Processes whose CPU and memory are the server's; descendants are found. Without them a closed loop is never valid. */
  readonly pids?: readonly number[]
  /** The folder it syncs to: on a memory file system the row is invalid. */
  readonly dataFolder?: string
  /** Why it ended by itself, once it has. */
  readonly ended?: () => string | undefined
  /** The last that it wrote to its error output. */
  readonly log?: () => string
  /** Ends it and removes what `start` made; bounded to 15 s. */
  readonly stop: () => Promise<void>
}
