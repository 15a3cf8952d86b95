import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Action, Experiment } from './experiment.ts'
import { head, testKinds } from './experiment-in-test.ts'
import { loadExperiment } from './load.ts'
import { planTimeline } from './plan.ts'

function load(text: string): Experiment {
  return loadExperiment(head + text, 'x.yml', testKinds)
}

const seeds = fc.nat(2 ** 32 - 1)

const drawn = load(`
method: [{ at: "random(20s, 40s)", fault: kill, repeat: { every: 5s, times: 3 } }]
random:
  from: 5s
  for: 60s
  every: random(1s, 4s)
  faults:
    - { fault: partition, on: visitors->node, for: "random(2s, 6s)" }
    - { fault: partition, on: agents->node, for: "random(2s, 6s)" }
    - { fault: pause, for: 3s }
    - { fault: reconnect_storm, on: visitors, share: 5% }
`)

describe('a timeline', () => {
  test('has every fault in order, from 1, with the phases around them', () => {
    const experiment = load(`
method:
  - { at: 20s, fault: kill, restart_after: 2s }
  - { at: 10s, fault: partition, on: agents->node, for: 5s, repeat: { every: 20s, times: 2 } }
recovery: 7s
`)
    const cut = { fault: 'partition', on: 'agents->node', params: {}, momentary: false }
    expect(planTimeline(experiment, testKinds, 1)).toEqual({
      baselineMs: 10_000,
      faultsEndMs: 35_000,
      endsMs: 42_000,
      steps: [
        { n: 1, at: 10_000, until: 15_000, ...cut },
        {
          n: 2,
          at: 20_000,
          until: undefined,
          fault: 'kill',
          on: 'node',
          params: { restart_after: '2s' },
          momentary: true,
        },
        { n: 3, at: 30_000, until: 35_000, ...cut },
      ],
    })
  })

  test('ends once the last momentary fault must have shown', () => {
    const { faultsEndMs } = planTimeline(load('method: [{ at: 10s, fault: kill }]'), testKinds, 1)
    expect(faultsEndMs).toBe(15_000)
  })

  test('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(planTimeline(drawn, testKinds, seed)).toEqual(planTimeline(drawn, testKinds, seed))
      }),
    )
    expect(planTimeline(drawn, testKinds, 1)).not.toEqual(planTimeline(drawn, testKinds, 2))
  })

  test('draws instants within their bounds, and repeats at the distance asked for', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const kills = planTimeline(drawn, testKinds, seed).steps.filter(({ fault }) => fault === 'kill')
        const [first, second, third] = kills.map(({ at }) => at)
        expect(first).toBeGreaterThanOrEqual(20_000)
        expect(first).toBeLessThanOrEqual(40_000)
        expect([second, third]).toEqual([(first ?? 0) + 5_000, (first ?? 0) + 10_000])
      }),
    )
  })

  test('draws how long a fault lasts, anything between its bounds', () => {
    const lengths = Array.from({ length: 20 }, (_, seed) =>
      planTimeline(drawn, testKinds, seed).steps.flatMap(({ fault, at, until }) =>
        fault === 'partition' && until !== undefined ? [until - at] : [],
      ),
    ).flat()
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(2_000)
    expect(Math.min(...lengths)).toBeLessThan(2_500)
    expect(Math.max(...lengths)).toBeGreaterThan(5_500)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(6_000)
  })

  test('never has one kind of fault twice on the same thing at a time, nor a drawn one out of its window', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { steps, baselineMs, faultsEndMs } = planTimeline(drawn, testKinds, seed)
        expect(baselineMs).toBe(5_000)
        const lasting = steps.filter(({ until }) => until !== undefined)
        for (const [i, a] of lasting.entries()) {
          expect(a.at).toBeLessThanOrEqual(65_000)
          for (const b of lasting.slice(i + 1))
            expect(a.fault === b.fault && a.on === b.on && b.at <= (a.until ?? 0)).toBe(false)
        }
        expect(faultsEndMs).toBe(Math.max(...steps.map(({ at, until, fault }) => until ?? at + shows(fault))))
      }),
    )
  })

  test('draws nothing that could not be seen: two on one link, or any while a node is down', () => {
    const only: Experiment = { ...drawn, method: [] }
    fc.assert(
      fc.property(seeds, (seed) => {
        const { steps } = planTimeline(only, testKinds, seed)
        for (const [i, a] of steps.entries()) {
          for (const b of steps.slice(i + 1)) {
            if (b.at > (a.until ?? a.at + shows(a.fault))) continue
            expect(a.on).not.toBe('node')
            expect(b.on).not.toBe(a.on)
            expect([a.on, b.on].toSorted()).not.toEqual(['visitors', 'visitors->node'])
          }
        }
      }),
    )
  })

  test('of a shorter random run is the beginning of a longer one', () => {
    const { random } = drawn
    const longer: Experiment = {
      ...drawn,
      ...(random === undefined ? {} : { random: { ...random, forMs: 120_000 } }),
    }
    fc.assert(
      fc.property(seeds, (seed) => {
        const [short, long] = [drawn, longer].map(({ random: plan }) => {
          const only: Experiment = { ...drawn, method: [], ...(plan === undefined ? {} : { random: plan }) }
          return planTimeline(only, testKinds, seed).steps
        })
        expect(long?.slice(0, short?.length)).toEqual(short)
      }),
    )
  })

  test('keeps the instants of a method when an entry is added behind', () => {
    const more: readonly Action[] = [
      ...drawn.method,
      { at: { fromMs: 5_000, toMs: 50_000 }, fault: 'kill', on: 'node', params: {} },
    ]
    fc.assert(
      fc.property(seeds, (seed) => {
        const before = planTimeline(drawn, testKinds, seed).steps.map(({ at, fault }) => `${at} ${fault}`)
        const after = planTimeline({ ...drawn, method: more }, testKinds, seed).steps
        const left = after.map(({ at, fault }) => `${at} ${fault}`)
        for (const step of before) expect(left).toContain(step)
        expect(left).toHaveLength(before.length + 1)
      }),
    )
  })
})

function shows(fault: string): number {
  return testKinds.get(fault)?.showsWithinMs ?? 0
}
