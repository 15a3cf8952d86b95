import type { Measure, PhaseName, Probe, Threshold } from './experiment.ts'
import type { Stretch } from './meter.ts'
import type { ProbeResult, Second } from './result.ts'

/** A second with what only the run knows. */
export type Look = Second & { readonly connected: number; readonly ready: number | undefined }

/** What `measure` is over a stretch of the run; undefined: nothing to measure it by. Connected, ready and memory: the worst of its seconds. */
export function measured(measure: Measure, stretch: Stretch, looks: readonly Look[]): number | undefined {
  switch (measure) {
    case 'error_rate':
      return stretch.errorRate
    case 'avg_ms':
      return stretch.avgMs
    case 'p99_ms':
      return stretch.p99Ms
    case 'acks_per_s':
      return looks.length === 0 ? undefined : stretch.acks / looks.length
    case 'connected':
      return worst(
        looks.map(({ connected }) => connected),
        Math.min,
      )
    case 'ready':
      return worst(
        looks.flatMap(({ ready }) => ready ?? []),
        Math.min,
      )
    case 'rss_bytes':
      return worst(
        looks.flatMap(({ rssBytes }) => rssBytes ?? []),
        Math.max,
      )
  }
}

export function holds(value: number, { op, value: bound }: Threshold): boolean {
  switch (op) {
    case '<=':
      return value <= bound
    case '>=':
      return value >= bound
    case '<':
      return value < bound
    case '>':
      return value > bound
  }
}

export function thresholdText({ measure, op, value }: Threshold): string {
  return `${measure} ${op} ${value}`
}

/**
 * The probes that look at a phase. What cannot be measured has not held. In the recovery only its second half is looked at
 * (`probedFrom`): its first half is for coming back.
 */
export function probe(
  probes: readonly Probe[],
  phase: PhaseName,
  stretch: Stretch,
  looks: readonly Look[],
): readonly ProbeResult[] {
  return probes.flatMap(({ name, threshold: thresholds }) => {
    const threshold = thresholds[phase]
    if (threshold === undefined) return []
    const value = measured(threshold.measure, stretch, looks)
    const held = value !== undefined && holds(value, threshold)
    return [{ name, phase, value, threshold: thresholdText(threshold), held }]
  })
}

/** From where on probes look at a phase that lasts from `from` to `to`. */
export function probedFrom(phase: PhaseName, from: number, to: number): number {
  return phase === 'recovery' ? (from + to) / 2 : from
}

function worst(values: readonly number[], of: (...values: number[]) => number): number | undefined {
  return values.length === 0 ? undefined : of(...values)
}
