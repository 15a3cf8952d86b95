import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffMs, fraction } from './backoff.ts'

describe('backoff', () => {
  test('lies between 0 and a bound that doubles from 0.3 s to 15 s', () => {
    const least = (length: number) => new Uint8Array(length)
    const most = (length: number) => new Uint8Array(length).fill(255)
    expect([0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => backoffMs(attempt, most))).toEqual([
      299, 599, 1_199, 2_399, 4_799, 9_599, 14_999, 14_999,
    ])
    expect(backoffMs(9, least)).toBe(0)
  })

  test('a fraction of any bytes is in [0, 1)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        const value = fraction(() => bytes)
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThan(1)
      }),
    )
  })
})
