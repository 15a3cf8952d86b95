import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Keyed } from './keyed.ts'

const second = 1_000_000_000
const limit = { rate: 1, burst: 4 }

const start = (options: { limit?: typeof limit; maxKeys?: number; shared?: boolean } = {}): Keyed =>
  new Keyed({ limit, maxKeys: 100, shared: false, ...options })

function granted(keyed: Keyed, key: string, now: number, tries = 1): number {
  let count = 0
  for (let n = 0; n < tries; n++) {
    const bucket = keyed.of(key, now)
    if (keyed.wait(bucket, now) > 0) continue
    keyed.take(bucket, now)
    count++
  }
  return count
}

test('keys do not share an allowance', () => {
  const keyed = start()
  expect([granted(keyed, 'a', 0, 9), granted(keyed, 'b', 0, 9), granted(keyed, 'a', 2 * second, 9)]).toEqual([
    4, 4, 2,
  ])
})

describe('memory', () => {
  test('what is full again is forgotten when it is swept, so much at a time', () => {
    const keyed = start()
    for (let n = 0; n < 50; n++) granted(keyed, `${n}`, 0)
    keyed.sweep(10, second / 2)
    expect(keyed.size).toBe(50)
    keyed.sweep(10, 10 * second)
    expect(keyed.size).toBe(40)
    keyed.sweep(1_000, 10 * second)
    expect(keyed.size).toBe(0)
  })

  test('never holds more keys than it may', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(3 * second))), (visits) => {
        const keyed = start({ maxKeys: 20 })
        let now = 0
        for (const [key, pause] of visits) {
          now += pause
          granted(keyed, String(key), now, 3)
          expect(keyed.size).toBeLessThanOrEqual(20)
        }
      }),
    )
  })

  test('a flood of new keys pushes itself out, not who owes more', () => {
    const keyed = start({ maxKeys: 100 })
    expect(granted(keyed, 'greedy', 0, 9)).toBe(4)
    for (let n = 0; n < 10_000; n++) granted(keyed, `flood ${n}`, 0)
    expect(keyed.size).toBe(100)
    expect(granted(keyed, 'greedy', 0)).toBe(0)
  })

  test('remembers strikes and waits for as long as they count', () => {
    const keyed = start()
    keyed.of('a', 0).strikesUntil = 60 * second
    keyed.sweep(10, 59 * second)
    expect(keyed.size).toBe(1)
    keyed.sweep(10, 60 * second)
    expect(keyed.size).toBe(0)
  })
})

describe('between workers', () => {
  test('tells what was taken once a quarter of the burst is together, and what is forgotten before', () => {
    const keyed = start({ limit: { rate: 1, burst: 8 }, shared: true })
    granted(keyed, 'a', 0)
    expect(keyed.collect()).toEqual([])
    granted(keyed, 'a', 0)
    granted(keyed, 'b', 0)
    expect(keyed.collect()).toEqual(['a', 2])
    expect(keyed.collect()).toEqual([])
    granted(keyed, 'a', 0, 3)
    expect(keyed.collect()).toEqual(['a', 3])
    keyed.sweep(10, 10 * second)
    expect(keyed.collect()).toEqual(['b', 1])
  })

  test('tells what it forgets because too many keys came', () => {
    const keyed = start({ limit: { rate: 1, burst: 8 }, maxKeys: 1, shared: true })
    granted(keyed, 'a', 0)
    granted(keyed, 'b', 0)
    expect(keyed.collect()).toEqual(['a', 1])
  })

  test('refills what others took too much before it grants anything', () => {
    const keyed = start({ shared: true })
    keyed.owe(['a', 6], 0)
    expect(granted(keyed, 'a', 2 * second)).toBe(0)
    expect(granted(keyed, 'a', 3 * second)).toBe(1)
    expect(keyed.collect()).toEqual(['a', 1])
  })

  test('grant together at most one burst and the rate, and once, whatever the schedule, what others could not know yet', () => {
    const workers = 3
    const everyMs = 250
    const tries = fc.array(
      fc.record({
        worker: fc.nat(workers - 1),
        afterMs: fc.nat(400),
        count: fc.integer({ min: 1, max: 12 }),
      }),
      {
        minLength: 1,
        maxLength: 120,
      },
    )
    fc.assert(
      fc.property(
        fc.record({ rate: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 20 }) }),
        tries,
        (shape, schedule) => {
          const all = Array.from({ length: workers }, () => start({ limit: shape, shared: true }))
          let atMs = 0
          let toldMs = 0
          let sum = 0
          for (const { afterMs, count, worker } of schedule) {
            atMs += afterMs
            if (atMs - toldMs >= everyMs) {
              toldMs = atMs
              const news = all.map((keyed) => keyed.collect())
              for (const [from, taken] of news.entries()) {
                for (const [to, keyed] of all.entries()) if (to !== from) keyed.owe(taken, atMs * 1e6)
              }
            }
            const keyed = all[worker]
            if (keyed !== undefined) sum += granted(keyed, 'k', atMs * 1e6, count)
            // Unknown to the others: what a full bucket gives within one round, and a quarter that is not told yet.
            const unknown = shape.burst + (shape.rate * (everyMs + 400)) / 1_000 + Math.ceil(shape.burst / 4)
            expect(sum).toBeLessThanOrEqual(
              shape.burst + (shape.rate * atMs) / 1_000 + (workers - 1) * unknown + 1e-6,
            )
          }
        },
      ),
    )
  })
})

describe('another limit', () => {
  test('keeps debts, and off and on again forgets none', () => {
    const keyed = start()
    expect(granted(keyed, 'a', 0, 9)).toBe(4)
    keyed.set({ rate: 2, burst: 8 }, 0)
    expect(granted(keyed, 'a', 0, 9)).toBe(4)
    keyed.set({ rate: 'off', burst: 8 }, 0)
    expect(granted(keyed, 'a', 0, 9)).toBe(9)
    keyed.set({ rate: 2, burst: 8 }, 0)
    expect(granted(keyed, 'a', second, 9)).toBe(2)
  })
})
