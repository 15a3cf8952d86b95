import { expect, test } from 'vitest'
import { linear, logarithmic, percentiles, seconds } from './scale.ts'

test('a linear scale begins at zero and ends at a round tick', () => {
  const scale = linear(2_517, [100, 0], 2)
  expect(scale.ticks).toEqual([0, 1_500, 3_000])
  expect([scale.at(0), scale.at(3_000)]).toEqual([100, 0])
})

test('nothing at all still has an axis', () => {
  expect(linear(0, [100, 0], 2).ticks.length).toBeGreaterThan(1)
  expect(seconds(0, 0, [0, 10], 5).at(0)).toBe(0)
})

test('a logarithmic scale puts equal ratios at equal distances', () => {
  const scale = logarithmic(1, 100, [0, 2])
  expect(scale.at(10)).toBeCloseTo(1)
  expect(scale.ticks).toEqual([1, 3, 10, 30, 100])
  expect(scale.at(0.001)).toBe(0)
})

test('one value alone still spans a decade', () => {
  expect(logarithmic(5, 5, [0, 1]).ticks).toEqual([5, 10, 20, 50])
})

test('99 %, 99.9 % and 99.99 % stand at equal distances', () => {
  const scale = percentiles(0.9999, [0, 400])
  expect([0, 0.9, 0.99, 0.999, 0.9999].map((q) => Math.round(scale.at(q)))).toEqual([0, 100, 200, 300, 400])
  expect(scale.ticks).toEqual([0, 0.5, 0.9, 0.99, 0.999, 0.9999])
})

test('time is ticked at round seconds', () => {
  expect(seconds(0, 42, [0, 420], 12).ticks).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40])
})
