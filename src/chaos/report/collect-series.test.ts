import { expect, test } from 'vitest'
import type { Progress } from '../load/ipc.ts'
import { SeriesCollector } from './collect-series.ts'
import { LatencyHistogram } from './histogram.ts'

function progress(at: number, latencies: readonly number[], more: Partial<Progress> = {}): Progress {
  const latency = new LatencyHistogram()
  for (const ms of latencies) latency.record(ms)
  const { counts, sumMs } = latency
  return {
    at,
    visitors: 10,
    agents: 1,
    sent: latencies.length,
    acked: latencies.length,
    errors: 0,
    reconnects: 0,
    resumes: 0,
    latency: { counts, sumMs },
    delivered: { counts: new Uint32Array(counts.length), sumMs: 0 },
    lagP99Ms: null,
    slipP99Ms: null,
    ...more,
  }
}

const window = { startAt: 5_000, rampMs: 0, measureFrom: 6_000, measureTo: 8_500 }

test('what generators tell falls into the second it ended in, summed over all of them, with no second left out', () => {
  const collector = new SeriesCollector()
  collector.add(0, progress(4_500, [1]))
  collector.start(window)
  collector.add(0, progress(5_000, [9]))
  collector.add(0, progress(5_500, [1, 3], { lagP99Ms: 4, errors: 1 }))
  collector.add(1, progress(5_500, [2], { visitors: 7, lagP99Ms: 6 }))
  collector.add(0, progress(6_000, [10], { visitors: 9, reconnects: 2, resumes: 1 }))
  collector.add(1, progress(7_500, [], { visitors: 8, slipP99Ms: 3 }))
  const nothing = { sent: 0, acked: 0, errors: 0, reconnects: 0, resumes: 0, delivered_p99_ms: null }
  const unknown = { avg_ms: null, p50_ms: null, p95_ms: null, p99_ms: null, max_ms: null }
  expect(collector.series).toEqual({
    measured_from_s: 1,
    measured_to_s: 3.5,
    seconds: [
      {
        second: 0,
        sent: 4,
        acked: 4,
        errors: 1,
        avg_ms: 4,
        p50_ms: 2.001,
        p95_ms: 10.008,
        p99_ms: 10.008,
        max_ms: 10.008,
        delivered_p99_ms: null,
        connected: 16,
        reconnects: 2,
        resumes: 1,
        lag_p99_ms: 6,
        slip_p99_ms: null,
      },
      { second: 1, ...nothing, ...unknown, connected: 16, lag_p99_ms: null, slip_p99_ms: null },
      { second: 2, ...nothing, ...unknown, connected: 8, lag_p99_ms: null, slip_p99_ms: 3 },
    ],
  })
})

test('a row that never sent has no series', () => {
  expect(new SeriesCollector().series).toBe(undefined)
})
