import { expect, test } from 'vitest'
import { StreamTrack } from './stream-track.ts'

test('acks and messages together leave no hole', () => {
  const track = new StreamTrack()
  track.ack(1)
  track.message(2)
  track.message(4)
  track.ack(3)
  expect({ cursor: track.cursor, missing: track.missing, disorder: track.disorder }).toEqual({
    cursor: 4,
    missing: 0,
    disorder: 0,
  })
})

test('a seq that never came is a hole', () => {
  const track = new StreamTrack()
  track.message(1)
  track.message(4)
  track.message(6)
  expect(track.missing).toBe(3)
})

test('messages in another order than their seqs are disorder, even when all come', () => {
  const track = new StreamTrack()
  for (const seq of [1, 3, 2, 4]) track.message(seq)
  expect({ missing: track.missing, disorder: track.disorder }).toEqual({ missing: 0, disorder: 1 })
})

test('what is held already is said to be', () => {
  const track = new StreamTrack()
  track.message(1)
  track.message(3)
  expect([track.message(1), track.message(3), track.message(2)]).toEqual([false, false, true])
})
