import { expect, test } from 'vitest'
import { seededRandom } from '../../load/random.ts'
import { median, ratioInterval, tailProbabilities } from './interval.ts'

test("Mann-Whitney's distribution is the published one", () => {
  // Two samples of 3: 1, 1, 2, 3, 3, 3, 3, 2, 1, 1 of 20 orderings.
  expect(tailProbabilities(3, 3).map((p) => Math.round(p * 20))).toEqual([1, 2, 4, 7, 10, 13, 16, 18, 19, 20])
  // Critical value of U for 5 and 5, two-sided 5 %: 2.
  const [, , two = 0, three = 0] = tailProbabilities(5, 5)
  expect(two * 2).toBeLessThan(0.05)
  expect(three * 2).toBeGreaterThan(0.05)
})

test('one run on each side gives a ratio and no interval', () => {
  expect(ratioInterval([2], [3])).toEqual({ ratio: 1.5, interval: null })
})

test.each([
  [2, 1 - 2 / 6],
  [3, 0.9],
  [4, 1 - 2 / 70],
  [5, 1 - 2 * (4 / 252)],
])('%i runs on each side: the interval states what confidence it has', (runs, confidence) => {
  const before = Array.from({ length: runs }, (_, i) => 100 + i)
  const { ratio, interval } = ratioInterval(before, before)
  expect(interval?.confidence).toBeCloseTo(confidence, 10)
  expect(ratio).toBeCloseTo(1, 1)
  expect(interval?.low).toBeLessThan(1)
  expect(interval?.high).toBeGreaterThan(1)
})

test('turned around, ratio and ends are inverted', () => {
  const [a, b] = [
    [10, 11, 12, 14],
    [20, 19, 25, 22],
  ]
  const there = ratioInterval(a ?? [], b ?? [])
  const back = ratioInterval(b ?? [], a ?? [])
  expect(back.interval?.low).toBeCloseTo(1 / (there.interval?.high ?? 0), 10)
  expect(back.interval?.high).toBeCloseTo(1 / (there.interval?.low ?? 0), 10)
})

test('it holds the true ratio as often as it says, or more', () => {
  const random = seededRandom(11)
  const scattered = (around: number): number[] =>
    Array.from({ length: 5 }, () => around * Math.exp((random() + random() + random() - 1.5) * 0.3))
  let held = 0
  for (let i = 0; i < 2_000; i++) {
    const { interval } = ratioInterval(scattered(10), scattered(13))
    if (interval !== null && interval.low <= 1.3 && interval.high >= 1.3) held += 1
  }
  expect(held / 2_000).toBeGreaterThan(0.95)
})

test('the median of an even count is the middle of the two', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
})
