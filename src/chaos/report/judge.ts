import type { LoadMode } from '../load/ipc.ts'
import { cores, milliseconds } from './numbers.ts'

/** How far the instrument itself can be trusted in one row. */
export type Trust = {
  readonly mode: LoadMode
  readonly loopLagP99Ms: number | null
  readonly receiveLagP99Ms: number | null
  readonly slipP99Ms: number | null
  /** Cores busy: of the busiest generator, and of all. */
  readonly busiestGeneratorCores: number | null
  readonly generatorCores: number | null
  readonly serverCores: number | null
  /** Cores that processes of neither side kept busy. */
  readonly otherCores: number | null
  /** Share of the window that the hypervisor took, over all cores. */
  readonly stealShare: number | null
  /** Share of the window in which everything waited for memory. */
  readonly memoryPressure: number | null
  readonly cpuPressure: number | null
  readonly ioPressure: number | null
  /** Cores the server was pinned to, and the generators; null when they were not pinned apart. */
  readonly serverPinnedCores: number | null
  readonly generatorPinnedCores: number | null
  /** Data folder on a memory file system; its type. */
  readonly memoryBackedStore: string | null
  /** The server runs on this machine and its processes are known. */
  readonly ownServer: boolean
}

/** Why a row is no measurement; `complaints.ts` says it in words. `value` and `bound` are written out, with their units. */
export type Complaint = { readonly kind: ComplaintKind; readonly value: string; readonly bound: string }

export type ComplaintKind =
  | 'memory_store'
  | 'other_processes'
  | 'steal'
  | 'memory_pressure'
  | 'receive_lag'
  | 'loop_lag'
  | 'slip'
  | 'generator_full'
  | 'not_pinned'
  | 'generator_limited'
  | 'server_idle'
  | 'generator_lost'
  | 'interrupted'
  | 'failed'

export const trustBounds = {
  lagMs: 10,
  slipMs: 10,
  generatorCores: 0.9,
  serverBusy: 0.9,
  otherCores: 0.15,
  stealShare: 0.02,
  memoryPressure: 0.02,
} as const

/** The weightiest complaint about a row's instrument; null: it can be trusted. */
export function judge(trust: Trust): Complaint | null {
  const bounds = trustBounds
  if (trust.memoryBackedStore !== null)
    return { kind: 'memory_store', value: trust.memoryBackedStore, bound: '' }
  return (
    over('other_processes', trust.otherCores, bounds.otherCores, cores) ??
    over('steal', trust.stealShare, bounds.stealShare, percent) ??
    over('memory_pressure', trust.memoryPressure, bounds.memoryPressure, percent) ??
    (trust.mode === 'open' ? judgeOpen(trust) : judgeClosed(trust))
  )
}

function judgeOpen(trust: Trust): Complaint | null {
  const bounds = trustBounds
  return (
    over('receive_lag', trust.receiveLagP99Ms, bounds.lagMs, milliseconds) ??
    over('loop_lag', trust.loopLagP99Ms, bounds.lagMs, milliseconds) ??
    over('slip', trust.slipP99Ms, bounds.slipMs, milliseconds) ??
    over('generator_full', trust.busiestGeneratorCores, bounds.generatorCores, cores)
  )
}

// A closed loop measures capacity only if the server is what is at its limit.
function judgeClosed(trust: Trust): Complaint | null {
  const { serverPinnedCores, generatorPinnedCores } = trust
  if (!trust.ownServer || serverPinnedCores === null || generatorPinnedCores === null) {
    return { kind: 'not_pinned', value: '', bound: '' }
  }
  const generator = (trust.generatorCores ?? 0) / generatorPinnedCores
  const server = (trust.serverCores ?? 0) / serverPinnedCores
  const full = over('generator_limited', generator, trustBounds.generatorCores, percent)
  if (full !== null || server >= trustBounds.serverBusy) return full
  return { kind: 'server_idle', value: percent(server), bound: percent(trustBounds.serverBusy) }
}

function over(
  kind: ComplaintKind,
  value: number | null,
  bound: number,
  write: (value: number) => string,
): Complaint | null {
  return value !== null && value > bound ? { kind, value: write(value), bound: write(bound) } : null
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
