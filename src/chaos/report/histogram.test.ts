import fc from 'fast-check'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { LatencyHistogram } from './histogram.ts'

const values = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 })

function histogramOf(list: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const value of list) histogram.record(value)
  return histogram
}

test('a quantile is within 0.2 % and a microsecond of the value at its rank', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, quantile) => {
      const sorted = [...list].sort((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(list.length * quantile)) - 1] ?? 0
      const found = histogramOf(list).quantileMs(quantile) ?? Number.NaN
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.002 + 0.001)
    }),
    { seed: 7 },
  )
})

test('merged parts say what the whole says, mean included', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const parts = histogramOf(a)
      parts.add(histogramOf(b))
      const whole = histogramOf([...a, ...b])
      expect(parts.counts).toEqual(whole.counts)
      expect(parts.meanMs).toBeCloseTo(whole.meanMs ?? Number.NaN, 6)
    }),
    { seed: 7, numRuns: 30 },
  )
})

test('the standard encoding reads back with the same count and quantiles', () => {
  const histogram = histogramOf(Array.from({ length: 1_000 }, (_, i) => (i + 1) / 10))
  const read = decodeFromCompressedBase64(histogram.hdr())
  expect(read.totalCount).toBe(1_000)
  expect(Math.abs(read.getValueAtPercentile(99) / 1000 - 99)).toBeLessThan(0.3)
})

test('empty, it knows no quantile and no mean', () => {
  const empty = new LatencyHistogram()
  expect([empty.quantileMs(0.5), empty.meanMs, empty.total]).toEqual([null, null, 0])
})

test('below zero counts as zero, beyond the range as its end', () => {
  const histogram = histogramOf([-5, 1e9])
  expect(histogram.quantileMs(0.5)).toBe(0)
  expect(Math.round(histogram.quantileMs(1) ?? 0)).toBe(134_152)
})
