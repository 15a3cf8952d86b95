import { expect, test } from 'vitest'
import { metricSum } from './node-admin.ts'

const text = [
  '# TYPE kf_worker_sessions gauge',
  'kf_worker_sessions{worker="0"} 3',
  'kf_worker_sessions{worker="1"} 4',
  'kf_worker_sessions_total{worker="1"} 9',
  'kf_supervisor_ready 1',
].join('\n')

test('a metric is summed over its labels, and not with others that begin alike', () => {
  expect(metricSum(text, 'kf_worker_sessions')).toBe(7)
  expect(metricSum(text, 'kf_supervisor_ready')).toBe(1)
})

test('one that is not there is undefined, not zero', () => {
  expect(metricSum(text, 'kf_worker')).toBeUndefined()
})
