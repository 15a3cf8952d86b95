import type { PhaseEntry } from '../../check/history.ts'
import type { ExperimentResult, FaultRecord, Second } from '../../experiment/result.ts'
import type { HistoryFacts } from './facts.ts'

/** Stretches of time for the pictures, ms from the start of the baseline, as they really were. */
export type Span = { readonly from: number; readonly to: number }
export type PhaseSpan = Span & { readonly phase: PhaseEntry['phase'] }
export type FaultSpan = Span & { readonly record: FaultRecord; readonly state: FaultState }
export type FaultState = 'healed' | 'unseen' | 'left'

/** From the first second recorded to the last, with everything that was planned or done in between. */
export function wholeSpan(result: ExperimentResult, facts: HistoryFacts): Span {
  const { series, faults, timeline } = result
  const first = series[0]
  const ends = [
    ...(series.length === 0 ? [timeline.endsMs] : series.map(({ t }) => t)),
    ...faults.map(({ injectedMs, healedMs }) => healedMs ?? injectedMs),
    ...facts.phases.filter(({ phase }) => phase === 'recovery' || phase === 'drain').map(({ at }) => at),
  ]
  return { from: Math.min(0, first === undefined ? 0 : first.t - 1_000), to: Math.max(1_000, ...ends) }
}

/** Each phase until the next: as the history tells, or else as the faults' own times divide the run. */
export function phaseSpans(result: ExperimentResult, facts: HistoryFacts): readonly PhaseSpan[] {
  const { to } = wholeSpan(result, facts)
  const begins = facts.phases.length > 0 ? facts.phases : byFaults(result)
  return begins.flatMap(({ phase, at }, i): readonly PhaseSpan[] => {
    const end = Math.min(to, begins[i + 1]?.at ?? to)
    return end > at ? [{ phase, from: at, to: end }] : []
  })
}

/** Each fault from its injection until it was healed; one that never was lasts to the end. */
export function faultSpans(result: ExperimentResult, end: number): readonly FaultSpan[] {
  return result.faults.map((record) => ({
    record,
    from: record.injectedMs,
    to: record.healedMs ?? end,
    state: record.healedMs === undefined ? 'left' : record.verifiedMs === undefined ? 'unseen' : 'healed',
  }))
}

/** A row for each stretch such that no two of one row overlap. */
export function lanesOf(stretches: readonly Span[]): readonly number[] {
  const free: number[] = []
  return stretches.map(({ from, to }) => {
    const found = free.findIndex((end) => end <= from)
    const lane = found < 0 ? free.length : found
    free[lane] = to
    return lane
  })
}

const most = 900

/** More seconds than a plot can show become fewer: counts a mean, latencies the worst, connections the fewest. */
export function coarserSeconds(series: readonly Second[]): {
  readonly series: readonly Second[]
  readonly step: number
} {
  const step = Math.ceil(series.length / most)
  if (step <= 1) return { series, step: 1 }
  const out: Second[] = []
  for (let from = 0; from < series.length; from += step) {
    const part = series.slice(from, from + step)
    const last = part.at(-1)
    if (last !== undefined) out.push(together(last, part))
  }
  return { series: out, step }
}

function byFaults({ timeline, faults }: ExperimentResult): HistoryFacts['phases'] {
  const baseline = { phase: 'baseline', at: 0 } as const
  if (faults.length === 0) return [baseline]
  const begin = Math.min(...faults.map(({ injectedMs }) => injectedMs))
  const end = Math.max(...faults.map(({ healedMs }) => healedMs ?? timeline.endsMs))
  return [baseline, { phase: 'fault', at: begin }, { phase: 'recovery', at: end }]
}

function together(last: Second, part: readonly Second[]): Second {
  const mean = (pick: (one: Second) => number): number =>
    part.reduce((sum, one) => sum + pick(one), 0) / part.length
  const highest = (pick: (one: Second) => number | undefined): number | undefined => {
    const known = part.map(pick).filter((value) => value !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  }
  return {
    t: last.t,
    acks: mean(({ acks }) => acks),
    errors: mean(({ errors }) => errors),
    p50Ms: highest(({ p50Ms }) => p50Ms),
    p99Ms: highest(({ p99Ms }) => p99Ms),
    visitors: Math.min(...part.map(({ visitors }) => visitors)),
    agents: Math.min(...part.map(({ agents }) => agents)),
    unknown: Math.max(...part.map(({ unknown }) => unknown)),
    queued: highest(({ queued }) => queued),
    rssBytes: highest(({ rssBytes }) => rssBytes),
  }
}
