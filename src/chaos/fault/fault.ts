import type { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import type { Topology } from '../topology/topology.ts'

/**
 * One kind of fault, one a file. A fault that was not seen to fire makes the run unknown, so `verify` must look at the world
 * (Toxiproxy read back, a process's state, a counted failure), never at what was asked for.
 */
export type FaultKind<Params = unknown> = {
  readonly name: string
  /** One sentence for `kf chaos list` and the report. */
  readonly describe: { readonly en: string; readonly zh: string }
  /** What it is aimed at. */
  readonly on: 'link' | 'node' | 'worker' | 'writer' | 'clients' | 'config'
  /** Programs of others that it needs, by name as `kf tools` or the system knows them; said when missing. */
  readonly needs: readonly ('toxiproxy' | 'strace' | 'faketime' | 'root')[]
  /** A zod schema of its own keys (everything but at, fault, on, for, every, times); gives defaults. */
  readonly params: z.ZodType<Params>
  /** Over by itself once it was injected (kill with its restart): `for` is not allowed. */
  readonly momentary: boolean
  /** While it holds, the store cannot commit: `no_false_ack` looks at that window. */
  readonly storeCannotCommit?: boolean
  /** How long after the injection it may take to show, ms: a reset fires on the next data only. */
  readonly showsWithinMs: number
  /** Writes what undoes it (`undo`, synced) before it does anything. */
  readonly inject: (context: FaultContext, on: string, params: Params) => Promise<Injected>
}

export type Injected = {
  /** Proof that it fired; undefined: not yet. Asked again until `showsWithinMs` is over. */
  readonly verify: () => Promise<string | undefined>
  /** Idempotent; resolves when the world is as before (read back). */
  readonly heal: () => Promise<void>
}

export type FaultContext = {
  readonly topology: Topology
  readonly clock: Clock
  /** The run's seeded randomness, 0 … 1. */
  readonly random: () => number
  /** Synced to the undo log before it resolves: the guard carries it out when this process no longer can. */
  readonly undo: (step: UndoStep) => Promise<UndoHandle>
  readonly clients: FaultClients
}

/** What the workload lets faults do to clients. */
export type FaultClients = {
  /** Cuts this share of the connections of a side at once; they come back by their own backoff. Returns how many. */
  readonly storm: (side: Side, share: number) => number
  /** This share of the side's clients stops reading; the result resumes them. Counts those cut by the server with 4413. */
  readonly stopReading: (
    side: Side,
    share: number,
  ) => { readonly resume: () => void; readonly cut: () => number }
  readonly connected: (side: Side) => number
  readonly acks: () => number
}
export type Side = 'visitors' | 'agents'

/** What the guard can do with nothing but this line of the log. All are idempotent. */
export type UndoStep =
  | { readonly do: 'remove-toxic'; readonly api: string; readonly proxy: string; readonly toxic: string }
  | { readonly do: 'enable-proxy'; readonly api: string; readonly proxy: string }
  /** Only if it is still that process: `startedAt` is field 22 of /proc/PID/stat. */
  | { readonly do: 'continue'; readonly pid: number; readonly startedAt: string }
  | { readonly do: 'kill'; readonly pid: number; readonly startedAt: string; readonly what: string }
  | { readonly do: 'unmount'; readonly path: string }
  | { readonly do: 'remove'; readonly path: string }
export type UndoHandle = {
  /** Healed: the step is crossed out of the log (synced). */ readonly done: () => Promise<void>
}
