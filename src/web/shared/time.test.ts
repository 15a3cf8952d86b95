import { describe, expect, test } from 'vitest'
import { clockText, dateText, needsSeparator, timeText } from './time.ts'

const zone = 'Asia/Shanghai'
const at = (text: string): number => Date.parse(`${text}+08:00`)
const now = at('2026-11-24T15:30:00')

describe('dates in a thread', () => {
  test.each([
    ['2026-11-24T09:05:00', '09:05', '09:05'],
    ['2026-11-24T00:00:00', '00:00', '00:00'],
    ['2026-11-23T23:59:00', '昨天 23:59', 'Yesterday 23:59'],
    ['2026-11-22T08:00:00', '11月22日 08:00', 'Nov 22, 08:00'],
    ['2025-12-31T08:00:00', '2025年12月31日 08:00', 'Dec 31, 2025, 08:00'],
  ])('%s reads %j in Chinese and %j in English', (when, chinese, english) => {
    expect(dateText(at(when), now, 'zh-CN', zone)).toBe(chinese)
    expect(dateText(at(when), now, 'en', zone)).toBe(english)
  })

  test('yesterday is a matter of the calendar, not of 24 hours', () => {
    expect(dateText(at('2026-11-23T23:59:00'), at('2026-11-24T00:01:00'), 'zh-CN', zone)).toBe('昨天 23:59')
  })

  test('yesterday may be another year', () => {
    expect(dateText(at('2025-12-31T22:00:00'), at('2026-01-01T01:00:00'), 'en', zone)).toBe('Yesterday 22:00')
  })

  test('hours and minutes are written with 24 hours in both languages', () => {
    expect(timeText(at('2026-11-24T18:07:00'), 'en', zone)).toBe('18:07')
    expect(timeText(at('2026-11-24T18:07:00'), 'zh-CN', zone)).toBe('18:07')
  })
})

describe('separators', () => {
  test('the first message has one', () => {
    expect(needsSeparator(undefined, now, zone)).toBe(true)
  })

  test('five minutes exactly is no gap, a millisecond more is', () => {
    expect(needsSeparator(now, now + 300_000, zone)).toBe(false)
    expect(needsSeparator(now, now + 300_001, zone)).toBe(true)
  })

  test('midnight is one, whatever the gap', () => {
    expect(needsSeparator(at('2026-11-23T23:59:30'), at('2026-11-24T00:00:10'), zone)).toBe(true)
  })

  test('a clock that steps back makes none', () => {
    expect(needsSeparator(now, now - 60_000, zone)).toBe(false)
  })
})

describe('the waiting clock', () => {
  test.each([
    [-5_000, '0:00'],
    [7_999, '0:07'],
    [750_000, '12:30'],
    [3_723_000, '1:02:03'],
  ])('%d ms reads %s', (elapsed, text) => {
    expect(clockText(elapsed)).toBe(text)
  })
})
