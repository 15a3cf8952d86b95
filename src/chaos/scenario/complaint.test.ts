import { describe, expect, test } from 'vitest'
import { parseScenario } from './load.ts'
import { complaint, head } from './scenario-in-test.ts'

describe('the complaint', () => {
  test('tells every problem at once in the order of the file, each with its place, bound and fix', () => {
    const text = `versin: 1
title: x
mode: ajar
rate: 0
concurrency: [5000, 0]
ramp: { over: 5 }
trouble:
  slow_readers: 120%
flows:
  - name: a
    steps:
      - sned: hello
      - expect: answer
        wihtin: 5s
      - send: { lst: zh }
      - think: 5 s
  - name: a
    weight:
    steps: []
agents: { answer: false }
`
    expect(complaint(text)).toEqual([
      'x.yml:1:1: version: is missing; must be 1, the only version there is',
      'x.yml:1:1: versin: unknown key; did you mean version?',
      'x.yml:3:7: mode: "ajar" does not fit; one of open, closed is needed',
      'x.yml:4:7: rate: 0 does not fit; a number from 0.001 to 1000 is needed',
      'x.yml:5:21: concurrency[1]: 0 does not fit; a whole number from 1 to 1000000 is needed',
      'x.yml:6:15: ramp.over: 5 does not fit; a time from 0s to 1h is needed, such as 250ms, 5s or 2m',
      'x.yml:8:17: trouble.slow_readers: "120%" does not fit; a share from 0% to 100% is needed, such as 20%',
      'x.yml:12:9: flows[0].steps[0]: sned: unknown step; did you mean send?',
      'x.yml:13:17: flows[0].steps[1].expect: nothing was sent before it; put a send in front of expect',
      'x.yml:13:17: flows[0].steps[1].expect: no agent answers here (agents.answer is false, or the mode is closed); let them answer, or expect: ack',
      'x.yml:14:9: flows[0].steps[1].wihtin: unknown key; did you mean within?',
      'x.yml:15:9: flows[0].steps[2].send.list: is missing; one of mixed, en, zh is needed',
      'x.yml:15:17: flows[0].steps[2].send.lst: unknown key; did you mean list?',
      'x.yml:16:16: flows[0].steps[3].think: "5 s" does not fit; a time from 0s to 1h is needed, such as 250ms, 5s or 2m',
      'x.yml:17:11: flows[1].name: a is the name of another one; give each its own',
      'x.yml:18:5: flows[1].weight: is empty; a number from 0.001 to 1000 is needed',
      'x.yml:19:12: flows[1].steps: is an empty list; a list of 1 to 100 entries is needed',
    ])
  })

  test('shows the line with carets below what is meant, also below Chinese', () => {
    expect(() => parseScenario(`${head}flows: [{ name: 咨询, steps: [{ sned: 你好 }] }]\n`, 'x.yml')).toThrow(
      [
        'x.yml:3:31: flows[0].steps[0]: sned: unknown step; did you mean send?',
        '  3 | flows: [{ name: 咨询, steps: [{ sned: 你好 }] }]',
        '    |                                 ^^^^',
      ].join('\n'),
    )
  })

  test('of something missing has one caret, at what lacks it', () => {
    expect(() => parseScenario(`${head}rest: [{ name: history, path: /x }]\n`, 'x.yml')).toThrow(
      /^x\.yml:3:8: rest\[0\]\.rate: is missing; .* is needed\n {2}3 \| rest: .*\n {4}\| {8}\^$/,
    )
    expect(() => parseScenario(`${head}seed: -1\n`, 'x.yml')).toThrow(/\n {2}3 \| seed: -1\n {4}\| {7}\^\^$/)
  })

  test('exists in Chinese', () => {
    expect(complaint('version: 1\nrate: 0\n', 'zh')).toEqual([
      'x.yml:1:1: title：缺少；需要 1 到 200 个字符的文本',
      'x.yml:2:7: rate：0 不合适；需要 0.001 到 1000 的数字',
    ])
  })

  test('ends after twenty problems with how many more there are', () => {
    const many = Array.from({ length: 25 }, (_, i) => `k${i}: 1`).join('\n')
    const lines = complaint(`${head}${many}\n`)
    expect([lines.length, lines.at(-1)]).toEqual([21, 'and 5 more problems'])
  })

  test('never lets the file move the cursor of a terminal', () => {
    expect(() => parseScenario(`${head}"\\e[2J\u009b": 1\n`, 'x.yml')).toThrow(
      /^[^\p{Cc}]*\n[^\p{Cc}]*\n[^\p{Cc}]*$/u,
    )
  })

  test.each<{ text: string; says: string }>([
    {
      text: `${head}mode: closed\nrate: 1\n`,
      says: 'x.yml:4:1: rate: means nothing in closed mode, where each visitor starts the next flow when the last has ended; take it out, or write mode: open',
    },
    {
      text: `${head}rate: 500\nconcurrency: 20000\n`,
      says: 'x.yml:3:7: rate: times the largest concurrency makes 10,000,000 flows per second; the bound is 1,000,000: lower one of them',
    },
    {
      text: `${head}rate: 1e9\n`,
      says: 'x.yml:3:7: rate: 1000000000 does not fit; a number from 0.001 to 1000 is needed',
    },
    {
      text: `${head}warmup: 2h\n`,
      says: 'x.yml:3:9: warmup: "2h" does not fit; a time from 0s to 1h is needed, such as 250ms, 5s or 2m',
    },
    {
      text: `${head}duration: 999ms\n`,
      says: 'x.yml:3:11: duration: "999ms" does not fit; a time from 1s to 24h is needed, such as 250ms, 5s or 2m',
    },
    {
      text: `${head}rate: .inf\n`,
      says: 'x.yml:3:7: rate: Infinity does not fit; a number from 0.001 to 1000 is needed',
    },
    {
      text: `${head}rate: .nan\n`,
      says: 'x.yml:3:7: rate: NaN does not fit; a number from 0.001 to 1000 is needed',
    },
    {
      text: `${head}flows: [{ name: a, steps: [{ think: 1s }] }]\n`,
      says: 'x.yml:3:20: flows[0].steps: this flow never sends, so nothing of it can be measured; add a send',
    },
    {
      text: `${head}flows: [{ name: a, steps: [{ sned: x }, { think: 1s }] }]\n`,
      says: 'x.yml:3:30: flows[0].steps[0]: sned: unknown step; did you mean send?',
    },
    {
      text: `${head}flows: [{ name: a, steps: [5] }]\n`,
      says: 'x.yml:3:28: flows[0].steps[0]: a step is needed: send, expect, deliver, think',
    },
    {
      text: `${head}thresholds: { avg_ms: "> 3" }\n`,
      says: 'x.yml:3:23: thresholds.avg_ms: "> 3" does not fit; an upper bound is needed, such as "<= 10 ms"',
    },
    {
      text: `${head}thresholds: { p99: "<= 3" }\n`,
      says: 'x.yml:3:15: thresholds.p99: unknown key; did you mean p99_ms?',
    },
    {
      text: `${head}thresholds: { messages_per_s: >= 40 }\n`,
      says: 'x.yml:3:31: a value that begins with @, %, `, > or | needs quotes, such as ">= 1000"',
    },
    {
      text: `${head}rest: [{ name: a, path: /x, rate: 1, body: "{}" }]\n`,
      says: 'x.yml:3:38: rest[0].body: only a POST has a body; write method: POST, or take it out',
    },
    {
      text: `${head}rest: [{ name: a, path: /x, rate: 4, connections: 20 }]\n`,
      says: 'x.yml:3:51: rest[0].connections: 20 for 4 requests per second; each makes at least one a second: lower it to 4',
    },
    {
      text: `${head}rest: [{ name: a, path: "/{conversation}", rate: 1 }]\n`,
      says: 'x.yml:3:25: rest[0].path: {conversation} is one of the visitor’s; write as: visitor',
    },
    {
      text: `${head}rest: [{ name: a, path: "/{id}", rate: 1 }]\n`,
      says: 'x.yml:3:25: rest[0].path: {id} is no placeholder; the only one is {conversation}',
    },
    {
      text: `${head}trouble: { slow_readers: 1% }\nrest: [{ name: a, path: /, rate: 1 }]\n`,
      says: 'x.yml:3:1: trouble: there are no visitors to trouble: rest stands without flows; add flows, or take it out',
    },
  ])('of contradictions and absurd values: $text', ({ text, says }) => {
    expect(complaint(text)).toEqual([says])
  })
})
