import type { ExperimentEvents } from '../../chaos/experiment/result.ts'
import type { ChaosEvent } from './chaos-state.ts'

/** Shows a chaos run while it goes on. */
export type ChaosView = ExperimentEvents & {
  /** The operator asked to stop; `again`: once more, while everything is still being healed. */
  readonly stopping: (again: boolean) => void
  /** Takes the view away, so that the final screen stands alone. */
  readonly stop: () => void
}

export function eventsTo(take: (event: ChaosEvent) => void): ExperimentEvents {
  return {
    step: (what) => {
      take({ t: 'step', what })
    },
    second: (second, told) => {
      take({ t: 'second', second, told })
    },
    fault: (record, event) => {
      take({ t: 'fault', record, event })
    },
  }
}
