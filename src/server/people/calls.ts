/**
 * What an administrator may ask of the store, and what comes back: the supervisor passes a call on to the writer, the CLI
 * carries it out itself where no node runs. JSON both ways.
 */

export type AdminCall =
  | { readonly call: 'bootstrap'; readonly args: Readonly<Record<string, never>> }
  | { readonly call: 'agents.list'; readonly args: { readonly site?: string } }
  | { readonly call: 'agents.add'; readonly args: AddAgentArgs }
  | { readonly call: 'agents.reset_password'; readonly args: { readonly login: string } }
  | { readonly call: 'bench'; readonly args: BenchArgs }
  | { readonly call: 'bench.clean'; readonly args: Readonly<Record<string, never>> }

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
  readonly 'bench.clean': CleanResult
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

/** What one call took away. While not `done` there is more: it is asked again. `site` is null where no bench site is left. */
export type CleanResult = {
  readonly site: string | null
  /** Conversations closed, and rows of all kinds removed. */
  readonly closed: number
  readonly removed: number
  readonly done: boolean
}
