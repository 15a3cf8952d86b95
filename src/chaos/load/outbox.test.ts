import { expect, test } from 'vitest'
import { Outbox } from './outbox.ts'

test('only the oldest refused message is tried; when it is through, the rest follows in order', () => {
  const outbox = new Outbox()
  outbox.refused(5, 0, undefined)
  outbox.refused(4, 10, undefined)
  outbox.wait(6)
  expect([outbox.due(109), outbox.due(210), outbox.due(211)]).toEqual([undefined, 4, undefined])
  expect(outbox.settled(4)).toEqual([5, 6])
  expect(outbox.empty).toBe(true)
})

test('each refusal of the oldest is waited out longer, up to two seconds, and at least as long as the server asks', () => {
  const outbox = new Outbox()
  const waits: number[] = []
  for (let i = 0; i < 7; i++) {
    outbox.refused(1, 0, i === 0 ? 150 : undefined)
    let now = 0
    while (outbox.due(now) === undefined) now += 50
    waits.push(now)
  }
  expect(waits).toEqual([150, 200, 400, 800, 1_600, 2_000, 2_000])
})

test('one that is acked out of turn leaves, and the others stay', () => {
  const outbox = new Outbox()
  outbox.refused(1, 0, undefined)
  outbox.refused(2, 0, undefined)
  expect([outbox.settled(2), outbox.settled(9), outbox.settled(1)]).toEqual([[], [], []])
})

test('a new connection gets all that waits, in the order sent, and no pause of an earlier refusal', () => {
  const outbox = new Outbox()
  outbox.refused(5, 0, 60_000)
  outbox.wait(3)
  outbox.wait(4)
  expect([outbox.take(), outbox.empty]).toEqual([[3, 4, 5], true])
  outbox.refused(6, 0, undefined)
  expect([outbox.due(99), outbox.due(100)]).toEqual([undefined, 6])
})

test('what was given up leaves without letting others pass', () => {
  const outbox = new Outbox()
  outbox.refused(1, 0, 500)
  outbox.wait(2)
  outbox.drop(1)
  expect([outbox.empty, outbox.due(0), outbox.settled(2)]).toEqual([false, 2, []])
  expect(outbox.empty).toBe(true)
})
