import { expect, test } from 'vitest'
import { Outbox } from './outbox.ts'

test('what was refused comes again in the order sent, with what waited behind it', () => {
  const outbox = new Outbox()
  outbox.hold(5, 100)
  outbox.hold(4, 110)
  outbox.hold(6, 0)
  expect(outbox.take(109)).toEqual([])
  expect(outbox.take(110)).toEqual([4, 5, 6])
  expect(outbox.empty).toBe(true)
})

test('a message is held once, however often it is refused', () => {
  const outbox = new Outbox()
  outbox.hold(1, 10)
  outbox.hold(1, 10)
  expect(outbox.take(10)).toEqual([1])
})
