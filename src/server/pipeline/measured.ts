import type { StageMetrics } from '../telemetry/stages.ts'
import type { Stage } from './stage.ts'

/** A stage that counts what it took, what it gave and how long it worked. What it refuses itself it counts itself. */
export function measured<In, Out>(
  stage: Stage<In, Out>,
  metrics: StageMetrics,
  monotonic: () => number,
): Stage<In, Out> {
  return (batch) => {
    const began = monotonic()
    const given = stage(batch)
    metrics.in += batch.length
    metrics.out += given.length
    metrics.seconds.observe((monotonic() - began) / 1000)
    return given
  }
}
