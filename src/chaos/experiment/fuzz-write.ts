import { Document, isMap, isSeq } from 'yaml'
import { durationText, limitText, sizeText } from '../yaml/units.ts'
import type { Action, Experiment, Probe, RandomFaults, Range, Threshold } from './experiment.ts'
import { measureUnits } from './schema.ts'

/** A scenario's file. `notes` become comments below its first line; reading it gives the same experiment again. */
export function experimentText(experiment: Experiment, notes: readonly string[]): string {
  const document = new Document(fileOf(experiment))
  for (const path of entriesOnALine) {
    const list: unknown = document.getIn(path)
    if (!isSeq(list)) continue
    for (const item of list.items) if (isMap(item)) item.flow = true
  }
  for (const path of onALine) {
    const group: unknown = document.getIn(path)
    if (isMap(group) || isSeq(group)) group.flow = true
  }
  const [title = '', ...rest] = document.toString({ lineWidth: 0 }).split('\n')
  return [title, ...notes.map((note) => `# ${note}`), ...rest].join('\n')
}

const entriesOnALine = [['topology', 'nodes'], ['steady_state', 'probes'], ['method'], ['random', 'faults']]
const onALine = [
  ['tags'],
  ['workload'],
  ['safety', 'allow_targets'],
  ['safety', 'abort_if'],
  ['checks', 'invariants'],
  ['checks', 'minimum'],
]

function fileOf(experiment: Experiment) {
  const { topology, workload, safety, checks, method, random, report } = experiment
  return {
    title: experiment.title,
    version: 1,
    ...(experiment.tags.length === 0 ? {} : { tags: experiment.tags }),
    seed: experiment.seed,
    topology:
      topology.kind === 'embedded'
        ? { nodes: [{ workers: topology.workers, ...given('configs', topology.configs) }] }
        : { attach: { url: topology.url, toxiproxy: topology.toxiproxy, proxies: topology.links } },
    workload: {
      visitors: workload.visitors,
      agents: workload.agents,
      capacity: workload.capacity,
      rate: workload.rate,
      answers: percent(workload.answers),
      desk: workload.desk,
      reconnect_per_minute: percent(workload.reconnectPerMinute),
      slow_readers: percent(workload.slowReaders),
      warmup: durationText(workload.warmupMs),
    },
    safety: {
      allow_targets: safety.allowTargets,
      max_nodes_affected: safety.maxNodesAffected,
      ttl: durationText(safety.ttlMs),
      ...(safety.abortIf.length === 0 ? {} : { abort_if: Object.fromEntries(safety.abortIf.map(boundOf)) }),
    },
    ...(experiment.probes.length === 0 ? {} : { steady_state: { probes: experiment.probes.map(probeOf) } }),
    ...(method.length === 0 ? {} : { method: method.map(actionOf) }),
    ...(random === undefined ? {} : { random: randomOf(random) }),
    recovery: durationText(experiment.recoveryMs),
    checks: {
      invariants: checks.invariants,
      resets_allowed: checks.resetsAllowed,
      converge_within: durationText(checks.convergeWithinMs),
      max_rss_growth: sizeText(checks.maxRssGrowthBytes),
      minimum: checks.minimum,
    },
    ...(report.folder === undefined ? {} : { report: { folder: report.folder } }),
  }
}

function actionOf({ at, fault, on, forMs, repeat, params }: Action) {
  return {
    at: 'ms' in at ? durationText(at.ms) : rangeText(at),
    fault,
    on,
    ...given('for', forMs === undefined ? undefined : durationText(forMs)),
    ...given(
      'repeat',
      repeat === undefined ? undefined : { every: durationText(repeat.everyMs), times: repeat.times },
    ),
    ...params,
  }
}

function randomOf({ fromMs, forMs, everyMs, choices }: RandomFaults) {
  return {
    from: durationText(fromMs),
    for: durationText(forMs),
    every: rangeText(everyMs),
    faults: choices.map(({ fault, on, lasts, params }) => ({
      fault,
      on,
      ...given('for', lasts === undefined ? undefined : rangeText(lasts)),
      ...params,
    })),
  }
}

function probeOf({ name, threshold }: Probe) {
  const bounds = (['baseline', 'fault', 'recovery'] as const).flatMap((phase) => {
    const one = threshold[phase]
    return one === undefined ? [] : [{ phase, one }]
  })
  return {
    name,
    ...given('measure', bounds[0]?.one.measure),
    ...Object.fromEntries(bounds.map(({ phase, one }) => [phase, boundOf(one)[1]])),
  }
}

function boundOf({ measure, ...limit }: Threshold): readonly [string, string] {
  return [measure, limitText(limit, measureUnits[measure])]
}

function rangeText({ fromMs, toMs }: Range): string {
  return fromMs === toMs ? durationText(fromMs) : `random(${durationText(fromMs)}, ${durationText(toMs)})`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(12))}%`
}

function given<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value }
}
