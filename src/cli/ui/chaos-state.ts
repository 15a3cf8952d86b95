import type { Experiment, Timeline } from '../../chaos/experiment/experiment.ts'
import type { ExperimentEvents, FaultRecord, Second } from '../../chaos/experiment/result.ts'

/** What a chaos run says while it goes on, as values. */
export type ChaosEvent =
  | { readonly t: 'step'; readonly what: string }
  | { readonly t: 'second'; readonly second: Second; readonly told: Told }
  | { readonly t: 'fault'; readonly record: FaultRecord; readonly event: FaultEvent }

export type Told = Parameters<ExperimentEvents['second']>[1]
export type FaultEvent = Parameters<ExperimentEvents['fault']>[1]

/** What the live views show, built from events alone. */
export type ChaosState = {
  readonly experiment: Experiment
  readonly timeline: Timeline
  /** As it was named on the command line. */
  readonly named: string
  readonly step: string
  readonly records: ReadonlyMap<number, FaultRecord>
  readonly second: Second | undefined
  readonly told: Told | undefined
  /** Acks of the last seconds. */
  readonly acks: readonly number[]
}

const secondsShown = 60

export function startState(experiment: Experiment, timeline: Timeline, named: string): ChaosState {
  return {
    experiment,
    timeline,
    named,
    step: 'start',
    records: new Map(),
    second: undefined,
    told: undefined,
    acks: [],
  }
}

export function reduce(state: ChaosState, event: ChaosEvent): ChaosState {
  if (event.t === 'step') return { ...state, step: event.what }
  if (event.t === 'fault')
    return { ...state, records: new Map(state.records).set(event.record.n, event.record) }
  return {
    ...state,
    second: event.second,
    told: event.told,
    acks: [...state.acks, event.second.acks].slice(-secondsShown),
  }
}
