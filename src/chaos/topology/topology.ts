import type { Side } from '../fault/fault.ts'
import type { LinkControl } from './links-control.ts'

/** What a scenario runs against, started or attached to. Addresses lead through the proxies in every phase. */
export type Topology = {
  readonly nodes: readonly TopologyNode[]
  readonly links: readonly TopologyLink[]
  /** Where a side connects: the proxy of its link to that node (`ws://127.0.0.1:PORT/…`), asked at each connect. */
  readonly addressFor: (side: Side, node: string) => string
  /** For reading back after healing: past the proxies. */
  readonly directAddress: (node: string) => string
  /** Toxiproxy's API, `http://127.0.0.1:PORT`. */
  readonly toxiproxy: string
  /** What faults change on links with; absent: nothing stands between, so no link can be broken. */
  readonly control?: LinkControl
  readonly site: string
  readonly agentTokens: readonly string[]
  /** Resident memory and sessions of all nodes now; undefined: not to be had. */
  readonly sample: () => Promise<
    { readonly rssBytes: number; readonly connections: number; readonly queued?: number } | undefined
  >
  readonly stop: () => Promise<void>
}

export type TopologyNode = {
  readonly name: string
  /** Undefined: attached, or down. Workers by number. */
  readonly processes: () => Promise<
    | { readonly supervisor: number; readonly writer?: number; readonly workers: ReadonlyMap<number, number> }
    | undefined
  >
  readonly dataFolder: string | undefined
  /** Unix socket of the administrator's API. */
  readonly adminSocket: string | undefined
  /** SIGKILL to the whole node, or to one role of it. */
  readonly kill: (what: 'node' | 'writer' | 'worker', worker?: number) => Promise<void>
  /** After `kill('node')`: the same data folder, the same addresses. `env`, `wrap`: for traced or skewed starts. */
  readonly start: (how?: StartHow) => Promise<void>
  /** An orderly stop (SIGTERM drains). */
  readonly stop: () => Promise<void>
  readonly ready: () => Promise<boolean>
}
export type StartHow = {
  readonly env?: Readonly<Record<string, string>> /** A program with arguments in front of `node`. */
  readonly wrap?: readonly string[]
}

/** One directed pair: `visitors->node`, `agents->node`; later `node->redis`, `node->mysql`, `node->search`. */
export type TopologyLink = {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly proxy: string
  readonly listen: string
  readonly upstream: string
}
