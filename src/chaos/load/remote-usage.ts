import type { Trust } from '../report/judge.ts'
import type { RemoteHost } from './remote-host.ts'
import type { HostSample } from './remote-messages.ts'

/** What one host gave to a run, as the report tells it. What is read from here anyway, or was not told, is null. */
export type HostReport = {
  readonly host: string
  readonly cores: number
  readonly generators: number
  /** A process of this machine: its CPU stands among the generators' of this one. */
  readonly on_this_machine: boolean
  /** Its clock may be so far from the coordinator's, at most; delivery times across hosts carry it. */
  readonly clock_uncertainty_ms: number
  readonly generator_cores: number | null
  readonly busiest_generator_cores: number | null
  readonly other_cores: number | null
  readonly steal_share: number | null
  readonly memory_pressure: number | null
}

export type HostSamples = ReadonlyMap<RemoteHost, HostSample | undefined>

/** Asks all hosts at once. */
export async function sampleHosts(hosts: readonly RemoteHost[]): Promise<HostSamples> {
  const samples = await Promise.all(
    hosts.map(async (host) => (host.isHere ? undefined : await host.sample())),
  )
  return new Map(hosts.map((host, n) => [host, samples[n]]))
}

/** What each host used between two samples; compares the clocks once more. */
export async function reportHosts(before: HostSamples, after: HostSamples): Promise<readonly HostReport[]> {
  await Promise.all([...after.keys()].map((host) => host.compareClocks().catch(() => {})))
  return [...after].map(([host, to]) => {
    const from = before.get(host)
    return {
      host: host.name,
      cores: host.facts.cores,
      generators: host.generators,
      on_this_machine: host.isHere,
      clock_uncertainty_ms: host.uncertaintyMs,
      ...(from === undefined || to === undefined ? unknown : usedBetween(from, to, host.facts.cores)),
    }
  })
}

/** The same trust, as little as the least trusted host deserves. */
export function trustWithHosts(trust: Trust, hosts: readonly HostReport[]): Trust {
  const elsewhere = hosts.filter((host) => !host.on_this_machine)
  if (elsewhere.length === 0) return trust
  const most = (own: number | null, field: NumbersOf<HostReport>): number | null => {
    const values = [own, ...elsewhere.map((host) => host[field])].filter((value) => value !== null)
    return values.length === 0 ? null : Math.max(...values)
  }
  return {
    ...trust,
    busiestGeneratorCores: most(trust.busiestGeneratorCores, 'busiest_generator_cores'),
    generatorCores: elsewhere.reduce(
      (sum, host) => sum + (host.generator_cores ?? 0),
      trust.generatorCores ?? 0,
    ),
    otherCores: most(trust.otherCores, 'other_cores'),
    stealShare: most(trust.stealShare, 'steal_share'),
    memoryPressure: most(trust.memoryPressure, 'memory_pressure'),
  }
}

type NumbersOf<T> = { [Field in keyof T]: T[Field] extends number | null ? Field : never }[keyof T]

type Used = Pick<
  HostReport,
  'generator_cores' | 'busiest_generator_cores' | 'other_cores' | 'steal_share' | 'memory_pressure'
>

const unknown: Used = {
  generator_cores: null,
  busiest_generator_cores: null,
  other_cores: null,
  steal_share: null,
  memory_pressure: null,
}

function usedBetween(from: HostSample, to: HostSample, cores: number): Used {
  const seconds = Math.max((to.at - from.at) / 1000, 0.001)
  const began = new Map(from.generators.map((one) => [one.pid, one.seconds]))
  const spent = to.generators.map((one) => Math.max(0, one.seconds - (began.get(one.pid) ?? 0)))
  const all = spent.reduce((sum, one) => sum + one, 0)
  const own = all + to.self - from.self
  const waited = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : (b - a) / 1e6 / seconds
  return {
    generator_cores: all / seconds,
    busiest_generator_cores: Math.max(0, ...spent) / seconds,
    other_cores: Math.max(0, to.machine.busy - from.machine.busy - own) / seconds,
    steal_share: (to.machine.steal - from.machine.steal) / seconds / cores,
    memory_pressure: waited(from.machine.memoryPressureUs, to.machine.memoryPressureUs),
  }
}
