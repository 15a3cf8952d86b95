import { expect, test } from 'vitest'
import { noFacts } from './facts.ts'
import { resultInTest } from './result-in-test.ts'
import { coarserSeconds, faultSpans, lanesOf, phaseSpans, wholeSpan } from './spans.ts'

test('no two stretches of one row overlap, and a row is used again', () => {
  const stretches = [
    { from: 0, to: 10 },
    { from: 5, to: 20 },
    { from: 10, to: 12 },
    { from: 15, to: 30 },
    { from: 16, to: 17 },
  ]
  expect(lanesOf(stretches)).toEqual([0, 1, 0, 0, 2])
})

test('a fault that was never healed lasts to the end, and one that was not seen to fire says so', () => {
  const [first, second] = resultInTest().faults
  const faults = [first, second].flatMap((fault) => (fault === undefined ? [] : [fault]))
  const result = resultInTest({
    faults: faults.map((fault, i) =>
      i === 0 ? { ...fault, healedMs: undefined } : { ...fault, verifiedMs: undefined },
    ),
  })
  expect(faultSpans(result, 75_000).map(({ from, to, state }) => ({ from, to, state }))).toEqual([
    { from: 20_010, to: 75_000, state: 'left' },
    { from: 41_002, to: 61_012, state: 'unseen' },
  ])
})

test('without a history the first injection and the last healing divide the run', () => {
  expect(phaseSpans(resultInTest(), noFacts)).toEqual([
    { phase: 'baseline', from: 0, to: 20_010 },
    { phase: 'fault', from: 20_010, to: 61_012 },
    { phase: 'recovery', from: 61_012, to: 75_000 },
  ])
})

test('the picture begins with the warm-up', () => {
  expect(wholeSpan(resultInTest(), noFacts)).toEqual({ from: -3_000, to: 75_000 })
})

test('of hours a point stands for several seconds, and no spike or cut is lost', () => {
  const [one] = resultInTest().series
  if (one === undefined) throw new Error('the fixture has no seconds')
  const hours = Array.from({ length: 3_600 }, (_, i) => ({
    ...one,
    t: i * 1_000,
    acks: 100,
    p99Ms: i === 1_801 ? 9_000 : 5,
    visitors: i === 1_802 ? 0 : 2_000,
  }))
  const { series, step } = coarserSeconds(hours)
  expect(step).toBe(4)
  expect(series).toHaveLength(900)
  expect(series[450]).toMatchObject({ t: 1_803_000, acks: 100, p99Ms: 9_000, visitors: 0 })
})
