import { describe, expect, test } from 'vitest'
import { detectMs, holdSeconds, isSteady, recoverMs, steadyOf } from './steady.ts'

type Look = { t: number; errors: number; unknown: number; p99Ms: number | undefined }

/** One second after the other, from second `first` on. */
function seconds(first: number, ...of: readonly Partial<Look>[]): Look[] {
  return of.map((look, i) => ({ t: (first + i) * 1_000, errors: 0, unknown: 0, p99Ms: 10, ...look }))
}
const calm = Array.from({ length: holdSeconds }, () => ({}))
const steady = steadyOf(seconds(1, {}, { p99Ms: 30, unknown: 1 }, { p99Ms: undefined }))

test('the steady state is what the baseline shows at its worst, with room for one slow message', () => {
  expect(steady).toEqual({ errors: 0, unknown: 1, p99Ms: 110 })
  expect(seconds(1, { p99Ms: 110, unknown: 1 }).every((second) => isSteady(second, steady))).toBe(true)
  for (const bad of [{ p99Ms: 111 }, { unknown: 2 }, { errors: 1 }]) {
    expect(seconds(1, bad).some((second) => isSteady(second, steady))).toBe(false)
  }
})

describe('the time to detect', () => {
  test('ends with the first second after the injection that leaves the steady state', () => {
    const run = seconds(1, { errors: 9 }, {}, {}, { unknown: 5 }, { errors: 3 })
    expect(detectMs(run, steady, 1_500, 9_000)).toBe(2_500)
  })

  test('is unknown where nobody noticed, or only after the end', () => {
    expect(detectMs(seconds(1, {}, {}), steady, 0, 9_000)).toBeUndefined()
    expect(detectMs(seconds(1, {}, { errors: 1 }), steady, 0, 1_500)).toBeUndefined()
  })
})

describe('the time to recover', () => {
  test('ends where the first steady stretch that is long enough begins', () => {
    const run = seconds(11, { errors: 1 }, {}, {}, { p99Ms: 900 }, ...calm)
    expect(recoverMs(run, steady, 10_000)).toBe(4_000)
  })

  test('is nothing where the steady state was never left', () => {
    expect(recoverMs(seconds(11, ...calm), steady, 10_400)).toBe(0)
  })

  test('is unknown where the steady state does not hold long enough', () => {
    expect(recoverMs(seconds(11, ...calm.slice(1)), steady, 10_000)).toBeUndefined()
    expect(recoverMs(seconds(11, ...calm), steady, Number.POSITIVE_INFINITY)).toBeUndefined()
  })
})
