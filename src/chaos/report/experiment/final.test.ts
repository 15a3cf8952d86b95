import { expect, test } from 'vitest'
import { displayWidth } from '../../../core/display-width.ts'
import { noFacts } from './facts.ts'
import { finalLines } from './final.ts'
import { failedFacts, failedRun, resultInTest } from './result-in-test.ts'
import { experimentWords } from './words.ts'

const options = { width: 110, verbose: false, report: 'reports/0719-partition/index.html' }
const { en, zh } = experimentWords

test('the final screen says what broke, shows it in the history, what is unknown, what was kept, and how to repeat it', () => {
  expect(finalLines(failedRun, failedFacts, en, options)).toEqual([
    'FAIL  no_duplicate   healed ✓ 0 faults left   exit 5',
    ' phase     concurrency  avg response  error rate     p99',
    ' baseline        2,000        1.4 ms      0.00 %  4.9 ms',
    ' fault           2,000        211 ms     18.30 %   9.8 s',
    ' recovery        2,000        3.1 ms      0.00 %   22 ms    detect 2.1 s   recover 6.4 s (bound 15 s)',
    ' ✗ no_duplicate   1 of 48,210: conversation k3, client id c7f stored as seq 17 and 19',
    '                  history.jsonl:20817 send  :20990 timeout  :21033 ack 19',
    ' ? capacity       UNKNOWN, counts as not passed: worker 2 died before its record',
    ' ✓ 10 others      no_acked_loss 48,210/48,210 read back; 2 probes held; list all: --verbose',
    ' again  kf chaos run partition.yml --seed 11      report  reports/0719-partition/index.html',
  ])
})

test('in Chinese its columns stand under each other too', () => {
  const lines = finalLines(failedRun, failedFacts, zh, options)
  expect(lines[0]).toBe('未通过  no_duplicate   已恢复 ✓ 剩余 0 个故障   exit 5')
  expect(displayWidth(lines[2] ?? '')).toBe(displayWidth(lines[1] ?? ''))
  expect(lines[6]).toBe('                  history.jsonl:20817 发送  :20990 超时  :21033 确认 19')
})

test('a run that kept everything says so, and exits with 0', () => {
  const lines = finalLines(resultInTest(), noFacts, en, options)
  expect(lines[0]).toBe('PASS  12 of 12 promises kept   healed ✓ 0 faults left')
  expect(lines[5]).toBe(
    ' ✓ all 12   no_acked_loss 48,210/48,210 read back; 2 probes held; list all: --verbose',
  )
})

test('with --verbose every promise and every probe has a line', () => {
  const lines = finalLines(resultInTest(), noFacts, en, { ...options, verbose: true })
  expect(lines).toContain(' ✓ real_time_order   48,210 checked')
  expect(lines).toContain(' ✓ probe quick       recovery: 22 ms (bound p99 <= 100 ms)')
})

test('a probe that did not hold fails the run, and stands with its bound', () => {
  const probes = [
    { name: 'quick', phase: 'recovery', value: 140, threshold: 'p99_ms <= 100', held: false },
  ] as const
  const lines = finalLines(resultInTest({ status: 'fail', probes }), noFacts, en, options)
  expect(lines[0]).toBe('FAIL  probe quick (recovery)   healed ✓ 0 faults left   exit 5')
  expect(lines).toContain(' ✗ probe quick   recovery: 140 ms (bound p99 <= 100 ms)')
})

test('a fault that did not fire makes it unknown, and is named once', () => {
  const reasons = ['latency on agents->node was not seen to fire']
  const lines = finalLines(resultInTest({ status: 'unknown', reasons }), noFacts, en, options)
  expect(lines[0]).toBe(
    'UNKNOWN  latency on agents->node was not seen to fire   healed ✓ 0 faults left   exit 6',
  )
  expect(lines.filter((line) => line.includes('was not seen to fire'))).toHaveLength(1)
})

test('a run that did not come back to its steady state says so', () => {
  const lines = finalLines(resultInTest({ recoverMs: undefined }), noFacts, en, options)
  expect(lines[4]).toMatch(/detect 2\.1 s {3}recover not seen \(bound 15 s\)$/)
})

test('what is left unhealed is said on its own, whatever was judged', () => {
  const leftFaults = ['partition on agents->node: the proxy does not answer']
  const lines = finalLines(resultInTest({ status: 'fail', leftFaults }), noFacts, en, options)
  expect(lines[0]).toBe('FAIL  left unhealed   healed ✗ 1 fault left   exit 5')
  expect(lines).toContain(' ✗ left unhealed   partition on agents->node: the proxy does not answer')
})

test('an interrupted run exits with 130, but with 5 where a promise was seen broken', () => {
  const interrupted = { status: 'aborted', reasons: ['interrupted'], interrupted: true } as const
  const [clean] = finalLines(resultInTest(interrupted), noFacts, en, options)
  expect(clean).toBe('ABORTED  interrupted   healed ✓ 0 faults left   exit 130')
  const [broken] = finalLines({ ...failedRun, ...interrupted }, noFacts, en, options)
  expect(broken).toBe('FAIL  no_duplicate   healed ✓ 0 faults left   exit 5')
})

test('sixty columns are enough: nothing is cut, and every line fits', () => {
  for (const words of [en, zh]) {
    const lines = finalLines(failedRun, failedFacts, words, { ...options, width: 60 })
    for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(60)
    expect(lines.join(' ')).toContain(':21033')
  }
})
