import type { Verdict } from '../check/verdict.ts'
import type { Experiment, PhaseName, Timeline } from './experiment.ts'
import type { Meter } from './meter.ts'
import { type Look, probe, probedFrom } from './probes.ts'
import type { ExperimentResult, FaultRecord, PhaseRow, ProbeResult, Second } from './result.ts'
import type { RawLook } from './seconds.ts'
import { detectMs, recoverMs, steadyOf } from './steady.ts'

/** What a run gathered; times on the history's scale, those of faults from the start of the baseline. */
export type Gathered = {
  readonly experiment: Experiment
  readonly timeline: Timeline
  readonly startedAt: string
  readonly tookMs: number
  readonly target: string
  readonly machine: string
  readonly command: string
  readonly verdicts: readonly Verdict[]
  readonly faults: readonly FaultRecord[]
  readonly left: readonly string[]
  readonly counts: ExperimentResult['counts']
  readonly abortedBy: string | undefined
  readonly interrupted: boolean
  readonly troubles: readonly string[]
  readonly meter: Pick<Meter, 'stretch'>
  readonly looks: readonly RawLook[]
  readonly zero: number
  /** When phases began; 0: never. Undefined: the baseline did not begin. */
  readonly spans:
    | {
        readonly baselineFrom: number
        readonly faultFrom: number
        readonly recoveryFrom: number
        readonly end: number
      }
    | undefined
}

export function resultOf(run: Gathered): ExperimentResult {
  const { experiment, faults, abortedBy, zero } = run
  const wanted = new Set(experiment.checks.invariants)
  const verdicts = run.verdicts.filter(({ invariant }) => wanted.has(invariant))
  const looks = run.looks.map(({ at, ...look }): Look => ({ ...look, t: at - zero }))
  const phases = phasesOf(run)
  const rows = phases.map((phase) => rowOf(run, looks, phase))
  const probes = phases.flatMap((phase) => probesOf(run, looks, phase))
  const { status, reasons } = statusOf(run, verdicts, probes)
  return {
    version: 1,
    experiment,
    timeline: run.timeline,
    startedAt: run.startedAt,
    tookMs: run.tookMs,
    target: run.target,
    machine: run.machine,
    command: run.command,
    status: abortedBy === undefined ? status : 'aborted',
    reasons,
    ...(run.interrupted ? { interrupted: true } : {}),
    phases: rows,
    probes,
    faults,
    verdicts,
    ...turns(run, looks),
    leftFaults: run.left,
    counts: run.counts,
    series: looks.map(secondOf),
  }
}

type Phase = { readonly name: PhaseName; readonly from: number; readonly to: number }

function phasesOf({ spans }: Gathered): readonly Phase[] {
  if (spans === undefined) return []
  const { baselineFrom, faultFrom, recoveryFrom, end } = spans
  const faultTo = recoveryFrom === 0 ? end : recoveryFrom
  return [
    { name: 'baseline' as const, from: baselineFrom, to: faultFrom || faultTo },
    ...(faultFrom === 0 ? [] : [{ name: 'fault' as const, from: faultFrom, to: faultTo }]),
    ...(recoveryFrom === 0 ? [] : [{ name: 'recovery' as const, from: recoveryFrom, to: end }]),
  ]
}

function rowOf({ meter, zero }: Gathered, looks: readonly Look[], { name, from, to }: Phase): PhaseRow {
  const { avgMs, p50Ms, p99Ms, errorRate = 0, acks } = meter.stretch(from, to)
  const visitors = during(looks, from - zero, to - zero).map((look) => look.visitors)
  const concurrency = Math.round(visitors.reduce((sum, n) => sum + n, 0) / Math.max(1, visitors.length))
  return { phase: name, concurrency, avgMs, p50Ms, p99Ms, errorRate, acks }
}

function probesOf(run: Gathered, looks: readonly Look[], { name, from, to }: Phase): readonly ProbeResult[] {
  const { experiment, meter, zero } = run
  const begin = probedFrom(name, from, to)
  return probe(experiment.probes, name, meter.stretch(begin, to), during(looks, begin - zero, to - zero))
}

function statusOf(
  { abortedBy, left, faults, troubles }: Gathered,
  verdicts: readonly Verdict[],
  probes: readonly ProbeResult[],
): { readonly status: 'pass' | 'fail' | 'unknown'; readonly reasons: readonly string[] } {
  const unverified = faults.filter(({ verifiedMs }) => verifiedMs === undefined)
  const open = verdicts.filter(({ status }) => status === 'unknown')
  const reasons = [
    ...(abortedBy === undefined ? [] : [abortedBy]),
    ...unverified.map(
      ({ fault, on, trouble }) =>
        `${fault} on ${on} was not seen to fire${trouble === undefined ? '' : `: ${trouble}`}`,
    ),
    ...troubles,
    ...open.map(({ invariant, why }) => `${invariant}${why === undefined ? '' : `: ${why}`}`),
  ]
  const failed =
    left.length > 0 || verdicts.some(({ status }) => status === 'fail') || probes.some(({ held }) => !held)
  const unknown = unverified.length + troubles.length + open.length > 0 || verdicts.length === 0
  return { status: failed ? 'fail' : unknown ? 'unknown' : 'pass', reasons }
}

function turns(
  { faults, spans, zero }: Gathered,
  looks: readonly Look[],
): Pick<ExperimentResult, 'detectMs' | 'recoverMs'> {
  if (spans === undefined || faults.length === 0) return { detectMs: undefined, recoverMs: undefined }
  const first = Math.min(...faults.map(({ injectedMs }) => injectedMs))
  const healed = Math.max(...faults.map(({ healedMs }) => healedMs ?? Number.POSITIVE_INFINITY))
  const end = spans.end - zero
  const steady = steadyOf(looks.filter(({ t }) => t > 0 && t <= first))
  const measured = looks.filter(({ t }) => t <= end)
  return {
    detectMs: detectMs(measured, steady, first, end),
    recoverMs: recoverMs(measured, steady, healed),
  }
}

/** Whole seconds of a stretch; the one that lies across its beginning is left out. */
function during(looks: readonly Look[], from: number, to: number): readonly Look[] {
  return looks.filter(({ t }) => t - 1_000 >= from - 1 && t <= to + 1)
}

function secondOf({ connected: _connected, ready: _ready, ...second }: Look): Second {
  return second
}
