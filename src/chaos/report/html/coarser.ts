import type { Series, SeriesSecond } from '../series.ts'

/** More than so many points are neither seen in a plot nor read in a table, and would make a page of megabytes. */
const mostPoints = 900

/**
 * The series with several seconds as one where there are more than 900: counts become the mean of a second, latencies the worst
 * of the seconds (of p50 the middle one), so that no spike is lost. `step` is how many seconds stand behind a point.
 */
export function coarser(series: Series): { readonly series: Series; readonly step: number } {
  const step = Math.ceil(series.seconds.length / mostPoints)
  if (step <= 1) return { series, step: 1 }
  const seconds: SeriesSecond[] = []
  for (let from = 0; from < series.seconds.length; from += step) {
    const part = series.seconds.slice(from, from + step)
    const [first] = part
    if (first !== undefined) seconds.push(together(first, part))
  }
  return { series: { ...series, seconds }, step }
}

function together(first: SeriesSecond, part: readonly SeriesSecond[]): SeriesSecond {
  const mean = (pick: (one: SeriesSecond) => number): number =>
    part.reduce((sum, one) => sum + pick(one), 0) / part.length
  const worst = (pick: (one: SeriesSecond) => number | null): number | null => {
    const known = part.map(pick).filter((value) => value !== null)
    return known.length === 0 ? null : Math.max(...known)
  }
  const medians = part
    .map(({ p50_ms }) => p50_ms)
    .filter((value) => value !== null)
    .sort((a, b) => a - b)
  return {
    second: first.second,
    sent: mean((one) => one.sent),
    acked: mean((one) => one.acked),
    errors: part.reduce((sum, one) => sum + one.errors, 0),
    avg_ms: worst((one) => one.avg_ms),
    p50_ms: medians[medians.length >> 1] ?? null,
    p95_ms: worst((one) => one.p95_ms),
    p99_ms: worst((one) => one.p99_ms),
    max_ms: worst((one) => one.max_ms),
    delivered_p99_ms: worst((one) => one.delivered_p99_ms),
    connected: Math.min(...part.map((one) => one.connected)),
    reconnects: part.reduce((sum, one) => sum + one.reconnects, 0),
    resumes: part.reduce((sum, one) => sum + one.resumes, 0),
    lag_p99_ms: worst((one) => one.lag_p99_ms),
    slip_p99_ms: worst((one) => one.slip_p99_ms),
    ...most(part.flatMap(({ server_rss_bytes }) => server_rss_bytes ?? [])),
  }
}

function most(bytes: readonly number[]): Pick<SeriesSecond, 'server_rss_bytes'> {
  return bytes.length === 0 ? {} : { server_rss_bytes: Math.max(...bytes) }
}
