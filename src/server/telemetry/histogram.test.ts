import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countOf, Histogram, mergeHistograms, quantileOf } from './histogram.ts'

const bounds = [1, 2, 4, 8]

function of(values: readonly number[]) {
  const histogram = new Histogram(bounds)
  for (const value of values) histogram.observe(value)
  return histogram.report()
}

describe('a histogram', () => {
  test('counts a value in the first bucket whose bound is not below it', () => {
    expect(of([0, 1, 1.5, 2, 4.1, 9])).toEqual({ bounds, counts: [2, 2, 0, 1, 1], sum: 17.6 })
  })

  test('knows no quantile of nothing', () => {
    expect(quantileOf(of([]), 0.5)).toBeUndefined()
  })

  test('interpolates a quantile within its bucket, and gives the last bound above it', () => {
    expect(quantileOf(of([3, 3, 3, 3]), 0.5)).toBe(3)
    expect(quantileOf(of([0.5, 0.5, 3, 3]), 0.5)).toBe(1)
    expect(quantileOf(of([100]), 0.99)).toBe(8)
  })

  test('added up, it is the histogram of all values', () => {
    const values = fc.array(fc.integer({ min: 0, max: 20 }))
    fc.assert(
      fc.property(values, values, (some, others) => {
        expect(mergeHistograms([of(some), of(others)])).toEqual(of([...some, ...others]))
      }),
    )
  })

  test('puts a quantile into the bucket where the sorted values have it', () => {
    const values = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1 })
    fc.assert(
      fc.property(values, fc.constantFrom(0.01, 0.5, 0.9, 1), (some, q) => {
        const exact = some.toSorted((a, b) => a - b)[Math.ceil(q * some.length) - 1] ?? 0
        const bucket = bounds.findIndex((bound) => exact <= bound)
        const got = quantileOf(of(some), q) ?? Number.NaN
        expect(got).toBeGreaterThanOrEqual(bounds[bucket - 1] ?? 0)
        expect(got).toBeLessThanOrEqual(bounds[bucket] ?? 0)
      }),
    )
  })

  test('counts everything once', () => {
    expect(countOf(of([1, 2, 3, 100]))).toBe(4)
  })
})
