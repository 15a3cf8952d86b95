import type { Series } from './series.ts'

/** Fewer samples than these say nothing about growth. */
const fewest = 20

/**
 * By what share of itself the server's resident memory grew while the row was measured: the median of the last tenth of the
 * window over the median of its second tenth, so that neither the start nor a single collection of garbage decides it.
 * Null when too little was sampled.
 */
export function growthOf(series: Series | undefined): number | null {
  const bytes = (series?.seconds ?? []).flatMap(({ server_rss_bytes }) => server_rss_bytes ?? [])
  if (bytes.length < fewest) return null
  const tenth = Math.floor(bytes.length / 10)
  return median(bytes.slice(-tenth)) / median(bytes.slice(tenth, 2 * tenth)) - 1
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
