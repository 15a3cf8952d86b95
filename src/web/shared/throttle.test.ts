import { describe, expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { previewOf, throttleLatest } from './throttle.ts'

describe('typing previews', () => {
  test('the first goes at once, then the newest once a second', () => {
    const clock = manualClock()
    const sent: string[] = []
    const preview = throttleLatest<string>(1_000, clock, (text) => sent.push(text))
    preview.push('y')
    preview.push('ye')
    preview.push('yes')
    expect(sent).toEqual(['y'])
    clock.advance(999)
    expect(sent).toEqual(['y'])
    clock.advance(1)
    expect(sent).toEqual(['y', 'yes'])
    clock.advance(5_000)
    preview.push('')
    expect(sent).toEqual(['y', 'yes', ''])
  })

  test('what waits is dropped when the message itself was sent', () => {
    const clock = manualClock()
    const sent: string[] = []
    const preview = throttleLatest<string>(1_000, clock, (text) => sent.push(text))
    preview.push('y')
    preview.push('yes')
    preview.cancel()
    clock.advance(10_000)
    expect(sent).toEqual(['y'])
  })

  test('a long draft is cut between characters', () => {
    expect(previewOf('茶茶茶', 2)).toBe('茶茶')
    expect(previewOf('a🍵b', 2)).toBe('a')
    expect(previewOf('a🍵b', 3)).toBe('a🍵')
  })
})
