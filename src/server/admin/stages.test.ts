import { describe, expect, test } from 'vitest'
import { createStoreMetrics } from '../telemetry/report.ts'
import { StageMetrics } from '../telemetry/stages.ts'
import { formatMetrics, type Source } from './metrics.ts'
import { stagesAnswer } from './stages.ts'

function persistOf(messages: number, workSeconds: number, waitSeconds: number): StageMetrics {
  const metrics = new StageMetrics({ queue: { depth: () => 3, limit: 10 }, waits: true })
  metrics.in = messages
  metrics.out = messages - 1
  metrics.refused.shed = 1
  metrics.seconds.observe(workSeconds)
  for (let n = 0; n < messages; n++) metrics.wait?.observe(waitSeconds)
  return metrics
}

function sources(): readonly Source[] {
  const store = createStoreMetrics()
  store.batch.observe(4)
  store.sync.observe(0.002)
  const loop = { p50: 0, p99: 0.001, max: 0.002, busy: 0.5 }
  return [
    { role: 'supervisor', stats: { ready: 1 } },
    {
      role: 'writer',
      stats: { rss_bytes: 7, cpu_seconds_total: 1.5 },
      report: { stages: {}, store: store.report(), loop },
    },
    {
      role: 'worker',
      worker: 0,
      stats: {},
      report: { stages: { persist: persistOf(4, 0.001, 0.002).report() } },
    },
    {
      role: 'worker',
      worker: 1,
      stats: {},
      report: { stages: { persist: persistOf(6, 0.002, 0.002).report() } },
    },
  ]
}

describe('GET /admin/stages', () => {
  test('adds the workers up: counts, work per message, waits, queues', () => {
    const { stages } = stagesAnswer(sources())
    expect(stages).toMatchObject([
      {
        stage: 'persist',
        in: 10,
        out: 8,
        refused: { shed: 2, full: 0 },
        batches: 2,
        seconds: 0.003,
        us_per_message: 300,
        queue: { depth: 6, limit: 20 },
      },
    ])
    expect(stages[0]?.wait_ms?.p99).toBeGreaterThan(1)
    expect(stages[0]?.wait_ms?.p99).toBeLessThanOrEqual(2.5)
  })

  test('tells what each process reported, with null for what it does not know', () => {
    const { processes } = stagesAnswer(sources())
    expect(processes).toMatchObject([
      { role: 'supervisor', worker: null, cpu_seconds: null, loop: null, stages: {}, store: null },
      {
        role: 'writer',
        cpu_seconds: 1.5,
        rss_bytes: 7,
        loop: { busy: 0.5 },
        store: { commits: 1, operations: 4 },
      },
      { role: 'worker', worker: 0, stages: { persist: { in: 4 } } },
      { role: 'worker', worker: 1, stages: { persist: { in: 6 } } },
    ])
  })
})

describe('GET /metrics', () => {
  test('has a stage as counters, histograms with cumulative buckets, and its queue', () => {
    const lines = formatMetrics(sources()).split('\n')
    expect(lines).toContain('kf_stage_in_total{role="worker",worker="1",stage="persist"} 6')
    expect(lines).toContain(
      'kf_stage_refused_total{role="worker",worker="0",stage="persist",reason="shed"} 1',
    )
    expect(lines).toContain('kf_stage_queue{role="worker",worker="0",stage="persist"} 3')
    expect(lines).toContain('kf_stage_queue_limit{role="worker",worker="0",stage="persist"} 10')
    const wait = (le: string) =>
      `kf_stage_wait_seconds_bucket{role="worker",worker="0",stage="persist",le="${le}"}`
    expect(lines).toContain(`${wait('0.001')} 0`)
    expect(lines).toContain(`${wait('0.0025')} 4`)
    expect(lines).toContain(`${wait('+Inf')} 4`)
    expect(lines).toContain('kf_stage_wait_seconds_count{role="worker",worker="0",stage="persist"} 4')
    expect(lines).toContain('kf_sync_seconds_sum 0.002')
    expect(lines).toContain('kf_loop_lag_seconds{role="writer",quantile="0.99"} 0.001')
  })

  test('names the type of a family once, before its first value', () => {
    const text = formatMetrics(sources())
    expect(text.match(/# TYPE kf_stage_seconds histogram/g)).toHaveLength(1)
    expect(text.indexOf('# TYPE kf_stage_seconds ')).toBeLessThan(text.indexOf('kf_stage_seconds_bucket'))
  })
})
