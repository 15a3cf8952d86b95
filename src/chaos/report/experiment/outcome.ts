import type { Verdict } from '../../check/verdict.ts'
import type { ExperimentResult, ProbeResult } from '../../experiment/result.ts'

/** The verdicts of a run, each kind in the order of the promises. */
export type Outcome = {
  readonly failed: readonly Verdict[]
  readonly unknown: readonly Verdict[]
  readonly passed: readonly Verdict[]
  readonly missedProbes: readonly ProbeResult[]
  readonly exitCode: number
}

export function outcomeOf(result: ExperimentResult): Outcome {
  const of = (status: Verdict['status']): readonly Verdict[] =>
    result.verdicts.filter((verdict) => verdict.status === status)
  return {
    failed: of('fail'),
    unknown: of('unknown'),
    passed: of('pass'),
    missedProbes: result.probes.filter(({ held }) => !held),
    exitCode: exitCodeOf(result),
  }
}

/**
 * 5 a promise or a probe is broken, or a fault is left unhealed, however the run ended · 130 interrupted and healed · 6 cannot be
 * judged, or aborted · 0 every promise kept.
 */
export function exitCodeOf(result: ExperimentResult): number {
  const broken = result.status === 'fail' || result.verdicts.some(({ status }) => status === 'fail')
  if (broken || result.leftFaults.length > 0) return 5
  if (result.interrupted === true) return 130
  return result.status === 'pass' ? 0 : 6
}
