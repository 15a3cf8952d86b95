import type { BenchEvent, BenchPlan, MeasuredRow } from '../../chaos/load/bench.ts'
import type { Progress } from '../../chaos/load/ipc.ts'
import type { RowPhase } from '../../chaos/load/row-plan.ts'
import type { Usage } from '../../chaos/load/sampling.ts'
import type { Queue } from '../../chaos/load/stage-watch.ts'
import { LatencyHistogram } from '../../chaos/report/histogram.ts'

/** What the live views show, built from events alone. */
export type BenchState = {
  readonly plan: BenchPlan
  readonly done: readonly MeasuredRow[]
  readonly running: RunningRow | null
}

export type RunningRow = {
  readonly index: number
  readonly agents: number
  readonly sizing: MeasuredRow['sizing']
  readonly target: string
  readonly phase: RowPhase
  readonly phaseFromMs: number
  readonly phaseUntilMs: number
  readonly generators: ReadonlyMap<number, Progress>
  /** Since measuring began. */
  readonly latency: LatencyHistogram
  readonly delivered: LatencyHistogram
  readonly sent: number
  readonly errors: number
  /** Of the second under way. */
  readonly second: { readonly latency: LatencyHistogram; readonly acked: number }
  readonly p99s: readonly (number | null)[]
  readonly messagesPerSecond: number | null
  readonly usage: Usage | null
  readonly rss: number | null
  /** What waits for the store, where the target says so. */
  readonly persistQueue: Queue | null
}

const secondsShown = 60

export function startState(plan: BenchPlan): BenchState {
  return { plan, done: [], running: null }
}

export function reduce(state: BenchState, event: BenchEvent): BenchState {
  if (event.t === 'row') return { ...state, running: fresh(event.index, event.agents, event.sizing) }
  if (event.t === 'done') return { ...state, done: [...state.done, event.row], running: null }
  const { running } = state
  if (running === null || running.index !== event.index) return state
  if (event.t === 'phase') {
    const sameTarget = running.target === event.target
    const row =
      sameTarget && event.phase !== 'measure' ? running : fresh(running.index, running.agents, running.sizing)
    const kept = sameTarget ? running.generators : row.generators
    return {
      ...state,
      running: {
        ...row,
        generators: kept,
        target: event.target,
        phase: event.phase,
        phaseFromMs: event.nowMs,
        phaseUntilMs: event.untilMs,
      },
    }
  }
  if (event.t === 'usage') {
    const { second } = running
    return {
      ...state,
      running: {
        ...running,
        usage: event.usage,
        rss: event.rss,
        persistQueue: event.persistQueue ?? null,
        p99s: [...running.p99s, second.latency.quantileMs(0.99)].slice(-secondsShown),
        messagesPerSecond: second.acked / event.usage.seconds,
        second: { latency: new LatencyHistogram(), acked: 0 },
      },
    }
  }
  return { ...state, running: withProgress(running, event.generator, event.progress) }
}

/** Heads counted over all generators. */
export function heads(row: RunningRow): { readonly visitors: number; readonly agents: number } {
  let visitors = 0
  let agents = 0
  for (const progress of row.generators.values()) {
    visitors += progress.visitors
    agents += progress.agents
  }
  return { visitors, agents }
}

/** The worst of all generators; null before any said so. */
export function worst(row: RunningRow, field: 'lagP99Ms' | 'slipP99Ms'): number | null {
  let value: number | null = null
  for (const progress of row.generators.values()) {
    const one = progress[field]
    if (one !== null && (value === null || one > value)) value = one
  }
  return value
}

function withProgress(row: RunningRow, generator: number, progress: Progress): RunningRow {
  const generators = new Map(row.generators).set(generator, progress)
  if (row.phase !== 'measure') return { ...row, generators }
  const latency = new LatencyHistogram(progress.latency.counts, progress.latency.sumMs)
  // The histograms are this state's own, and a copy at every message would cost more than all the rest.
  row.latency.add(latency)
  row.second.latency.add(latency)
  row.delivered.add(new LatencyHistogram(progress.delivered.counts, progress.delivered.sumMs))
  return {
    ...row,
    generators,
    sent: row.sent + progress.sent,
    errors: row.errors + progress.errors,
    second: { ...row.second, acked: row.second.acked + progress.acked },
  }
}

function fresh(index: number, agents: number, sizing: MeasuredRow['sizing']): RunningRow {
  return {
    index,
    agents,
    sizing,
    target: '',
    phase: 'start',
    phaseFromMs: 0,
    phaseUntilMs: 0,
    generators: new Map(),
    latency: new LatencyHistogram(),
    delivered: new LatencyHistogram(),
    sent: 0,
    errors: 0,
    second: { latency: new LatencyHistogram(), acked: 0 },
    p99s: [],
    messagesPerSecond: null,
    usage: null,
    rss: null,
    persistQueue: null,
  }
}
