import { describe, expect, test } from 'vitest'
import { parseScenario } from './load.ts'
import { head } from './scenario-in-test.ts'
import { shippedScenarios } from './shipped.ts'

describe('a scenario file', () => {
  test('gets every default: one message and its ack, a minute, 1,000 visitors', () => {
    expect(parseScenario(head, 'mine/first-try.yml')).toEqual({
      version: 1,
      name: 'first-try',
      title: 'Does it work?',
      mode: 'open',
      concurrency: [1_000],
      rate: 0.5,
      ramp: { connectPerSecond: 4_000, overMs: 500 },
      warmupMs: 5_000,
      durationMs: 60_000,
      seed: 7,
      agents: { perVisitors: 50, answer: true },
      trouble: { reconnectPerMinute: 0, slowReaders: 0 },
      flows: [
        {
          name: 'message',
          weight: 1,
          steps: [
            { do: 'send', text: { from: 'list', list: 'mixed' } },
            { do: 'expect', what: 'ack', withinMs: 5_000 },
          ],
        },
      ],
      rest: [],
      thresholds: [],
    })
  })

  test('says all there is to say', () => {
    const text = `
version: 1
title: Everything
mode: open
concurrency: [100, 200]
rate: 0.25
ramp: { connect_per_second: 50, over: 1.5m }
warmup: 250ms
duration: 2s
seed: 11
agents: { per_visitors: 20, answer: true }
trouble: { reconnect_per_minute: 5.1%, slow_readers: 20% }
flows:
  - name: 咨询
    weight: 2.5
    steps:
      - send: 你好
      - expect: ack
        within: 2s
      - deliver: 3s
      - expect: answer
      - think: 1s
      - send: [a, b]
      - think: 0s
        spread: fixed
      - send: { list: zh }
rest:
  - { name: history, path: "/api/v1/conversations/{conversation}/messages", as: visitor, rate: 20 }
  - { name: mint, method: POST, path: /api/v1/visitors, body: '{"site":"x"}', connections: 3, rate: 4 }
thresholds: { avg_ms: "<= 10", p99_ms: <=15.5 ms, error_rate: <= 0.1%, messages_per_s: ">= 40" }
`
    expect(parseScenario(text, 'e.yml')).toEqual({
      version: 1,
      name: 'e',
      title: 'Everything',
      mode: 'open',
      concurrency: [100, 200],
      rate: 0.25,
      ramp: { connectPerSecond: 50, overMs: 90_000 },
      warmupMs: 250,
      durationMs: 2_000,
      seed: 11,
      agents: { perVisitors: 20, answer: true },
      trouble: { reconnectPerMinute: 0.051, slowReaders: 0.2 },
      flows: [
        {
          name: '咨询',
          weight: 2.5,
          steps: [
            { do: 'send', text: { from: 'given', texts: ['你好'] } },
            { do: 'expect', what: 'ack', withinMs: 2_000 },
            { do: 'deliver', withinMs: 3_000 },
            { do: 'expect', what: 'answer', withinMs: 30_000 },
            { do: 'think', meanMs: 1_000, spread: 'exponential' },
            { do: 'send', text: { from: 'given', texts: ['a', 'b'] } },
            { do: 'think', meanMs: 0, spread: 'fixed' },
            { do: 'send', text: { from: 'list', list: 'zh' } },
          ],
        },
      ],
      rest: [
        {
          name: 'history',
          method: 'GET',
          path: '/api/v1/conversations/{conversation}/messages',
          as: 'visitor',
          body: undefined,
          connections: 10,
          rate: 20,
        },
        {
          name: 'mint',
          method: 'POST',
          path: '/api/v1/visitors',
          as: 'nobody',
          body: '{"site":"x"}',
          connections: 3,
          rate: 4,
        },
      ],
      thresholds: [
        { metric: 'avg_ms', op: '<=', value: 10 },
        { metric: 'p99_ms', op: '<=', value: 15.5 },
        { metric: 'error_rate', op: '<=', value: 0.001 },
        { metric: 'messages_per_s', op: '>=', value: 40 },
      ],
    })
  })

  test('may repeat itself by anchors', () => {
    const text = `${head}flows:\n  - &one { name: a, steps: [{ send: x }] }\n  - { name: b, steps: [{ send: &t y }, { send: *t }] }\n`
    expect(parseScenario(text, 'x.yml').flows.map(({ steps }) => steps.length)).toEqual([1, 2])
  })
})

test('every shipped scenario is accepted, and its title is a question', async () => {
  const shipped = await shippedScenarios()
  expect(shipped.map(({ name }) => name)).toEqual([
    'ramp',
    'rest-reads',
    'slow-readers',
    'soak',
    'support-chat',
  ])
  for (const { title } of shipped) expect(title).toMatch(/\?$/)
})
