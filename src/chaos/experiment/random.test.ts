import { expect, test } from 'vitest'
import { seededRandom } from '../load/random.ts'
import { bytesOf, poisson, sample } from './random.ts'

test('a Poisson process has its rate on average, whatever steps it is asked in, and none at rate 0', () => {
  const due = poisson(50, seededRandom(1))
  let events = 0
  for (let now = 0; now <= 100_000; now += 10) events += due(now)
  expect(events / 100).toBeGreaterThan(45)
  expect(events / 100).toBeLessThan(55)
  expect(poisson(0, seededRandom(1))(1e9)).toBe(0)
})

test('a sample has nobody twice, and everybody when more are asked for', () => {
  const people = Array.from({ length: 50 }, (_, n) => n)
  const chosen = sample(people, 20, seededRandom(2))
  expect(new Set(chosen).size).toBe(20)
  expect([...sample(people, 99, seededRandom(2))].toSorted((a, b) => a - b)).toEqual(people)
})

test('bytes replay from their seed', () => {
  expect(bytesOf(seededRandom(3, 1))(16)).toEqual(bytesOf(seededRandom(3, 1))(16))
  expect(bytesOf(seededRandom(3, 1))(16)).not.toEqual(bytesOf(seededRandom(3, 2))(16))
})
