import type { Stats } from '../roles.ts'

/** What one process reported. */
export type Source = {
  readonly role: 'supervisor' | 'writer' | 'worker'
  readonly worker?: number
  readonly stats: Stats
}

/**
 * Prometheus' text format, version 0.0.4: one family per role and name, a worker's number as its label.
 * Names that end in `_total` are counters, the rest gauges.
 */
export function formatMetrics(sources: readonly Source[]): string {
  const families = new Map<string, string[]>()
  for (const { role, worker, stats } of sources) {
    const labels = worker === undefined ? '' : `{worker="${worker}"}`
    for (const [key, value] of Object.entries(stats)) {
      const name = `kf_${role}_${key}`
      if (!namePattern.test(name) || !Number.isFinite(value)) continue
      const lines = families.get(name) ?? [`# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`]
      lines.push(`${name}${labels} ${value}`)
      families.set(name, lines)
    }
  }
  return `${[...families.values()].flat().join('\n')}\n`
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

const namePattern = /^[a-z][a-z0-9_]*$/
