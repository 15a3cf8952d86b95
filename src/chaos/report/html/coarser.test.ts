import { expect, test } from 'vitest'
import type { Series, SeriesSecond } from '../series.ts'
import { coarser } from './coarser.ts'

function second(n: number, change: Partial<SeriesSecond> = {}): SeriesSecond {
  return {
    second: n,
    sent: 10,
    acked: 10,
    errors: 0,
    avg_ms: 2,
    p50_ms: 1,
    p95_ms: 3,
    p99_ms: 5,
    max_ms: 9,
    delivered_p99_ms: null,
    connected: 100,
    reconnects: 0,
    resumes: 0,
    lag_p99_ms: 1,
    slip_p99_ms: 1,
    ...change,
  }
}

function series(count: number, change: Readonly<Record<number, Partial<SeriesSecond>>> = {}): Series {
  const seconds = Array.from({ length: count }, (_, n) => second(n, change[n]))
  return { measured_from_s: 0, measured_to_s: count, seconds }
}

test('ten minutes are shown second by second', () => {
  const ten = series(600)
  expect(coarser(ten)).toEqual({ series: ten, step: 1 })
})

test('of hours several seconds are one, and no spike, error or lost connection is averaged away', () => {
  const { series: shown, step } = coarser(
    series(3_600, {
      1001: { p99_ms: 700, errors: 3, connected: 60, sent: 50, reconnects: 40 },
      1002: { p50_ms: null, p99_ms: null },
    }),
  )
  expect([step, shown.seconds.length]).toEqual([4, 900])
  expect(shown.seconds[250]).toEqual(
    second(1_000, { p99_ms: 700, errors: 3, connected: 60, sent: 20, reconnects: 40 }),
  )
})
