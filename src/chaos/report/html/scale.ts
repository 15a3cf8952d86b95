/** Maps values to coordinates. `ticks` lie within the domain, few enough to be labelled. */
export type Scale = {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

/** From 0 to at least `top`, with about `count` round ticks. */
export function linear(top: number, range: readonly [number, number], count: number): Scale {
  const step = roundStep(Math.max(top, 1e-9) / count)
  const end = Math.max(step, Math.ceil(top / step - 1e-9) * step)
  const [from, to] = range
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) =>
    Number((i * step).toPrecision(12)),
  )
  return { at: (value) => from + (value / end) * (to - from), ticks }
}

/** Seconds from `first` to `last`, with ticks at round seconds. */
export function seconds(first: number, last: number, range: readonly [number, number], count: number): Scale {
  const span = Math.max(1, last - first)
  const step = timeSteps.find((one) => span / one <= count) ?? roundStep(span / count)
  const [from, to] = range
  const start = Math.ceil(first / step) * step
  const ticks = Array.from(
    { length: Math.max(0, Math.floor((last - start) / step) + 1) },
    (_, i) => start + i * step,
  )
  return { at: (value) => from + ((value - first) / span) * (to - from), ticks }
}

/** Logarithmic from a 1-2-5 step at or below `low` to one at or above `high`; values below the first tick stand on it. */
export function logarithmic(low: number, high: number, range: readonly [number, number]): Scale {
  const ends = [stepBelow(low), stepAbove(high)] as const
  const bottom = ends[0]
  const top = ends[1] > bottom ? ends[1] : bottom * 10
  const [from, to] = range
  const decades = Math.log10(top / bottom)
  const steps = decades > 3 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5]
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(bottom)); power <= Math.ceil(Math.log10(top)); power++) {
    for (const step of steps) {
      const tick = Number((step * 10 ** power).toPrecision(3))
      if (tick >= bottom * 0.999 && tick <= top * 1.001) ticks.push(tick)
    }
  }
  const at = (value: number): number =>
    from + (Math.log10(Math.max(value, bottom) / bottom) / decades) * (to - from)
  return { at, ticks }
}

/**
 * The axis of HdrHistogram's percentile plots: by the share above, on a logarithmic scale, so that 50 %, 90 %, 99 %, 99.9 % …
 * stand at equal distances from one another. `largest` is the quantile at the right end.
 */
export function percentiles(largest: number, range: readonly [number, number]): Scale {
  const nines = (quantile: number): number => -Math.log10(Math.max(1 - quantile, 1e-9))
  const [from, to] = range
  const end = Math.max(1, nines(largest))
  const ticks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999].filter(
    (tick) => nines(tick) <= end + 1e-9,
  )
  return { at: (quantile) => from + (Math.min(nines(quantile), end) / end) * (to - from), ticks }
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600]

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 1.5, 2, 2.5, 3, 5, 10].find((one) => one * power >= raw * 0.999) ?? 10
  return step * power
}

function stepBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([5, 2, 1].find((one) => one * power <= value * 1.0001) ?? 1) * power
}

function stepAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((one) => one * power >= value * 0.9999) ?? 10) * power
}
