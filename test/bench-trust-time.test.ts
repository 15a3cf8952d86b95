import { expect, test } from 'vitest'
import { LatencyHistogram } from '../src/chaos/report/histogram.ts'
import { type DelayModel, delayModels, meanOf, quantileOf } from './support/delays.ts'
import { virtualRun } from './support/virtual-run.ts'

const quantiles = [0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

test.each<{ readonly name: string; readonly model: DelayModel; readonly lengthMs: number }>([
  { name: 'a fixed delay of 20 ms', model: delayModels.fixed, lengthMs: 3_000 },
  { name: 'delays of 5 and of 100 ms', model: delayModels.bimodal, lengthMs: 3_000 },
  { name: 'a stall of one second', model: delayModels.stall, lengthMs: 4_000 },
])('$name is measured right at every quantile, within 2 %', async ({ model, lengthMs }) => {
  const { result, expected } = await virtualRun(model, lengthMs)
  expect(expected.length).toBeGreaterThan(400)
  expect(result).toMatchObject({ sent: expected.length, acked: expected.length, errors: 0 })
  const measured = new LatencyHistogram(result.latency.counts, result.latency.sumMs)
  const off = (value: number | null, truth: number): number => Math.abs((value ?? Number.NaN) / truth - 1)
  expect(off(measured.meanMs, meanOf(expected))).toBeLessThan(0.02)
  for (const quantile of quantiles) {
    expect(off(measured.quantileMs(quantile), quantileOf(expected, quantile))).toBeLessThan(0.02)
  }
})

test('a stall counts for every message that was meant to be sent in it, not for those that were waiting when it began', async () => {
  const { result, expected } = await virtualRun(delayModels.stall, 4_000)
  const measured = new LatencyHistogram(result.latency.counts, result.latency.sumMs)
  // Ten visitors that wait for an answer before they say more would have met the stall ten times.
  const stalled = expected.filter((latency) => latency > 10).length
  expect(stalled).toBeGreaterThan(100)
  const share = 1 - stalled / expected.length
  expect(measured.quantileMs(share - 0.001)).toBeLessThan(10)
  expect(measured.quantileMs(share + 0.002)).toBeGreaterThan(10)
  // Half of them waited more than half of it: the schedule went on.
  expect(measured.quantileMs(1 - stalled / expected.length / 2)).toBeGreaterThan(400)
})
