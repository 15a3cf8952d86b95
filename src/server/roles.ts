import type { ServerConfig } from './config/server.ts'

/**
 * The three roles of one node and what they say to each other: the supervisor forks one writer and several workers and
 * speaks JSON with them over node's IPC channel. A child whose channel disconnects exits by itself: its supervisor is gone.
 *
 * A child's working directory is the data folder, so that `run/writer.sock` stays far below the 108 bytes of `sun_path`.
 */

export type ChildRole = 'writer' | 'worker'

export type Address = { readonly host: string; readonly port: number }

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
  /** Workers only: bind with `reusePort`. Port 0 (the first worker only) takes any and reports it in `ready`. */
  readonly listen?: Address
}

export type ToChild =
  | StartMessage
  /** Writer only; answered by `answer` with the same `q`. */
  | ({ readonly t: 'admin'; readonly q: number } & AdminCall)
  /** Workers: spread drain frames, flush, close 1001, exit 0 within `within_ms`. */
  | { readonly t: 'drain'; readonly within_ms: number }
  /** Commit what waits, checkpoint, exit 0. */
  | { readonly t: 'stop' }

export type FromChild =
  | { readonly t: 'ready'; readonly port?: number }
  /** The start failed; the supervisor stops with this error. */
  | { readonly t: 'failed'; readonly code: string; readonly message: string; readonly hint?: string }
  /** Every second: gauges and counters by name, for /readyz and /metrics. */
  | { readonly t: 'stats'; readonly stats: Stats }
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

// ── what the supervisor asks of the writer ──────────────────────────────────
// Arguments and results are the types of `people/`, where the logic is; `writer.ts` only dispatches.

export type AdminCall =
  | { readonly call: 'bootstrap'; readonly args: Readonly<Record<string, never>> }
  | { readonly call: 'agents.list'; readonly args: { readonly site?: string } }
  | { readonly call: 'agents.add'; readonly args: AddAgentArgs }
  | { readonly call: 'agents.reset_password'; readonly args: { readonly login: string } }
  | { readonly call: 'bench'; readonly args: BenchArgs }

export type AddAgentArgs = {
  readonly login: string
  readonly name?: string
  /** 1 … 1,000. */
  readonly capacity?: number
  readonly role?: 'owner' | 'supervisor' | 'agent'
  /** A site's id or key; the first site by default. */
  readonly site?: string
}

export type BenchArgs = {
  /** How many agents, `bench-1` … */
  readonly agents: number
  readonly capacity: number
}

export type AdminResults = {
  readonly bootstrap: BootstrapResult
  readonly 'agents.list': readonly AgentSummary[]
  readonly 'agents.add': OneTimeLogin
  readonly 'agents.reset_password': OneTimeLogin
  readonly bench: BenchResult
}

/** `owner` only at the first start: its one-time password is nowhere else. */
export type BootstrapResult = {
  readonly site: { readonly id: string; readonly key: string; readonly name: string }
  readonly owner?: { readonly login: string; readonly password: string }
}

export type OneTimeLogin = {
  readonly login: string
  readonly password: string
  readonly id: string
  readonly site: string
}

export type AgentSummary = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly site: string
  readonly role: 'owner' | 'supervisor' | 'agent'
  readonly capacity: number
  readonly load: number
  readonly status: string
  readonly disabled: boolean
  readonly must_change_password: boolean
}

export type BenchResult = {
  readonly site: { readonly id: string; readonly key: string }
  readonly agents: readonly { readonly id: string; readonly login: string; readonly token: string }[]
}
