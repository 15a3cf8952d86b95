import { KfError, messageOf } from '../../core/errors.ts'
import { type BenchContext, type BenchPlan, type MeasuredRow, visitorsPerAgent } from '../load/bench.ts'
import { facilities, sizeUp } from '../load/preflight.ts'
import { interrupted } from '../load/row-outcome.ts'
import type { ScenarioThreshold } from '../scenario/scenario.ts'
import type { ToolHost } from '../tools/locate.ts'
import { findK6 } from './find.ts'
import { type K6Load, refuse } from './load.ts'
import { rowWithoutResult, runK6Row } from './run-row.ts'

export type K6Options = {
  readonly host: ToolHost
  /** Names the script. */
  readonly name: string
  /** Bounds of a scenario; k6 judges them too, and kf judges the rows itself. */
  readonly thresholds: readonly ScenarioThreshold[]
  /** REST steps of a scenario, which k6 is not given. */
  readonly restSteps: number
}

export type K6Rows = {
  readonly rows: readonly MeasuredRow[]
  /** `k6 1.7.1`. */
  readonly engine: string
}

const connectPerSecond = 1_000
const opensPerSecond = 2_000

/**
 * Measures a plan with k6 in place of kf's own generators, row by row, each on a fresh target; rows are as `runBench` makes
 * them. Throws `k6_missing` without a k6, `k6_cannot` for what its script cannot do, and the first row's failure.
 */
export async function runK6(plan: BenchPlan, options: K6Options, context: BenchContext): Promise<K6Rows> {
  refuse(plan.trouble?.slowReaders ?? 0, options.restSteps)
  if (plan.target.dialect !== 'kf') {
    throw new KfError('k6_cannot', `--target ${plan.target.name}: the k6 script speaks kf.v1 only`, {
      hint: 'use --engine kf for other targets',
      params: { what: 'target' },
    })
  }
  const k6 = await findK6(options.host)
  const sizings = plan.concurrency.map((visitors) =>
    sizeUp(
      {
        visitors,
        agents: agentsFor(plan, visitors),
        messages: 0,
        workers: plan.workers,
        generators: 1,
        ownServer: plan.ownServer,
      },
      facilities(),
    ),
  )
  const rows: MeasuredRow[] = []
  for (const [index, visitors] of plan.concurrency.entries()) {
    if (context.signal.aborted) break
    const sizing = sizings[index] ?? { workers: 1, generators: 1 }
    const load = loadOf(plan, options, visitors)
    context.onEvent({ t: 'row', index, agents: load.agents, sizing })
    let failure: KfError | null = null
    let outcome: MeasuredRow['outcome']
    try {
      outcome = await runK6Row(
        { load, plan, workers: sizing.workers, program: k6.path, env: options.host.env },
        { context, index },
      )
    } catch (error) {
      failure = error instanceof KfError ? error : new KfError('bench', messageOf(error), { cause: error })
      outcome = rowWithoutResult(visitors, { kind: 'failed', value: failure.message, bound: '' })
    }
    if (failure !== null && rows.length === 0 && !context.signal.aborted) throw failure
    if (failure !== null && context.signal.aborted) outcome = rowWithoutResult(visitors, interrupted)
    const row: MeasuredRow = {
      concurrency: visitors,
      agents: load.agents,
      sizing,
      outcome,
      references: [],
      failure,
    }
    rows.push(row)
    context.onEvent({ t: 'done', index, row })
  }
  return { rows, engine: `k6 ${k6.version ?? ''}`.trim() }
}

function loadOf(plan: BenchPlan, options: K6Options, visitors: number): K6Load {
  return {
    name: options.name,
    mode: plan.mode,
    rate: plan.rate,
    ramp: plan.ramp ?? { connectPerSecond, overMs: (visitors / opensPerSecond) * 1_000 },
    warmupMs: plan.warmupMs,
    durationMs: plan.durationMs,
    seed: plan.seed,
    thresholds: options.thresholds,
    visitors,
    agents: agentsFor(plan, visitors),
    // As with kf's own engine: a closed loop measures one job, the same for every target.
    answers: plan.answers && plan.mode === 'open',
    flows: plan.flows ?? [],
    reconnectPerMinute: plan.trouble?.reconnectPerMinute ?? 0,
  }
}

function agentsFor(plan: BenchPlan, visitors: number): number {
  return plan.agents ?? Math.ceil(visitors / (plan.visitorsPerAgent ?? visitorsPerAgent))
}
