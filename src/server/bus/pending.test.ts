import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pending } from './pending.ts'

test('numbers count on from one, whatever was taken', () => {
  const pending = new Pending<string>()
  expect([pending.add('a'), pending.add('b')]).toEqual([1, 2])
  expect(pending.take(1)).toBe('a')
  expect(pending.take(2)).toBe('b')
  expect(pending.add('c')).toBe(3)
  expect(pending.take(3)).toBe('c')
})

test('what was taken, or never was there, is nothing', () => {
  const pending = new Pending<string>()
  pending.add('a')
  pending.take(1)
  expect([pending.take(1), pending.take(0), pending.take(2)]).toEqual([undefined, undefined, undefined])
  expect(pending.size).toBe(0)
})

test('it holds what a map would hold, in any order of taking', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 3_000 }) }) },
    { weight: 2, arbitrary: fc.record({ takeOldest: fc.integer({ min: 1, max: 5_000 }) }) },
    { weight: 2, arbitrary: fc.record({ take: fc.nat(20_000) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const pending = new Pending<{ readonly value: number }>()
      const model = new Map<number, { readonly value: number }>()
      const take = (n: number): void => {
        expect(pending.take(n)).toBe(model.get(n))
        model.delete(n)
      }
      for (const each of steps) {
        if ('add' in each) {
          for (let i = 0; i < each.add; i++) {
            const one = { value: i }
            model.set(pending.add(one), one)
          }
        } else if ('take' in each) take(each.take)
        else for (const n of [...model.keys()].slice(0, each.takeOldest)) take(n)
        expect(pending.size).toBe(model.size)
        expect(pending.oldest()).toBe(model.values().next().value)
      }
      expect([...pending]).toEqual([...model])
    }),
    { numRuns: 30 },
  )
})
