import type { Scenario } from '../scenario/scenario.ts'

/** A scenario with every kind of step and threshold that a k6 script can have. */
export const fullScenario: Scenario = {
  version: 1,
  name: 'full',
  title: 'Everything',
  mode: 'open',
  concurrency: [250],
  rate: 0.25,
  ramp: { connectPerSecond: 500, overMs: 2_000 },
  warmupMs: 3_000,
  durationMs: 10_000,
  seed: 11,
  agents: { perVisitors: 50, answer: true },
  trouble: { reconnectPerMinute: 0.05, slowReaders: 0 },
  flows: [
    {
      name: 'ask',
      weight: 3,
      steps: [
        { do: 'send', text: { from: 'given', texts: ["it's late", '还没到"吗"'] } },
        { do: 'expect', what: 'ack', withinMs: 1_000 },
        { do: 'think', meanMs: 2_000, spread: 'exponential' },
        { do: 'send', text: { from: 'list', list: 'zh' } },
        { do: 'deliver', withinMs: 2_000 },
        { do: 'expect', what: 'answer', withinMs: 8_000 },
      ],
    },
    { name: 'short', weight: 1, steps: [{ do: 'send', text: { from: 'list', list: 'mixed' } }] },
  ],
  rest: [],
  thresholds: [
    { metric: 'avg_ms', op: '<=', value: 10 },
    { metric: 'p50_ms', op: '<=', value: 5 },
    { metric: 'p95_ms', op: '<=', value: 20 },
    { metric: 'p99_ms', op: '<=', value: 40 },
    { metric: 'p999_ms', op: '<=', value: 80 },
    { metric: 'delivered_p99_ms', op: '<=', value: 50 },
    { metric: 'error_rate', op: '<=', value: 0.001 },
    { metric: 'messages_per_s', op: '>=', value: 60 },
  ],
}
