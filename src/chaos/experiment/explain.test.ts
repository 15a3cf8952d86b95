import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { displayWidth } from '../../core/display-width.ts'
import { head, testKinds } from './experiment-in-test.ts'
import { explainExperiment } from './explain.ts'
import { timelinePicture } from './explain-picture.ts'
import { loadExperiment } from './load.ts'
import { planTimeline } from './plan.ts'

const experiment = loadExperiment(
  `${head}seed: 11
workload: { visitors: 100, agents: 4, reconnect_per_minute: 5% }
safety: { ttl: 60s, abort_if: { error_rate: "> 90%" } }
steady_state: { probes: [{ name: acks come fast, measure: p99_ms, baseline: <= 100ms, fault: <= 5s }] }
method:
  - { at: 10s, fault: partition, on: agents->node, for: 14s, direction: down }
  - { at: 12s, fault: kill }
  - { at: 30s, fault: disk_full, for: 5s }
checks: { invariants: [no_acked_loss, agreement] }
`,
  'cut.yml',
  testKinds,
)

describe('kf chaos explain', () => {
  test('says in words and draws what will happen', () => {
    expect(explainExperiment(experiment, testKinds, 11, 'en', 80)).toBe(
      `cut   "Does it hold?"   seed 11
 load     100 visitors, 4 agents, 0.5 messages/s each, 50 messages/s in all, 1 desk action/s, 5% cut off each minute
 against  a node of its own with 2 workers, behind Toxiproxy
 takes    3s to warm up, 35s until the last fault is over, 15s to recover; all is healed 60s after the first fault at the latest

               0s           10s               24s     30s    35s             50s
 phase         baseline     faults                           recovery
 agents->node               [partition───────]
 node                          ^kill                  [3────]

    at   until           fault      on            with
 1  10s  24s             partition  agents->node  direction: down
 2  12s  over by itself  kill       node
 3  30s  35s             disk_full  node

 partition  partition, in English
 kill       kill, in English
 disk_full  disk_full, in English

 probes     acks come fast: baseline p99_ms <= 100ms, faults p99_ms <= 5s
 aborts if  error_rate > 90%
 judged     no_acked_loss, agreement
 needs      toxiproxy, strace
 run        kf chaos run cut
`,
    )
  })

  test('speaks Chinese, and names the seed where it is not the scenario’s', () => {
    const text = explainExperiment(experiment, testKinds, 5, 'zh', 80)
    expect(text).toContain('cut   "Does it hold?"   种子 5\n')
    expect(text).toContain(' 运行      kf chaos run cut --seed 5\n')
    expect(text).toContain('partition（中文）')
  })

  test('draws within the columns there are, whatever happens at the same time', () => {
    const busy = loadExperiment(
      `${head}random:
  for: 60s
  every: random(1s, 3s)
  faults:
    - { fault: partition, on: visitors->node, for: "random(2s, 9s)" }
    - { fault: latency, on: visitors->node, for: "random(2s, 9s)", latency: 5ms }
    - { fault: kill }
    - { fault: reconnect_storm, on: agents, share: 5% }
`,
      'busy.yml',
      testKinds,
    )
    const words = { phase: '阶段', baseline: '基线', fault: '故障', recovery: '恢复' }
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 60, max: 110 }), (seed, columns) => {
        const timeline = planTimeline(busy, testKinds, seed)
        const lines = timelinePicture(timeline, columns, words)
        for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(columns + 20)
        const drawn = lines.slice(2).join('')
        expect(drawn.split('[').length - 1).toBe(
          timeline.steps.filter(({ until }) => until !== undefined).length,
        )
        expect(drawn.split('^').length - 1).toBe(
          timeline.steps.filter(({ until }) => until === undefined).length,
        )
      }),
    )
  })
})
