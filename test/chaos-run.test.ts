import { expect, test } from 'vitest'
import { failedOf, smallRun } from './support/chaos.ts'

test('a node whose agents are cut off and whose worker and writer are killed keeps every promise', async () => {
  const { result, history } = await smallRun({
    workload: { visitors: 50 },
    steps: [
      { at: 2_000, until: 3_500, fault: 'partition', on: 'agents->node', params: {} },
      { at: 4_000, until: undefined, fault: 'worker_kill', on: 'node', params: {} },
      { at: 5_000, until: undefined, fault: 'writer_kill', on: 'node', params: {} },
      // Acks are held back while their connections are cut, so that what they were for comes again.
      { at: 6_000, until: 8_000, fault: 'hold', on: 'visitors->node', params: { direction: 'down' } },
      { at: 7_000, until: undefined, fault: 'reconnect_storm', on: 'visitors', params: { share: '50%' } },
    ],
    recoveryMs: 6_000,
    minimum: { acks: 200, retries: 5, resumes: 20 },
  })
  expect([...failedOf(result)]).toEqual([])
  expect(result.reasons).toEqual([])
  expect(result).toMatchObject({ status: 'pass', leftFaults: [] })
  expect(result.faults.map(({ fault, proof }) => [fault, proof === undefined])).toEqual([
    ['partition', false],
    ['worker_kill', false],
    ['writer_kill', false],
    ['hold', false],
    ['reconnect_storm', false],
  ])
  expect(result.phases.map(({ phase }) => phase)).toEqual(['baseline', 'fault', 'recovery'])
  expect(result.counts.unknown).toBe(0)
  // Both readings of every message that anybody was told of.
  const acked = history.flatMap((entry) => (entry.e === 'ok' ? [entry.id] : []))
  for (const reading of [/^reader-/, /^store$/]) {
    const read = new Set(
      history.flatMap((entry) => (entry.e === 'read' && reading.test(entry.p) ? [entry.id] : [])),
    )
    expect(acked.filter((id) => !read.has(id))).toEqual([])
  }
})

test('a run that is interrupted while a fault holds heals it and says so', async () => {
  const stop = new AbortController()
  const running = smallRun({
    workload: { visitors: 10, agents: 2 },
    steps: [{ at: 0, until: 60_000, fault: 'latency', on: 'visitors->node', params: { latency: '100ms' } }],
    recoveryMs: 5_000,
    signal: stop.signal,
  })
  setTimeout(() => {
    stop.abort()
  }, 6_000)
  const { result } = await running
  expect(result).toMatchObject({
    status: 'aborted',
    interrupted: true,
    leftFaults: [],
  })
  expect(result.reasons).toContain('interrupted')
  expect(result.faults.every(({ healedMs }) => healedMs !== undefined)).toBe(true)
})
