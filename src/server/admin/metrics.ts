import type { Stats } from '../roles.ts'
import { type FamilyName, families, isFamily } from '../telemetry/families.ts'
import type { HistogramReport } from '../telemetry/histogram.ts'
import { limitNames } from '../telemetry/limits.ts'
import type { ProcessReport } from '../telemetry/report.ts'

/** What one process reported. */
export type Source = {
  readonly role: 'supervisor' | 'writer' | 'worker'
  readonly worker?: number
  readonly stats: Stats
  readonly report?: ProcessReport
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Prometheus' text format, version 0.0.4, of all processes at once. Flat numbers are `kf_<role>_<name>`, with a worker's number
 * as label; stages, store and loop are families over all roles. A name that telemetry/families.ts does not list is left out.
 */
export function formatMetrics(sources: readonly Source[]): string {
  const lines = new Map<FamilyName, string[]>()
  const write: Write = (name, labels, value, suffix = '') => {
    if (!isFamily(name) || !Number.isFinite(value)) return
    let family = lines.get(name)
    if (family === undefined) {
      family = [`# HELP ${name} ${families[name].help}`, `# TYPE ${name} ${families[name].type}`]
      lines.set(name, family)
    }
    family.push(`${name}${suffix}${formatLabels(labels)} ${value}`)
  }
  for (const { role, worker, stats, report } of sources) {
    const own: Labels = worker === undefined ? {} : { worker: String(worker) }
    for (const [key, value] of Object.entries(stats)) write(`kf_${role}_${key}`, own, value)
    if (report !== undefined) writeReport(write, { role, ...own }, report)
  }
  return `${[...lines.values()].flat().join('\n')}\n`
}

type Labels = Readonly<Record<string, string>>
type Write = (name: string, labels: Labels, value: number, suffix?: string) => void

function writeReport(write: Write, process: Labels, { stages, limits, store, loop }: ProcessReport): void {
  for (const [stage, report] of Object.entries(stages)) {
    const labels = { ...process, stage }
    write('kf_stage_in_total', labels, report.in)
    write('kf_stage_out_total', labels, report.out)
    for (const [reason, count] of Object.entries(report.refused)) {
      if (count > 0) write('kf_stage_refused_total', { ...labels, reason }, count)
    }
    writeHistogram(write, 'kf_stage_seconds', labels, report.seconds)
    if (report.wait !== undefined) writeHistogram(write, 'kf_stage_wait_seconds', labels, report.wait)
    if (report.queue !== undefined) {
      write('kf_stage_queue', labels, report.queue.depth)
      if (report.queue.limit !== null) write('kf_stage_queue_limit', labels, report.queue.limit)
    }
  }
  if (limits !== undefined) {
    for (const name of limitNames) {
      write('kf_limit_refused_total', { ...process, limit: name }, limits.refused[name])
      write('kf_limit_keys', { ...process, limit: name }, limits.keys[name])
    }
    write('kf_limit_disconnected_total', process, limits.disconnected)
  }
  if (store !== undefined) {
    writeHistogram(write, 'kf_commit_operations', {}, store.batch)
    writeHistogram(write, 'kf_sync_seconds', {}, store.sync)
  }
  if (loop !== undefined) {
    write('kf_loop_lag_seconds', { ...process, quantile: '0.5' }, loop.p50)
    write('kf_loop_lag_seconds', { ...process, quantile: '0.99' }, loop.p99)
    write('kf_loop_lag_seconds', { ...process, quantile: '1' }, loop.max)
    write('kf_loop_busy_ratio', process, loop.busy)
  }
}

function writeHistogram(
  write: Write,
  name: FamilyName,
  labels: Labels,
  { bounds, counts, sum }: HistogramReport,
): void {
  let below = 0
  for (const [bucket, count] of counts.entries()) {
    below += count
    const bound = bounds[bucket]
    write(name, { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, below, '_bucket')
  }
  write(name, labels, sum, '_sum')
  write(name, labels, below, '_count')
}

// Values are names and numbers of kf's own: none needs escaping.
function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels)
  return pairs.length === 0 ? '' : `{${pairs.map(([name, value]) => `${name}="${value}"`).join(',')}}`
}
