import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Exchange, offsetOf, uncertaintyMs } from './remote-clock.ts'

test('the offset of another clock is found within its uncertainty, whatever the two ways cost', () => {
  const way = fc.record({
    there: fc.bigInt({ min: 0n, max: 50_000_000n }),
    back: fc.bigInt({ min: 0n, max: 50_000_000n }),
    gap: fc.bigInt({ min: 0n, max: 1_000_000_000n }),
  })
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
      fc.array(way, { minLength: 1, maxLength: 30 }),
      (offset, ways) => {
        let now = 1_000n
        const exchanges: Exchange[] = ways.map(({ there, back, gap }) => {
          const asked = now
          const answered = asked + there + back
          now = answered + gap
          return { asked, there: asked + there + offset, answered }
        })
        const found = offsetOf(exchanges)
        const error = (found?.offsetNs ?? 0n) - offset
        expect(error <= (found?.uncertaintyNs ?? 0n) && -error <= (found?.uncertaintyNs ?? 0n)).toBe(true)
      },
    ),
    { seed: 7 },
  )
})

test('the exchange with the shortest way counts', () => {
  expect(
    offsetOf([
      { asked: 0n, there: 900n, answered: 1_000n },
      { asked: 2_000n, there: 2_105n, answered: 2_010n },
      { asked: 3_000n, there: 3_600n, answered: 4_000n },
    ]),
  ).toEqual({ offsetNs: 100n, uncertaintyNs: 6n })
  expect(offsetOf([])).toBeUndefined()
})

test('what clocks drifted apart during a run is part of the uncertainty', () => {
  const before = { offsetNs: 5_000_000n, uncertaintyNs: 200_000n }
  expect(uncertaintyMs(before, { offsetNs: 5_000_000n, uncertaintyNs: 300_000n })).toBe(0.3)
  expect(uncertaintyMs(before, { offsetNs: 4_000_000n, uncertaintyNs: 100_000n })).toBe(1.2)
})
