import type { CheckOptions } from '../check/verdict.ts'
import { durationMs, type Limit, limitOf, shareOf, sizeBytes } from '../yaml/units.ts'
import type {
  Action,
  Experiment,
  Measure,
  Probe,
  RandomFaults,
  Range,
  Threshold,
  TopologyPlan,
  Workload,
} from './experiment.ts'
import { judgeable } from './load-checks.ts'
import { byDefault, type Entry, type Facts } from './load-facts.ts'
import { faultSpan, repeatOf } from './load-times.ts'
import { type ExperimentFile, measureNames, measureUnits } from './schema.ts'
import { actionKeys, choiceKeys, ownKeys, rangeOf } from './schema-method.ts'

/** A file that fits the schema and every rule, with its defaults. `name` is the file's without ending. */
export function withDefaults(
  file: ExperimentFile,
  name: string,
  entries: readonly Entry[],
  facts: Facts,
): Experiment {
  const recoveryMs = time(file.recovery, byDefault.recoveryMs)
  const span = faultSpan(file, entries) ?? { fromMs: 0, toMs: 0 }
  const { safety } = file
  const planned = entries.filter((entry) => !entry.drawn)
  return {
    version: 1,
    name,
    title: file.title,
    tags: file.tags ?? [],
    seed: file.seed ?? byDefault.seed,
    topology: topologyOf(file, facts),
    workload: workloadOf(file.workload ?? {}, facts),
    safety: {
      allowTargets: safety?.allow_targets ?? byDefault.allowTargets,
      maxNodesAffected: safety?.max_nodes_affected ?? byDefault.maxNodesAffected,
      ttlMs: time(safety?.ttl, span.toMs - span.fromMs + recoveryMs + byDefault.ttlMarginMs),
      abortIf: abortIfOf(safety?.abort_if ?? {}),
    },
    probes: (file.steady_state?.probes ?? []).map(probeOf),
    method: (file.method ?? []).flatMap((action, i) => actionOf(action, planned[i])),
    ...(file.random === undefined
      ? {}
      : {
          random: randomOf(
            file.random,
            entries.filter((entry) => entry.drawn),
          ),
        }),
    recoveryMs,
    checks: checksOf(file.checks ?? {}, recoveryMs, facts, entries),
    report: file.report?.folder === undefined ? {} : { folder: file.report.folder },
  }
}

function topologyOf({ topology }: ExperimentFile, { workers }: Facts): TopologyPlan {
  const attach = topology?.attach
  if (attach !== undefined)
    return { kind: 'attached', url: attach.url, toxiproxy: attach.toxiproxy, links: attach.proxies }
  const configs = topology?.nodes?.[0]?.configs
  return { kind: 'embedded', workers, ...(configs === undefined ? {} : { configs }) }
}

function workloadOf(file: NonNullable<ExperimentFile['workload']>, facts: Facts): Workload {
  return {
    visitors: facts.visitors,
    agents: facts.agents,
    capacity: facts.capacity,
    rate: file.rate ?? byDefault.rate,
    answers: share(file.answers, byDefault.answers),
    desk: facts.agents === 0 ? 0 : facts.desk,
    reconnectPerMinute: share(file.reconnect_per_minute, 0),
    slowReaders: share(file.slow_readers, 0),
    warmupMs: time(file.warmup, byDefault.warmupMs),
  }
}

function abortIfOf(file: Readonly<Partial<Record<Measure, string | undefined>>>): readonly Threshold[] {
  return measureNames.flatMap((measure) => thresholdOf(measure, file[measure]) ?? [])
}

function probeOf(file: NonNullable<ExperimentFile['steady_state']>['probes'][number]): Probe {
  const [baseline, fault, recovery] = [file.baseline, file.fault, file.recovery].map((text) =>
    thresholdOf(file.measure, text),
  )
  return {
    name: file.name,
    threshold: {
      ...(baseline === undefined ? {} : { baseline }),
      ...(fault === undefined ? {} : { fault }),
      ...(recovery === undefined ? {} : { recovery }),
    },
  }
}

function thresholdOf(measure: Measure, text: string | undefined): Threshold | undefined {
  const read: Limit | undefined = text === undefined ? undefined : limitOf(text, measureUnits[measure])
  return read === undefined ? undefined : { measure, ...read }
}

function actionOf(
  file: NonNullable<ExperimentFile['method']>[number],
  entry: Entry | undefined,
): readonly Action[] {
  const at = rangeOf(file.at)
  if (entry?.on === undefined || at === undefined) return []
  const { everyMs, times } = repeatOf(entry)
  return [
    {
      at: at.fromMs === at.toMs ? { ms: at.fromMs } : at,
      fault: file.fault,
      on: entry.on,
      ...(file.for === undefined ? {} : { forMs: time(file.for, 0) }),
      ...(file.repeat === undefined ? {} : { repeat: { everyMs, times } }),
      params: ownKeys(file, actionKeys),
    },
  ]
}

function randomOf(file: NonNullable<ExperimentFile['random']>, entries: readonly Entry[]): RandomFaults {
  return {
    fromMs: time(file.from, byDefault.randomFromMs),
    forMs: time(file.for, 0),
    everyMs: range(file.every),
    choices: file.faults.flatMap((choice, i) => {
      const on = entries[i]?.on
      if (on === undefined) return []
      const lasts = choice.for === undefined ? {} : { lasts: range(choice.for) }
      return [{ fault: choice.fault, on, ...lasts, params: ownKeys(choice, choiceKeys) }]
    }),
  }
}

function checksOf(
  file: NonNullable<ExperimentFile['checks']>,
  recoveryMs: number,
  facts: Facts,
  entries: readonly Entry[],
): CheckOptions & Pick<Experiment['checks'], 'invariants'> {
  return {
    invariants: file.invariants ?? judgeable(facts, entries),
    resetsAllowed: file.resets_allowed ?? 0,
    convergeWithinMs: time(file.converge_within, recoveryMs),
    maxRssGrowthBytes: sizeBytes(file.max_rss_growth ?? '') ?? byDefault.maxRssGrowthBytes,
    minimum: {
      acks: file.minimum?.acks ?? byDefault.acks,
      retries: file.minimum?.retries ?? 0,
      resumes: file.minimum?.resumes ?? 0,
    },
  }
}

function time(text: string | undefined, otherwise: number): number {
  return (text === undefined ? undefined : durationMs(text)) ?? otherwise
}

function range(text: string): Range {
  return rangeOf(text) ?? { fromMs: 0, toMs: 0 }
}

function share(text: string | undefined, otherwise: number): number {
  return (text === undefined ? undefined : shareOf(text)) ?? otherwise
}
