import { beforeEach, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import { Histogram, secondsBounds } from '../telemetry/histogram.ts'
import { allWaits, HealthWatch, type Vitals } from './health.ts'

let clock: ManualClock
let waits: Histogram
let vitals: Omit<Vitals, 'waits'>
let watch: HealthWatch
beforeEach(() => {
  clock = manualClock()
  waits = new Histogram(secondsBounds)
  vitals = { notReady: [], restarts: 0, taken: 0, refused: 0 }
  watch = new HealthWatch({ clock, health: () => ({ ...vitals, waits: allWaits([waits.report()]) }) })
})

function pass(ms: number, messages: readonly number[] = []): void {
  for (const seconds of messages) waits.observe(seconds)
  clock.advance(ms)
}

test('before and after are told apart, each with its own latency', () => {
  for (let n = 0; n < 4; n++) {
    watch.look()
    pass(500, [0.004, 0.004])
  }
  watch.changed(2, undefined)
  vitals = { ...vitals, refused: 3 }
  pass(2_000, [0.02, 0.02, 0.02])
  expect(watch.answer(2)).toEqual({
    revision: 2,
    ready: true,
    reasons: [],
    before: { ms: 2_000, messages: 8, refused: 0, p99_ms: 4.98 },
    after: { ms: 2_000, messages: 3, refused: 3, p99_ms: 24.85 },
    settled: true,
  })
})

test('without a message there is no latency, and nothing is made up', () => {
  watch.look()
  pass(1_000)
  watch.changed(2, undefined)
  pass(1_499)
  expect(watch.answer(2)).toMatchObject({
    before: { messages: 0, p99_ms: null },
    after: { messages: 0, p99_ms: null },
    settled: false,
  })
  pass(1)
  expect(watch.answer(2).settled).toBe(true)
})

test('before reaches ten seconds back, and no further than the revision before', () => {
  watch.look()
  pass(5_000, [9])
  watch.look()
  pass(9_000, [0.001])
  watch.changed(2, undefined)
  expect(watch.answer(2).before).toMatchObject({ ms: 9_000, messages: 1 })
  pass(1_000, [0.1])
  watch.changed(3, undefined)
  expect(watch.answer(3).before).toEqual({ ms: 1_000, messages: 1, refused: 0, p99_ms: 99.5 })
  expect(watch.answer(2)).toMatchObject({ before: null, after: null, settled: true })
})

test('a revision of an earlier start has neither', () => {
  expect(watch.answer(7)).toMatchObject({ revision: 7, before: null, after: null, settled: true })
})
