import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Source } from '../admin/metrics.ts'
import { diffSnapshots } from '../config/diff.ts'
import { hashOf } from '../config/hash.ts'
import { allKeys } from '../config/keys.ts'
import type { ParsedConfig, Snapshot, Sources } from '../config/snapshot.ts'
import { ConfigCenter } from './center.ts'
import type { CenterProcess } from './commit.ts'
import type { Running } from './effective.ts'
import { allWaits, type Vitals } from './health.ts'
import type { AskProcess, BreakPoint } from './messages.ts'
import { createCenterStore } from './store.ts'
import type { ConfigTexts } from './wire.ts'

/** A node's configuration as its disk and flags have it, and how to read it again. */
export type NodeFiles = {
  /** What the start read, and the snapshot of it. */
  readonly files: ConfigTexts
  readonly snapshot: Snapshot
  readonly sources: Sources
  /** What the folder holds now. */
  readonly read: () => Promise<ConfigTexts>
  /** With this node's flags. */
  readonly parse: (files: ConfigTexts) => Promise<ParsedConfig>
}

/** The children of a node as the centre needs them. */
export type CenterNode = {
  readonly askWriter: AskProcess
  readonly processes: () => readonly CenterProcess[]
  readonly notReady: () => readonly string[]
  readonly sources: () => readonly Source[]
  readonly restarts: () => number
}

/** The name of the only node there is in the store. */
const nodeName = 'node'

export function createNodeCenter(
  files: NodeFiles,
  node: () => CenterNode,
  {
    clock,
    log,
    breakAt,
    running,
  }: {
    readonly running: () => Running
    readonly clock: Clock
    readonly log: Log
    readonly breakAt: (point: BreakPoint, revision: number) => void
  },
): ConfigCenter {
  return new ConfigCenter(
    {
      node: nodeName,
      language: {
        parse: files.parse,
        diff: diffSnapshots,
        hash: (snapshot) => hashOf(snapshot, 'cluster'),
        keys: allKeys,
      },
      store: createCenterStore((call) => node().askWriter(call), clock, nodeName),
      processes: () => node().processes(),
      disk: files.read,
      health: () => vitalsOf(node()),
      startedWith: files.sources,
      running,
      sockets: () => sum(node().sources(), ({ stats }) => stats['sessions'] ?? 0),
      clock,
      log,
      breakAt,
    },
    files.snapshot,
  )
}

function vitalsOf(node: CenterNode): Vitals {
  const stages = node.sources().flatMap(({ report }) => Object.entries(report?.stages ?? {}))
  return {
    notReady: node.notReady(),
    restarts: node.restarts(),
    waits: allWaits(stages.flatMap(([name, report]) => (name === 'persist' ? (report.wait ?? []) : []))),
    taken: sum(stages, ([name, report]) => (name === 'parse' ? report.in : 0)),
    refused: sum(stages, ([, report]) => sum(Object.values(report.refused), (count) => count)),
  }
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0)
}
