import { describe, expect, test } from 'vitest'
import { createShedder, type Shedder } from './shedding.ts'

const start = (random = 0.5): Shedder =>
  createShedder({ targetMs: 500, intervalMs: 1_000, random: () => random })

/** Looks every 100 ms from `from` on, at these delays; what each look said. */
function look(shedder: Shedder, from: number, delays: readonly number[]): boolean[] {
  return delays.map((waitedMs, step) => shedder.observe(from + step * 100, waitedMs))
}

/** Delay above the target for longer than an interval. */
const standing = Array.from({ length: 12 }, (_, step) => 550 + step * 100)

describe('shedding', () => {
  test('begins when the delay stood above its target for a whole interval, not before', () => {
    const said = look(start(), 0, standing)
    expect(said.indexOf(true)).toBe(10)
    expect(said.slice(10)).toEqual([true, true])
  })

  test('a burst or one slow sync refuses nobody: one look below the target starts the interval anew', () => {
    const shedder = start()
    const delays = [...standing.slice(0, 9), 400, ...standing.slice(0, 9)]
    expect(look(shedder, 0, delays)).not.toContain(true)
    expect(shedder.shedding()).toBe(false)
  })

  test('takes the age of the oldest for proof, however seldom anyone looks', () => {
    expect(start().observe(9_000, 1_400)).toBe(false)
    expect(start().observe(9_000, 1_500)).toBe(true)
  })

  test('looks that lie further apart than an interval prove nothing', () => {
    const shedder = start()
    expect([shedder.observe(0, 600), shedder.observe(5_000, 600)]).toEqual([false, false])
  })

  test('while it lasts, refuses exactly what finds the delay above the target', () => {
    const shedder = start()
    look(shedder, 0, standing)
    expect(look(shedder, 1_200, [700, 499, 600, 500, 501])).toEqual([true, false, true, false, true])
    expect(shedder.shedding()).toBe(true)
  })

  test('ends by itself when the delay was not above the target for an interval', () => {
    const shedder = start()
    look(shedder, 0, standing)
    look(
      shedder,
      1_200,
      Array.from({ length: 10 }, () => 100),
    )
    expect(shedder.shedding()).toBe(true)
    shedder.observe(2_200, 100)
    expect(shedder.shedding()).toBe(false)
    expect(shedder.observe(2_300, 900)).toBe(false)
  })
})

describe('when to come again', () => {
  test('spreads the refused at the rate the store answers at, behind each other', () => {
    const shedder = start()
    // 1,000 answers a second, for as long as the average takes.
    for (let now = 0; now <= 10_000; now += 100) {
      shedder.served(100)
      shedder.observe(now, 100)
    }
    const times = Array.from({ length: 2_001 }, () => shedder.retryAfterMs(10_000))
    expect(times[0]).toBe(251)
    expect(times[1_000]).toBeCloseTo(1_251, -2)
    expect(times[2_000]).toBeCloseTo(2_251, -2)
  })

  test('places expire as time goes by', () => {
    const shedder = start()
    for (let now = 0; now <= 10_000; now += 100) {
      shedder.served(100)
      shedder.observe(now, 100)
    }
    for (let n = 0; n < 1_000; n++) shedder.retryAfterMs(10_000)
    expect(shedder.retryAfterMs(11_000)).toBeLessThan(260)
  })

  test('a store that answers nothing is asked again after 2.5 s to 5 s, spread by chance', () => {
    const [first, last] = [start(0), start(1)]
    expect(first.retryAfterMs(0)).toBe(2_688)
    expect(last.retryAfterMs(0)).toBe(5_313)
  })
})
