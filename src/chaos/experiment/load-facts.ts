import type { FaultKind } from '../fault/fault.ts'
import { isRecord, listOf, valueAt } from '../yaml/paths.ts'
import type { Path } from '../yaml/yaml-text.ts'
import { actionKeys, choiceKeys } from './schema-method.ts'

export type Kinds = ReadonlyMap<string, FaultKind>

/** What this version of kf can start or attach to. */
export const onlyNode = 'node'
export const sides = ['visitors', 'agents'] as const
export const linkNames: readonly string[] = sides.map((side) => `${side}->${onlyNode}`)

export const byDefault = {
  seed: 7,
  workers: 2,
  visitors: 200,
  visitorsPerAgent: 25,
  rate: 0.5,
  answers: 0.5,
  desk: 1,
  warmupMs: 3_000,
  allowTargets: ['127.0.0.1', '::1', 'localhost'] as readonly string[],
  maxNodesAffected: 1,
  /** To drain, and to read everything back. */
  ttlMarginMs: 120_000,
  recoveryMs: 15_000,
  randomFromMs: 10_000,
  maxRssGrowthBytes: 256 * 1024 ** 2,
  acks: 100,
} as const

/** What a text says of topology and workload, fitting the schema or not, so that all problems are told at once. */
export type Facts = {
  readonly attached: boolean
  readonly workers: number
  /** Links that faults can be aimed at. */
  readonly links: readonly string[]
  readonly visitors: number
  readonly agents: number
  readonly capacity: number
  readonly desk: number
}

export function factsOf(value: unknown): Facts {
  const topology = valueAt(value, ['topology'])
  const links = listOf(valueAt(topology, ['links'])).filter((link) =>
    linkNames.some((known) => known === link),
  )
  const visitors = numberAt(value, ['workload', 'visitors'], byDefault.visitors)
  const agents = numberAt(value, ['workload', 'agents'], Math.ceil(visitors / byDefault.visitorsPerAgent))
  return {
    attached: isRecord(topology) && topology['attach'] !== undefined,
    workers: numberAt(topology, ['nodes', 0, 'workers'], byDefault.workers),
    links: links.length === 0 ? linkNames : links.map(String),
    visitors,
    agents,
    capacity: numberAt(
      value,
      ['workload', 'capacity'],
      agents === 0 ? 1 : Math.ceil((2 * visitors) / agents),
    ),
    desk: numberAt(value, ['workload', 'desk'], byDefault.desk),
  }
}

/** One fault of `method` or `random.faults`, as far as it can be read. */
export type Entry = {
  readonly path: Path
  readonly value: Readonly<Record<string, unknown>>
  /** The keys of it that every fault has. */
  readonly common: readonly string[]
  readonly drawn: boolean
  readonly kind: FaultKind | undefined
  /** What it is aimed at: as written, or the one thing there is. */
  readonly on: string | undefined
}

export function entriesOf(value: unknown, kinds: Kinds, facts: Facts): readonly Entry[] {
  const from = (path: Path, common: readonly string[], drawn: boolean): readonly Entry[] =>
    listOf(valueAt(value, path)).flatMap((entry, i) => {
      if (!isRecord(entry)) return []
      const kind = kinds.get(String(entry['fault']))
      const targets = kind === undefined ? [] : targetsOf(kind, facts)
      const written = entry['on']
      const on = typeof written === 'string' ? written : targets.length === 1 ? targets[0] : undefined
      return [{ path: [...path, i], value: entry, common, drawn, kind, on }]
    })
  return [...from(['method'], actionKeys, false), ...from(['random', 'faults'], choiceKeys, true)]
}

/** All that a kind of fault can be aimed at. */
export function targetsOf({ on }: Pick<FaultKind, 'on'>, { links }: Pick<Facts, 'links'>): readonly string[] {
  if (on === 'link') return links
  return on === 'clients' ? sides : [onlyNode]
}

/** The node that a fault on this touches; undefined: none that there is, or it is about clients. */
export function nodeOf(kind: FaultKind | undefined, on: string | undefined): string | undefined {
  if (kind === undefined || kind.on === 'clients' || on === undefined) return undefined
  const node = kind.on === 'link' ? on.slice(on.indexOf('->') + 2) : on
  return node === onlyNode ? node : undefined
}

function numberAt(value: unknown, path: Path, otherwise: number): number {
  const found = valueAt(value, path)
  return typeof found === 'number' && Number.isFinite(found) ? found : otherwise
}
