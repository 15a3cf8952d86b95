import { expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import { throttle } from './throttle.ts'

test('the first goes at once, of those in between only the last, and cancel forgets it', () => {
  const clock = manualClock()
  const said: string[] = []
  const say = throttle(clock, 1_000, (word: string) => said.push(word))
  say('我')
  say('我想')
  say('我想问')
  expect(said).toEqual(['我'])
  clock.advance(1_000)
  expect(said).toEqual(['我', '我想问'])
  say('我想问一下')
  say.cancel()
  clock.advance(5_000)
  expect(said).toEqual(['我', '我想问'])
  say('再来')
  expect(said).toEqual(['我', '我想问', '再来'])
})
