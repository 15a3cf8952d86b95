import fc from 'fast-check'
import { expect, test } from 'vitest'
import { full, giveBack, paceOf, rescale, take, waitFor } from './bucket.ts'

const second = 1_000_000_000

/** What of these tries, each so many ns after the last, is granted, and when. */
function granted(pace: ReturnType<typeof paceOf>, pauses: readonly number[], start = 0): number[] {
  let at = start
  let fullAt = full
  return pauses.flatMap((pause) => {
    at += pause
    if (waitFor(fullAt, at, pace) > 0) return []
    fullAt = take(fullAt, at, pace)
    return [at]
  })
}

const limits = fc.record({
  rate: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0.01, max: 100, noNaN: true })),
  burst: fc.integer({ min: 1, max: 200 }),
})
const pauses = fc.array(fc.integer({ min: 0, max: 2 * second }), { maxLength: 200 })

test('grants its burst at once, then one a step, to the nanosecond', () => {
  const pace = paceOf({ rate: 4, burst: 3 })
  const quarter = second / 4
  expect(granted(pace, [0, 0, 0, 0, quarter - 1, 1, 0, quarter])).toEqual([0, 0, 0, quarter, 2 * quarter])
  expect(waitFor(take(full, 0, pace, 3), 0, pace)).toBe(quarter)
  expect(waitFor(take(full, 0, pace, 3), quarter - 1, pace)).toBe(1)
})

test('over any span it grants at most burst and rate times the span', () => {
  fc.assert(
    fc.property(limits, pauses, fc.integer({ min: 0, max: 1e15 }), (limit, gaps, start) => {
      const times = granted(paceOf(limit), gaps, start)
      for (const [first, from] of times.entries()) {
        for (const [last, to] of times.entries()) {
          if (last < first) continue
          expect(last - first + 1).toBeLessThanOrEqual(
            limit.burst + (limit.rate * (to - from)) / second + 1e-6,
          )
        }
      }
    }),
  )
})

test('who waits exactly as long as told is granted one, always', () => {
  fc.assert(
    fc.property(limits, pauses, (limit, gaps) => {
      const pace = paceOf(limit)
      let at = 0
      let fullAt = full
      for (const gap of gaps) {
        at += gap
        const wait = waitFor(fullAt, at, pace)
        if (wait > 1) expect(waitFor(fullAt, at + wait - 1, pace)).toBe(1)
        at += wait
        expect(waitFor(fullAt, at, pace)).toBe(0)
        fullAt = take(fullAt, at, pace)
      }
    }),
  )
})

test('does not drift: a million tokens at 3/s take as long as they should, after a year as on the first day', () => {
  const pace = paceOf({ rate: 3, burst: 1 })
  for (const start of [0, 365 * 86_400 * second]) {
    let fullAt = start
    for (let n = 0; n < 1_000_000; n++) fullAt = take(fullAt, start, pace)
    expect((fullAt - start) / second).toBeCloseTo(1_000_000 / 3, 2)
  }
})

test('what is given back can be taken again, and a bucket is never more than full', () => {
  const pace = paceOf({ rate: 1, burst: 2 })
  const empty = take(take(full, 0, pace), 0, pace)
  expect(waitFor(giveBack(empty, pace), 0, pace)).toBe(0)
  const over = giveBack(giveBack(giveBack(empty, pace), pace), pace)
  expect(granted(pace, [0, 0, 0])).toHaveLength(2)
  expect(waitFor(take(take(over, 0, pace), 0, pace), 0, pace)).toBe(second)
})

test('another pace keeps what was taken, in tokens, and forgives what is beyond its burst', () => {
  const from = paceOf({ rate: 1, burst: 10 })
  const faster = paceOf({ rate: 10, burst: 10 })
  const smaller = paceOf({ rate: 2, burst: 4 })
  const now = 5 * second
  const seven = take(full, now, from, 7)
  expect(granted(from, [0]).length).toBe(1)
  // Three are left, as before; the fourth waits a tenth of a second now.
  const rescaled = rescale(seven, now, from, faster)
  expect(waitFor(take(rescaled, now, faster, 2), now, faster)).toBe(0)
  expect(waitFor(take(rescaled, now, faster, 3), now, faster)).toBe(second / 10)
  expect(waitFor(rescale(seven, now, from, smaller), now, smaller)).toBe(second / 2)
  expect(waitFor(rescale(full, now, from, smaller), now, smaller)).toBe(0)
})
