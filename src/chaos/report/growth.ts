import type { Series } from './series.ts'

/** Fewer samples than these say nothing about growth. */
const fewest = 20

/**
 * By what share of itself the server's resident memory grew over the second half of the measured window: the median of its last
 * tenth over the median of the tenth in the middle. In the first half caches of a fixed size fill and the heap finds its size; what
 * leaks grows in the second as well. Null when too little was sampled.
 */
export function growthOf(series: Series | undefined): number | null {
  const bytes = (series?.seconds ?? []).flatMap(({ server_rss_bytes }) => server_rss_bytes ?? [])
  if (bytes.length < fewest) return null
  const tenth = Math.floor(bytes.length / 10)
  const middle = Math.floor((bytes.length - tenth) / 2)
  return median(bytes.slice(-tenth)) / median(bytes.slice(middle, middle + tenth)) - 1
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
