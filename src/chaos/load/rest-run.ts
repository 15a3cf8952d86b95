import { type Complaint, judge, type Trust } from '../report/judge.ts'
import type { MeasuredStep, RestReport } from '../report/rest.ts'
import { restThresholds } from '../report/rest.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Target } from '../targets/target.ts'
import { fileSystemOf } from './machine.ts'
import { RestSteps } from './rest-steps.ts'
import { interrupted } from './row-outcome.ts'
import type { RowContext } from './row-plan.ts'
import { type Usage, usageBetween } from './sampling.ts'

export type RestPlan = {
  readonly target: Target
  readonly scenario: Pick<Scenario, 'rest' | 'warmupMs' | 'durationMs' | 'thresholds'>
  readonly workers: number
}

export type RestOutcome = {
  readonly report: RestReport
  readonly steps: readonly MeasuredStep[]
  readonly usage: Usage | null
}

/** What happens, for a screen; both times on the clock of `RowContext.hrtime`, in milliseconds from the start. */
export type RestPhase = 'start' | 'warm-up' | 'measure'

const agents = 1
const capacity = 1_000

/** Runs a scenario's requests alone, without sockets: a warm-up that does not count, then the measured window. */
export async function runRest(
  plan: RestPlan,
  context: Omit<RowContext, 'watcher'>,
  onPhase: (phase: RestPhase) => void,
): Promise<RestOutcome> {
  const zeroNs = context.hrtime()
  const now = (): number => Number(context.hrtime() - zeroNs) / 1e6
  const { rest, warmupMs, durationMs, thresholds } = plan.scenario
  const cleanups: (() => Promise<void> | void)[] = []
  try {
    onPhase('start')
    const target = await plan.target.start({ visitors: rest.length, agents, capacity, workers: plan.workers })
    cleanups.push(() => target.stop())
    const steps = await RestSteps.start(rest, target, context.wall)
    cleanups.push(() => steps.stop())
    if (warmupMs > 0) {
      onPhase('warm-up')
      await steps.run(warmupMs, context.signal)
    }
    onPhase('measure')
    const sample = () => context.sample(now(), target.pids, [steps.pid], context.pid)
    const before = sample()
    const { steps: measured, lagP99Ms } = await steps.run(durationMs, context.signal)
    const usage = usageBetween(before, sample(), context.coreCount)
    const fileSystem = target.dataFolder === undefined ? null : fileSystemOf(target.dataFolder)
    const trust = trustOf(usage, lagP99Ms, target.pids.length > 0, fileSystem)
    const complaint = context.signal.aborted ? interrupted : judge(trust)
    return { report: reportOf(measured, thresholds, complaint), steps: measured, usage }
  } catch (error) {
    if (!context.signal.aborted) throw error
    return { report: reportOf([], thresholds, interrupted), steps: [], usage: null }
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
}

function reportOf(
  measured: readonly MeasuredStep[],
  asked: Scenario['thresholds'],
  complaint: Complaint | null,
): RestReport {
  return {
    concurrency: null,
    complaint,
    steps: measured.map(({ row }) => ({ row, thresholds: restThresholds(row, asked) })),
  }
}

function trustOf(usage: Usage, lagP99Ms: number, ownServer: boolean, fileSystem: string | null): Trust {
  return {
    mode: 'open',
    loopLagP99Ms: lagP99Ms,
    receiveLagP99Ms: null,
    slipP99Ms: null,
    busiestGeneratorCores: usage.busiestGeneratorCores,
    generatorCores: usage.generatorCores,
    serverCores: usage.serverCores,
    otherCores: ownServer ? usage.otherCores : null,
    stealShare: usage.stealShare,
    memoryPressure: usage.memoryPressure,
    cpuPressure: usage.cpuPressure,
    ioPressure: usage.ioPressure,
    serverPinnedCores: null,
    generatorPinnedCores: null,
    memoryBackedStore: fileSystem === 'tmpfs' || fileSystem === 'ramfs' ? fileSystem : null,
    ownServer,
  }
}
