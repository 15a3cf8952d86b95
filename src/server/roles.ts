import type { LogFormat } from '../core/log.ts'
import type { ServerConfig } from './config/server.ts'
import type { Snapshot } from './config/snapshot.ts'
import type { Address } from './config/values.ts'
import type { ConfigCall } from './config-center/messages.ts'
import type { TakenElsewhere } from './limits/limits.ts'
import type { AdminCall } from './people/calls.ts'
import type { ProcessReport } from './telemetry/report.ts'

/**
 * The three roles of one node and what they say to each other: the supervisor forks one writer and several workers and
 * speaks JSON with them over node's IPC channel. A child whose channel disconnects exits by itself: its supervisor is gone.
 *
 * A child's working directory is the data folder, so that `run/writer.sock` stays far below the 108 bytes of `sun_path`.
 */

export type ChildRole = 'writer' | 'worker'

/** The first message to a child, once. */
export type StartMessage = {
  readonly t: 'start'
  readonly role: ChildRole
  /** 0 … n-1, workers only; a replacement takes the number of the one it replaces. */
  readonly worker?: number
  /** Random, of this supervisor's run: writer and workers of different runs never talk to each other. */
  readonly run: string
  /** The data folder, absolute. */
  readonly data: string
  readonly config: ServerConfig
  /** In effect now, and its number; later ones come with `config`. */
  readonly snapshot: Snapshot
  readonly revision: number
  /** How it writes its log to stderr. */
  readonly logFormat: LogFormat
  /** Workers only: bind with `reusePort`. Port 0 (the first worker only) takes any and reports it in `ready`. */
  readonly listen?: Address
}

export type ToChild =
  | StartMessage
  /** Writer only; answered by `answer` with the same `q`. */
  | ({ readonly t: 'admin'; readonly q: number } & AdminCall)
  /** Answered by `answer` with the same `q`. */
  | { readonly t: 'config'; readonly q: number; readonly call: ConfigCall }
  /** Workers: what another one took of its limits. */
  | { readonly t: 'taken'; readonly taken: TakenElsewhere }
  /** Workers: spread drain frames, flush, close 1001, exit 0 within `within_ms`. */
  | { readonly t: 'drain'; readonly within_ms: number }
  /** Commit what waits, checkpoint, exit 0. */
  | { readonly t: 'stop' }

export type FromChild =
  | { readonly t: 'ready'; readonly port?: number }
  /** The start failed; the supervisor stops with this error. */
  | { readonly t: 'failed'; readonly code: string; readonly message: string; readonly hint?: string }
  /** Every second: gauges and counters by name, for /readyz and /metrics. */
  | { readonly t: 'stats'; readonly stats: Stats; readonly report?: ProcessReport }
  /** What a worker took of its limits; for the others. */
  | { readonly t: 'taken'; readonly taken: TakenElsewhere }
  | { readonly t: 'answer'; readonly q: number; readonly ok: true; readonly result: unknown }
  | {
      readonly t: 'answer'
      readonly q: number
      readonly ok: false
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string }
    }

/** Names end in `_total` for counters; all else are gauges. Exposed as `kf_<role>_<name>`. */
export type Stats = Readonly<Record<string, number>>

/** Exit codes of children that mean something to the supervisor. */
export const childExit = {
  /** A sync failed: after EIO the kernel may call dirty pages clean, so the writer is never restarted. */
  storeFailed: 3,
} as const
