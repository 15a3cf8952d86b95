import { describe, expect, it } from 'vitest'
import { k6Load, k6Phases, k6Thresholds } from './load.ts'
import { fullScenario } from './load-in-test.ts'

describe('a scenario as k6 load', () => {
  const load = k6Load(fullScenario, 250)

  it('has its agents on top of the visitors', () => {
    expect(load).toMatchObject({ visitors: 250, agents: 5, answers: true, reconnectPerMinute: 0.05 })
  })

  it('has each phase at its place', () => {
    expect(k6Phases(load)).toEqual({
      // 5 agents at 500/s after a second of start, then 250 visitors, then 2 s to settle.
      visitorsAt: 1_010,
      startAt: 3_510,
      rampMs: 2_000,
      measureFrom: 8_510,
      measureTo: 18_510,
      readBackAt: 24_010,
      endAt: 27_260,
    })
  })

  it('has no ramp in a closed loop', () => {
    expect(k6Phases({ ...load, mode: 'closed' }).rampMs).toBe(0)
  })

  it('has every threshold in k6’s words', () => {
    expect(k6Thresholds(load)).toEqual({
      kf_ack_ms: ['avg<=10', 'med<=5', 'p(95)<=20', 'p(99)<=40', 'p(99.9)<=80'],
      kf_delivered_ms: ['p(99)<=50'],
      kf_error_rate: ['rate<=0.001'],
      kf_acked_in_window: ['count>=600'],
    })
  })

  it('refuses slow readers and REST steps, naming them', () => {
    const slow = { ...fullScenario, trouble: { reconnectPerMinute: 0, slowReaders: 0.2 } }
    expect(() => k6Load(slow, 1)).toThrow('trouble.slow_readers: 0.2: k6 cannot stop reading a socket')
    const step = {
      name: 'list',
      method: 'GET',
      path: '/api/v1/site',
      body: undefined,
      connections: 1,
      rate: 1,
    } as const
    expect(() => k6Load({ ...fullScenario, rest: [step] }, 1)).toThrow(
      'rest: 1 steps: the k6 script speaks WebSocket only',
    )
  })
})
