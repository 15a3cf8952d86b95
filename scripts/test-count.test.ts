import { expect, test } from 'vitest'
import { countLine } from './test-count.ts'

const report = { numPassedTests: 4, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }

test('a green run counts its tests and names no skips', () => {
  expect(countLine(report)).toBe('4 passed, 0 failed')
})

test('skipped tests are counted after the failures', () => {
  expect(countLine({ ...report, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 })).toBe(
    '4 passed, 1 failed, 3 skipped',
  )
})

test('a file that broke before its first test is a failure', () => {
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'passed', assertionResults: [{}] },
  ]
  expect(countLine({ ...report, testResults })).toBe('4 passed, 1 failed')
})
