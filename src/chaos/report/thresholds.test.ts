import { expect, test } from 'vitest'
import { boundText, valueText } from './thresholds.ts'
import type { Threshold } from './verdict.ts'
import { reportWords } from './words.ts'

const text = (threshold: Omit<Threshold, 'holds'>, language: 'en' | 'zh' = 'en'): string => {
  const whole = { ...threshold, holds: true }
  return `${boundText(whole, reportWords[language])}: ${valueText(whole)}`
}

test('a bound and its value are written with their units', () => {
  expect(text({ name: 'average', bound: 10, value: 1.9 })).toBe('avg <= 10 ms: 1.9 ms')
  expect(text({ name: 'p999', bound: 15.5, value: null })).toBe('p99.9 <= 15.5 ms: -')
  expect(text({ name: 'errorRate', bound: 0.0007, value: 0 })).toBe('error rate <= 0.07 %: 0.00 %')
  expect(text({ name: 'throughput', op: '>=', bound: 1_000, value: 2_498 })).toBe('msgs/s >= 1000: 2,498')
  expect(text({ name: 'deliveredP99', bound: 5, value: 2 }, 'zh')).toBe('送达 P99 <= 5 ms: 2.0 ms')
})
