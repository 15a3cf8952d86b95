import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Experiment } from './experiment.ts'
import { head, testKinds } from './experiment-in-test.ts'
import { brokenBy, type FuzzEvent, fixed, fuzz, type Ran } from './fuzz.ts'
import { experimentText } from './fuzz-write.ts'
import { loadExperiment } from './load.ts'
import { planTimeline } from './plan.ts'

const base = loadExperiment(
  `${head}tags: [fuzz]
topology: { nodes: [{ workers: 3 }] }
workload: { visitors: 50, agents: 4, capacity: 30, rate: 0.25, answers: 20%, desk: 2.5, reconnect_per_minute: 5.1%, slow_readers: 2%, warmup: 1s }
safety: { abort_if: { error_rate: "> 90%", rss_bytes: "> 1GiB" } }
steady_state: { probes: [{ name: fast, measure: p99_ms, baseline: <= 100ms }] }
recovery: 9s
checks: { resets_allowed: 3, converge_within: 7s, max_rss_growth: 32MiB, minimum: { acks: 7, retries: 2, resumes: 1 } }
report: { folder: here }
random:
  for: 40s
  every: random(1s, 4s)
  faults:
    - { fault: partition, on: visitors->node, for: "random(2s, 6s)", direction: down }
    - { fault: partition, on: agents->node, for: "random(2s, 6s)" }
    - { fault: disk_full, for: 3s }
    - { fault: kill, restart_after: 2s }
    - { fault: reconnect_storm, on: visitors, share: 5% }
`,
  'sink.yml',
  testKinds,
)

const passed: Ran = { status: 'pass', leftFaults: [], reasons: [], verdicts: [] }
const lost: Ran = { ...passed, status: 'fail', verdicts: [{ invariant: 'no_acked_loss', status: 'fail' }] }

/** Loses messages where the node is killed while agents are cut off. */
function buggy({ method }: Experiment): Ran {
  const bad = method.some(
    ({ fault, at }) =>
      fault === 'kill' &&
      method.some(
        (cut) =>
          cut.on === 'agents->node' &&
          'ms' in at &&
          'ms' in cut.at &&
          cut.at.ms <= at.ms &&
          at.ms <= cut.at.ms + (cut.forMs ?? 0),
      ),
  )
  return bad ? lost : passed
}

describe('a scenario that kf writes', () => {
  test('reads as what it was written from, for every seed', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => {
        for (const experiment of [base, fixed(base, planTimeline(base, testKinds, seed), seed, testKinds)]) {
          const text = experimentText(experiment, ['One note.', 'Another: with a colon.'])
          expect(loadExperiment(text, `${experiment.name}.yml`, testKinds)).toEqual(experiment)
          expect(text.split('\n').slice(0, 3)).toEqual([
            'title: Does it hold?',
            '# One note.',
            '# Another: with a colon.',
          ])
        }
      }),
    )
  })
})

describe('fuzzing', () => {
  test('shrinks what breaks a promise to the faults that it takes, and writes it as a scenario that breaks it too', async () => {
    const events: FuzzEvent[] = []
    const { passed: fine, found } = await fuzz(
      { base, seeds: Array.from({ length: 40 }, (_, i) => i), mostTries: 200, kinds: testKinds },
      {
        run: (experiment, timeline) => {
          expect(timeline.steps).toHaveLength(experiment.method.length)
          return Promise.resolve(buggy(experiment))
        },
        stopped: () => false,
        onEvent: (event) => events.push(event),
      },
    )
    expect(found.length).toBeGreaterThan(3)
    expect(fine.length + found.length).toBe(40)
    expect(events.filter(({ t }) => t === 'seed')).toHaveLength(40)
    for (const one of found) {
      const read = loadExperiment(one.text, `fuzz-${one.seed}.yml`, testKinds)
      expect(read).toEqual(one.experiment)
      expect(brokenBy(buggy(read))).toEqual(['no_acked_loss'])
      expect(read.method.map(({ fault }) => fault)).toEqual(['partition', 'kill'])
      expect(read.title).toBe('Is no_acked_loss still broken by this?')
      expect(read.checks.invariants).not.toContain('no_false_ack')
    }
  })

  test('keeps apart what cannot be judged, and chases nothing there', async () => {
    let runs = 0
    const result = await fuzz(
      { base, seeds: [1, 2, 3], mostTries: 50, kinds: testKinds },
      {
        run: () => {
          runs += 1
          return Promise.resolve({ ...passed, status: runs === 2 ? 'unknown' : 'pass' })
        },
        stopped: () => false,
        onEvent: () => {},
      },
    )
    expect(result).toEqual({ passed: [1, 3], unknown: [2], found: [] })
  })

  test('another promise that breaks on the way is not the failure that it shrinks', async () => {
    const other: Ran = { ...lost, verdicts: [{ invariant: 'gapless', status: 'fail' }] }
    const { found } = await fuzz(
      { base, seeds: [1], mostTries: 50, kinds: testKinds },
      {
        run: ({ method }) => Promise.resolve(method.length > 5 ? lost : other),
        stopped: () => false,
        onEvent: () => {},
      },
    )
    expect(found[0]?.experiment.method).toHaveLength(6)
  })

  test('what is left unhealed is a failure too', () => {
    expect(brokenBy({ ...passed, leftFaults: ['partition on agents->node'] })).toEqual(['healed'])
  })

  test('stops between runs with what it has', async () => {
    let stopped = false
    const result = await fuzz(
      { base, seeds: [1, 2, 3], mostTries: 50, kinds: testKinds },
      {
        run: () => {
          stopped = true
          return Promise.resolve(lost)
        },
        stopped: () => stopped,
        onEvent: () => {},
      },
    )
    expect(result.found).toHaveLength(1)
    expect(result.found[0]?.tries).toBe(0)
  })
})
