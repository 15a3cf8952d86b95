import { expect, test } from 'vitest'
import { countLine, failureLines } from './test-count.ts'

const report = { numPassedTests: 4, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }

const good = { fullName: 'holds', status: 'passed', failureMessages: [] }

test('a green run counts its tests and names no skips', () => {
  expect(countLine(report)).toBe('4 passed, 0 failed')
})

test('skipped tests are counted after the failures', () => {
  expect(countLine({ ...report, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 })).toBe(
    '4 passed, 1 failed, 3 skipped',
  )
})

test('a file that broke before its first test is a failure', () => {
  const broken = {
    name: 'a.test.ts',
    status: 'failed',
    message: 'SyntaxError: no\n at',
    assertionResults: [],
  }
  const testResults = [broken, { name: 'b.test.ts', status: 'passed', message: '', assertionResults: [good] }]
  expect(countLine({ ...report, testResults })).toBe('4 passed, 1 failed')
  expect(failureLines({ ...report, testResults })).toEqual(['FAILED a.test.ts: SyntaxError: no'])
})

test('each failed test is named with the first line of why', () => {
  const bad = {
    fullName: 'sends once',
    status: 'failed',
    failureMessages: ['Error: twice\n    at x', 'other'],
  }
  const testResults = [{ name: 'a.test.ts', status: 'failed', message: '', assertionResults: [good, bad] }]
  expect(failureLines({ ...report, testResults })).toEqual(['FAILED a.test.ts > sends once: Error: twice'])
})
