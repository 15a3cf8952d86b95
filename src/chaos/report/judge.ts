import type { LoadMode } from '../load/ipc.ts'

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

export type Complaint = { readonly reason: string; readonly fix: string }

export const trustBounds = {
  lagMs: 10,
  slipMs: 10,
  generatorCores: 0.9,
  serverBusy: 0.9,
  otherCores: 0.15,
  stealShare: 0.02,
  memoryPressure: 0.02,
} as const

/** Why a row is no measurement, the weightiest first; null: it is one. */
export function judge(trust: Trust): Complaint | null {
  const bounds = trustBounds
  if (trust.memoryBackedStore !== null) {
    return {
      reason: `the data folder is on ${trust.memoryBackedStore}, where a sync costs nothing`,
      fix: 'set TMPDIR to a folder on a disk',
    }
  }
  if (over(trust.otherCores, bounds.otherCores)) {
    return {
      reason: `other processes kept ${cores(trust.otherCores)} cores busy (bound ${bounds.otherCores})`,
      fix: 'stop them',
    }
  }
  if (over(trust.stealShare, bounds.stealShare)) {
    return {
      reason: `the hypervisor took ${percent(trust.stealShare)} of the CPU (bound ${percent(bounds.stealShare)})`,
      fix: 'use a host of its own',
    }
  }
  if (over(trust.memoryPressure, bounds.memoryPressure)) {
    return {
      reason: `everything waited for memory ${percent(trust.memoryPressure)} of the time (bound ${percent(bounds.memoryPressure)})`,
      fix: 'free memory, or lower --concurrency',
    }
  }
  return trust.mode === 'open' ? judgeOpen(trust) : judgeClosed(trust)
}

function judgeOpen(trust: Trust): Complaint | null {
  const bounds = trustBounds
  const fix = 'free a core or use a second host'
  if (over(trust.receiveLagP99Ms, bounds.lagMs)) {
    return {
      reason: `generator stamps what it receives late, p99 ${ms(trust.receiveLagP99Ms)} (bound ${bounds.lagMs} ms)`,
      fix,
    }
  }
  if (over(trust.loopLagP99Ms, bounds.lagMs)) {
    return { reason: `generator lag p99 ${ms(trust.loopLagP99Ms)} (bound ${bounds.lagMs} ms)`, fix }
  }
  if (over(trust.slipP99Ms, bounds.slipMs)) {
    return {
      reason: `generator sends late, slip p99 ${ms(trust.slipP99Ms)} (bound ${bounds.slipMs} ms)`,
      fix,
    }
  }
  if (over(trust.busiestGeneratorCores, bounds.generatorCores)) {
    return {
      reason: `a generator kept ${cores(trust.busiestGeneratorCores)} cores busy (bound ${bounds.generatorCores})`,
      fix: 'more --generators, or a second host',
    }
  }
  return null
}

// A closed loop measures capacity only if the server is what is at its limit.
function judgeClosed(trust: Trust): Complaint | null {
  const bounds = trustBounds
  if (!trust.ownServer || trust.serverPinnedCores === null || trust.generatorPinnedCores === null) {
    return {
      reason: 'server and generators were not pinned apart',
      fix: 'run on this host, with taskset, on 2 cores or more',
    }
  }
  const server = (trust.serverCores ?? 0) / trust.serverPinnedCores
  const generator = (trust.generatorCores ?? 0) / trust.generatorPinnedCores
  if (generator >= bounds.generatorCores) {
    return {
      reason: `generators used ${percent(generator)} of their cores (bound ${percent(bounds.generatorCores)})`,
      fix: 'give the generators more cores, or a second host',
    }
  }
  if (server < bounds.serverBusy) {
    return {
      reason: `the server's cores were ${percent(server)} busy (at least ${percent(bounds.serverBusy)} needed)`,
      fix: 'raise --concurrency',
    }
  }
  return null
}

function over(value: number | null, bound: number): boolean {
  return value !== null && value > bound
}

function cores(value: number | null): string {
  return (value ?? 0).toFixed(2)
}

function ms(value: number | null): string {
  return `${(value ?? 0).toFixed((value ?? 0) < 10 ? 1 : 0)} ms`
}

function percent(share: number | null): string {
  return `${((share ?? 0) * 100).toFixed(1)} %`
}
