import { expect, test } from 'vitest'
import { createUnanswered } from './unanswered.ts'

test('the oldest unanswered request is of the first batch with any open, in whatever order answers come', () => {
  const unanswered = createUnanswered()
  expect(unanswered.waitedMs(5)).toBe(0)
  const [first, none, second] = [10, 11, 12].map((at) => unanswered.begin(at))
  if (first === undefined || none === undefined || second === undefined) throw new Error('three batches')
  first.open = 2
  second.open = 1
  expect(unanswered.waitedMs(15)).toBe(5)
  second.open = 0
  first.open = 1
  expect(unanswered.waitedMs(16)).toBe(6)
  first.open = 0
  expect(unanswered.waitedMs(17)).toBe(0)
  const third = unanswered.begin(20)
  third.open = 1
  expect(unanswered.waitedMs(21)).toBe(1)
})
