import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createChecker } from '../../src/chaos/check/checker.ts'
import type { HistoryEntry } from '../../src/chaos/check/history.ts'
import { type Invariant, invariants } from '../../src/chaos/check/verdict.ts'
import type { Experiment, Timeline, TimelineStep, Workload } from '../../src/chaos/experiment/experiment.ts'
import type { ExperimentResult } from '../../src/chaos/experiment/result.ts'
import { runExperiment } from '../../src/chaos/experiment/run.ts'
import { faultKinds } from '../../src/chaos/fault/kinds.ts'
import { startTopology } from '../../src/chaos/topology/start.ts'
import type { Clock } from '../../src/core/clock.ts'

const launcher = fileURLToPath(new URL('../../bin/kf', import.meta.url))
const unlimited = fileURLToPath(new URL('./unlimited', import.meta.url))

/** A few people for a few seconds, and what happens to them. Times in ms from the start of the baseline. */
export type SmallRun = {
  readonly workload?: Partial<Workload>
  readonly steps: readonly Pick<TimelineStep, 'at' | 'until' | 'fault' | 'on' | 'params'>[]
  readonly recoveryMs: number
  readonly convergeWithinMs?: number
  readonly judged?: readonly Invariant[]
  readonly minimum?: Experiment['checks']['minimum']
  readonly maxRssGrowthBytes?: number
  /** `KF_BREAK` of the node, once it has its site and its agents. */
  readonly broken?: string
  readonly signal?: AbortSignal
}

export type SmallResult = { readonly result: ExperimentResult; readonly history: readonly HistoryEntry[] }

/** Runs against a node and a Toxiproxy of its own. */
export async function smallRun(run: SmallRun): Promise<SmallResult> {
  const root = mkdtempSync(join(tmpdir(), 'kf-test-'))
  const history: HistoryEntry[] = []
  try {
    const result = await runExperiment(
      experimentOf(run),
      timelineOf(run),
      {
        clock: awakeClock,
        kinds: faultKinds,
        startTopology: async (plan, people) => {
          const topology = await startTopology(plan, people, {
            serve: [process.execPath, launcher, 'serve'],
            env: process.env,
            dataRoot: root,
            host: { env: process.env, home: homedir(), platform: `${process.platform}-${process.arch}` },
            keep: nothingToUndo,
            onTrouble: () => undefined,
          })
          const [node] = topology.nodes
          if (run.broken !== undefined && node !== undefined) {
            await node.stop()
            await node.start({ env: { KF_BREAK: run.broken } })
          }
          return topology
        },
        undo: nothingToUndo,
        history: { write: (entry) => history.push(entry), close: () => undefined },
        createChecker,
        onTrouble: () => undefined,
        signal: run.signal ?? new AbortController().signal,
        machine: 'a test',
        command: 'kf chaos run',
      },
      { step: () => undefined, second: () => undefined, fault: () => undefined },
    )
    return { result, history }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** The invariants that failed, with the first piece of evidence of each. */
export function failedOf({ verdicts }: ExperimentResult): ReadonlyMap<Invariant, string> {
  return new Map(
    verdicts.flatMap(({ invariant, status, evidence }) =>
      status === 'fail' ? [[invariant, evidence[0]?.text ?? '']] : [],
    ),
  )
}

function experimentOf(run: SmallRun): Experiment {
  return {
    version: 1,
    name: 'small',
    title: 'Does it hold?',
    tags: [],
    seed: 1,
    topology: { kind: 'embedded', workers: 2, configs: unlimited },
    workload: {
      visitors: 30,
      agents: 4,
      capacity: 30,
      rate: 1,
      answers: 0.5,
      desk: 2,
      reconnectPerMinute: 0.5,
      slowReaders: 0,
      warmupMs: 500,
      ...run.workload,
    },
    safety: { allowTargets: ['127.0.0.1'], maxNodesAffected: 1, ttlMs: 120_000, abortIf: [] },
    probes: [],
    method: [],
    recoveryMs: run.recoveryMs,
    checks: {
      invariants: run.judged ?? invariants.filter((one) => one !== 'no_false_ack'),
      resetsAllowed: 0,
      convergeWithinMs: run.convergeWithinMs ?? run.recoveryMs - 1_000,
      maxRssGrowthBytes: run.maxRssGrowthBytes ?? 512 * 1024 * 1024,
      minimum: run.minimum ?? { acks: 50, retries: 0, resumes: 0 },
    },
    report: {},
  }
}

function timelineOf({ steps, recoveryMs }: SmallRun): Timeline {
  const numbered = steps.map((step, i) => ({ ...step, n: i + 1, momentary: step.until === undefined }))
  const faultsEndMs = Math.max(0, ...steps.map(({ at, until }) => until ?? at))
  return {
    baselineMs: steps[0]?.at ?? 0,
    faultsEndMs,
    endsMs: faultsEndMs + recoveryMs,
    steps: numbered,
  }
}

const awakeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}

const nothingToUndo = () => Promise.resolve({ done: () => Promise.resolve() })
