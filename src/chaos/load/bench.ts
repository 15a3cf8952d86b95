import { KfError, messageOf } from '../../core/errors.ts'
import type { Flow, Ramp, RestStep, ScenarioBrief } from '../scenario/scenario.ts'
import { echoTarget, relayTarget } from '../targets/bare.ts'
import type { Target } from '../targets/target.ts'
import { type LoadMode, noTrouble, type Progress, type Trouble } from './ipc.ts'
import { type DiskFacts, facilities, sizeUp } from './preflight.ts'
import type { HostsPlan } from './remote-hosts.ts'
import { interrupted, type RowOutcome, withoutResult } from './row-outcome.ts'
import type { RowContext, RowPhase, RowPlan } from './row-plan.ts'
import { runRow } from './row-run.ts'
import type { Usage } from './sampling.ts'
import type { Queue } from './stage-watch.ts'

/** What `kf bench` is asked to do. */
export type BenchPlan = {
  readonly target: Target
  /** The target is started on this machine, so that its processes are measured and pinned. */
  readonly ownServer: boolean
  readonly concurrency: readonly number[]
  readonly mode: LoadMode
  /** Open mode: messages per second of each visitor. */
  readonly rate: number
  readonly warmupMs: number
  readonly durationMs: number
  readonly seed: number
  readonly agents: number | undefined
  /** Where `agents` is not given; undefined: 50. */
  readonly visitorsPerAgent?: number | undefined
  /** Scripts that visitors walk; none: one message at each instant. */
  readonly flows?: readonly Flow[] | undefined
  /** Undefined: 4,000 connections per second, then (open mode) 2,000 first messages per second. */
  readonly ramp?: Ramp | undefined
  readonly trouble?: Trouble | undefined
  /** Requests beside the sockets. */
  readonly rest?: readonly RestStep[] | undefined
  /** Where the load comes from a scenario: what is shown of it. */
  readonly scenario?: ScenarioBrief | undefined
  readonly workers: number | undefined
  readonly generators: number | undefined
  /** Hosts that lend the generators, one each at least; undefined: they run here. */
  readonly hosts?: HostsPlan | undefined
  readonly answers: boolean
  readonly disk: DiskFacts | null
}

export type Reference = { readonly name: 'echo' | 'relay'; readonly outcome: RowOutcome }

export type MeasuredRow = {
  readonly concurrency: number
  readonly agents: number
  readonly sizing: { readonly workers: number; readonly generators: number }
  readonly outcome: RowOutcome
  /** Bare targets under the same load in the same run. */
  readonly references: readonly Reference[]
  readonly failure: KfError | null
}

export type BenchEvent =
  | {
      readonly t: 'row'
      readonly index: number
      readonly agents: number
      readonly sizing: MeasuredRow['sizing']
    }
  | {
      readonly t: 'phase'
      readonly index: number
      readonly target: string
      readonly phase: RowPhase
      readonly untilMs: number
      readonly nowMs: number
    }
  | {
      readonly t: 'progress'
      readonly index: number
      readonly generator: number
      readonly progress: Progress
    }
  | {
      readonly t: 'usage'
      readonly index: number
      readonly usage: Usage
      readonly rss: number | null
      readonly persistQueue?: Queue | null
    }
  | { readonly t: 'done'; readonly index: number; readonly row: MeasuredRow }

export type BenchContext = Omit<RowContext, 'watcher'> & { readonly onEvent: (event: BenchEvent) => void }

/** Visitors an agent serves, unless told otherwise. */
export const visitorsPerAgent = 50
const connectPerSecond = 4_000
/** Visitors do not all write their first message in one second: opening and assigning a conversation costs several messages. */
const opensPerSecond = 2_000
/** What a closed loop cannot exceed here, and how far chance may carry an open one above its mean: for numbering alone. */
const closedPerSecond = 200_000
const openSpread = 1.2
const floor = { warmupMs: 2_000, durationMs: 8_000 }

/**
 * Measures each concurrency in turn, on a fresh target, after the bare targets it is to be compared with. A row that fails
 * keeps its place and says why; the first row's failure to start or connect is thrown, since no other would fare better.
 */
export async function runBench(plan: BenchPlan, context: BenchContext): Promise<readonly MeasuredRow[]> {
  const rows: MeasuredRow[] = []
  // All sizes are checked before the first row: not after a quarter of an hour.
  const sizings = plan.concurrency.map((visitors) => {
    const { workers, generators } = sizeUp(wantedOf(plan, visitors), facilities())
    return { workers, generators: Math.max(generators, plan.hosts?.addresses.length ?? 1) }
  })
  for (const [index, visitors] of plan.concurrency.entries()) {
    if (context.signal.aborted) break
    const sizing = sizings[index] ?? { workers: 1, generators: 1 }
    const row = await measureRow(plan, context, { index, visitors, sizing })
    if (row.failure !== null && rows.length === 0) throw row.failure
    rows.push(row)
    context.onEvent({ t: 'done', index, row })
  }
  return rows
}

type Place = { readonly index: number; readonly visitors: number; readonly sizing: MeasuredRow['sizing'] }

async function measureRow(plan: BenchPlan, context: BenchContext, place: Place): Promise<MeasuredRow> {
  const { index, visitors, sizing } = place
  const agents = agentsFor(plan, visitors)
  context.onEvent({ t: 'row', index, agents, sizing })
  const rowPlan: RowPlan = {
    target: plan.target,
    visitors,
    agents,
    ...sizing,
    mode: plan.mode,
    intervalMs: 1000 / plan.rate,
    answers: plan.answers && plan.mode === 'open',
    seed: plan.seed,
    warmupMs: plan.warmupMs,
    durationMs: plan.durationMs,
    ramp: plan.ramp ?? {
      connectPerSecond,
      overMs: plan.mode === 'open' ? (visitors / opensPerSecond) * 1_000 : 0,
    },
    flows: plan.flows ?? [],
    trouble: plan.trouble ?? noTrouble,
    rest: plan.rest,
    hosts: plan.hosts,
  }
  const references: Reference[] = []
  let failure: KfError | null = null
  let outcome: RowOutcome
  try {
    for (const target of referencesOf(plan)) {
      if (context.signal.aborted) break
      const name = target.name === 'relay' ? 'relay' : 'echo'
      references.push({
        name,
        outcome: await runRow(referencePlan(rowPlan, target), rowContext(context, index, target.name)),
      })
    }
    outcome = context.signal.aborted
      ? withoutResult(rowPlan, interrupted)
      : await runRow(rowPlan, rowContext(context, index, plan.target.name))
  } catch (error) {
    failure = error instanceof KfError ? error : new KfError('bench', messageOf(error), { cause: error })
    outcome = withoutResult(rowPlan, { kind: 'failed', value: failure.message, bound: '' })
  }
  return { concurrency: visitors, agents, sizing, outcome, references, failure }
}

function rowContext(context: BenchContext, index: number, target: string): RowContext {
  const { onEvent } = context
  return {
    ...context,
    watcher: {
      phase: (phase, untilMs, nowMs) => {
        onEvent({ t: 'phase', index, target, phase, untilMs, nowMs })
      },
      progress: (generator, progress) => {
        onEvent({ t: 'progress', index, generator, progress })
      },
      usage: (usage, rss, persistQueue) => {
        onEvent({ t: 'usage', index, usage, rss, persistQueue })
      },
    },
  }
}

// In open mode the echo is a floor for latency, and brief; in closed mode echo and relay are what the ratio is of.
function referencesOf(plan: BenchPlan): readonly Target[] {
  if (plan.target.bare || !plan.ownServer) return []
  return plan.mode === 'open' ? [echoTarget] : [echoTarget, relayTarget]
}

function referencePlan(row: RowPlan, target: Target): RowPlan {
  const brief = row.mode === 'open' ? floor : { warmupMs: row.warmupMs, durationMs: row.durationMs }
  const plain = { answers: false, flows: [], trouble: noTrouble, rest: undefined }
  return { ...row, ...brief, ...plain, target, agents: target.name === 'relay' ? row.agents : 0 }
}

function wantedOf(plan: BenchPlan, visitors: number) {
  const { workers, generators, ownServer } = plan
  const sends = Math.max(1, ...(plan.flows ?? []).map(sendsOf))
  const perSecond = plan.mode === 'open' ? visitors * plan.rate * sends * openSpread : closedPerSecond
  const messages = (perSecond * (plan.warmupMs + plan.durationMs)) / 1000
  return { visitors, agents: agentsFor(plan, visitors), messages, workers, generators, ownServer }
}

function sendsOf({ steps }: Flow): number {
  return steps.reduce((sends, step) => sends + (step.do === 'send' ? 1 : 0), 0)
}

function agentsFor(plan: BenchPlan, visitors: number): number {
  if (!plan.target.delivers) return 0
  return plan.agents ?? Math.ceil(visitors / (plan.visitorsPerAgent ?? visitorsPerAgent))
}
