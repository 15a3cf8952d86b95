import { describe, expect, test } from 'vitest'
import type { Measure, Probe } from './experiment.ts'
import type { Stretch } from './meter.ts'
import { holds, type Look, measured, probe, probedFrom } from './probes.ts'

const stretch: Stretch = { avgMs: 12, p50Ms: 10, p99Ms: 80, errorRate: 0.02, acks: 30 }
const nothing: Stretch = {
  avgMs: undefined,
  p50Ms: undefined,
  p99Ms: undefined,
  errorRate: undefined,
  acks: 0,
}

function look(t: number, change: Partial<Look> = {}): Look {
  return {
    t,
    acks: 10,
    errors: 0,
    p50Ms: 1,
    p99Ms: 2,
    visitors: 4,
    agents: 1,
    unknown: 0,
    queued: 0,
    rssBytes: 100,
    connected: 1,
    ready: 1,
    ...change,
  }
}
const looks = [look(1_000), look(2_000, { connected: 0.5, ready: 0, rssBytes: 300 }), look(3_000)]

test.each<[Measure, number]>([
  ['error_rate', 0.02],
  ['avg_ms', 12],
  ['p99_ms', 80],
  ['acks_per_s', 10],
  ['connected', 0.5],
  ['ready', 0],
  ['rss_bytes', 300],
])('%s of a stretch is %d', (measure, value) => {
  expect(measured(measure, stretch, looks)).toBe(value)
})

test('the bound itself is within <= and >=, and not within < and >', () => {
  const at = (op: '<=' | '>=' | '<' | '>'): boolean => holds(5, { measure: 'avg_ms', op, value: 5 })
  expect([at('<='), at('>='), at('<'), at('>')]).toEqual([true, true, false, false])
})

describe('a probe', () => {
  const probes: readonly Probe[] = [
    { name: 'quick', threshold: { baseline: { measure: 'p99_ms', op: '<', value: 50 } } },
    { name: 'few errors', threshold: { fault: { measure: 'error_rate', op: '<=', value: 0.02 } } },
  ]

  test('looks at the phases that it has a tolerance for', () => {
    expect(probe(probes, 'baseline', stretch, looks)).toEqual([
      { name: 'quick', phase: 'baseline', value: 80, threshold: 'p99_ms < 50', held: false },
    ])
    expect(probe(probes, 'fault', stretch, looks)).toEqual([
      { name: 'few errors', phase: 'fault', value: 0.02, threshold: 'error_rate <= 0.02', held: true },
    ])
    expect(probe(probes, 'recovery', stretch, looks)).toEqual([])
  })

  test('has not held where there is nothing to measure', () => {
    expect(probe(probes, 'baseline', nothing, [])).toMatchObject([{ value: undefined, held: false }])
  })

  test('leaves the first half of a recovery to those who come back', () => {
    expect(probedFrom('recovery', 1_000, 5_000)).toBe(3_000)
    expect(probedFrom('fault', 1_000, 5_000)).toBe(1_000)
  })
})
