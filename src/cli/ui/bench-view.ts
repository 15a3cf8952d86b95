import type { BenchEvent } from '../../chaos/load/bench.ts'

/** Shows a run while it goes on. */
export type BenchView = {
  readonly event: (event: BenchEvent) => void
  /** The operator asked to stop: what was measured so far is being gathered. */
  readonly stopping: () => void
  /** Takes the view away, so that the final screen stands alone. */
  readonly stop: () => void
}
