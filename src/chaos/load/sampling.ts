import {
  cpuSeconds,
  type MachineSample,
  processTree,
  programOf,
  residentBytes,
  sampleMachine,
} from './machine.ts'

/** CPU and pressure at one instant, per process. */
export type Sample = {
  readonly at: number
  readonly machine: MachineSample
  readonly server: ReadonlyMap<number, number>
  readonly generators: ReadonlyMap<number, number>
  readonly coordinator: number
  readonly serverRss: number | null
}

export type Usage = {
  readonly seconds: number
  readonly serverCores: number | null
  /** The same by process, the busiest first. */
  readonly serverByProcess: readonly ProcessUsage[]
  readonly generatorCores: number
  readonly busiestGeneratorCores: number
  readonly otherCores: number
  readonly stealShare: number
  readonly cpuPressure: number | null
  readonly memoryPressure: number | null
  readonly ioPressure: number | null
}

/** `program` is the script it runs, where that can be read. */
export type ProcessUsage = { readonly pid: number; readonly program: string; readonly cores: number }

/** `at` in milliseconds. `serverPids` are the roots of the server's process trees; empty: the server is elsewhere. */
export function takeSample(
  at: number,
  serverPids: readonly number[],
  generatorPids: readonly number[],
  self: number,
): Sample {
  const server = serverPids.length === 0 ? [] : processTree(serverPids)
  return {
    at,
    machine: sampleMachine(),
    server: cpuOf(server),
    generators: cpuOf(generatorPids),
    coordinator: cpuSeconds(self) ?? 0,
    serverRss: server.length === 0 ? null : server.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), 0),
  }
}

/** What was used between two samples, on `coreCount` cores. */
export function usageBetween(from: Sample, to: Sample, coreCount: number): Usage {
  const seconds = Math.max((to.at - from.at) / 1000, 0.001)
  const server = spent(from.server, to.server)
  const generators = spent(from.generators, to.generators)
  const own = total(server) + total(generators) + to.coordinator - from.coordinator
  const share = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : (b - a) / 1e6 / seconds
  return {
    seconds,
    serverCores: to.server.size === 0 ? null : total(server) / seconds,
    serverByProcess: byProcess(from.server, to.server, seconds),
    generatorCores: total(generators) / seconds,
    busiestGeneratorCores: Math.max(0, ...generators) / seconds,
    otherCores: Math.max(0, to.machine.busy - from.machine.busy - own) / seconds,
    stealShare: (to.machine.steal - from.machine.steal) / seconds / coreCount,
    cpuPressure: share(from.machine.cpuPressureUs, to.machine.cpuPressureUs),
    memoryPressure: share(from.machine.memoryPressureUs, to.machine.memoryPressureUs),
    ioPressure: share(from.machine.ioPressureUs, to.machine.ioPressureUs),
  }
}

function byProcess(
  from: ReadonlyMap<number, number>,
  to: ReadonlyMap<number, number>,
  seconds: number,
): readonly ProcessUsage[] {
  return [...to]
    .map(([pid, spentBy]) => ({
      pid,
      program: programOf(pid),
      cores: Math.max(0, spentBy - (from.get(pid) ?? 0)) / seconds,
    }))
    .sort((a, b) => b.cores - a.cores)
}

function cpuOf(pids: readonly number[]): ReadonlyMap<number, number> {
  return new Map(pids.map((pid) => [pid, cpuSeconds(pid) ?? 0]))
}

// A process born in between has spent what it has; one that died is left out.
function spent(from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): readonly number[] {
  return [...to].map(([pid, seconds]) => Math.max(0, seconds - (from.get(pid) ?? 0)))
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
