import { expect, test } from 'vitest'
import type { BenchEvent, BenchPlan } from '../../chaos/load/bench.ts'
import type { Progress } from '../../chaos/load/ipc.ts'
import type { Usage } from '../../chaos/load/sampling.ts'
import { LatencyHistogram } from '../../chaos/report/histogram.ts'
import { reportWords } from '../../chaos/report/words.ts'
import { echoTarget } from '../../chaos/targets/bare.ts'
import { displayWidth } from '../../core/display-width.ts'
import { liveLines } from './bench-lines.ts'
import { reduce, startState } from './bench-state.ts'

const plan: BenchPlan = {
  target: { ...echoTarget, name: 'kf', dialect: 'kf' },
  ownServer: true,
  concurrency: [5_000, 10_000],
  mode: 'open',
  rate: 0.5,
  warmupMs: 5_000,
  durationMs: 60_000,
  seed: 7,
  agents: undefined,
  workers: undefined,
  generators: undefined,
  answers: true,
  disk: null,
}

function progress(latencyMs: number, acked: number): Progress {
  const latency = new LatencyHistogram()
  for (let i = 0; i < acked; i++) latency.record(latencyMs)
  const data = { counts: latency.counts, sumMs: latency.sumMs }
  return {
    at: 1_000,
    visitors: 2_500,
    agents: 50,
    sent: acked,
    acked,
    errors: 0,
    reconnects: 0,
    resumes: 0,
    latency: data,
    delivered: data,
    lagP99Ms: 2,
    slipP99Ms: 0.4,
  }
}

const usage: Usage = {
  seconds: 1,
  serverCores: 1.02,
  serverByProcess: [],
  generatorCores: 0.61,
  busiestGeneratorCores: 0.31,
  otherCores: 0,
  stealShare: 0,
  cpuPressure: 0,
  memoryPressure: 0,
  ioPressure: 0,
}

const measuring: readonly BenchEvent[] = [
  { t: 'row', index: 0, agents: 100, sizing: { workers: 2, generators: 2 } },
  { t: 'phase', index: 0, target: 'kf', phase: 'measure', untilMs: 70_000, nowMs: 10_000 },
  { t: 'progress', index: 0, generator: 0, progress: progress(2, 1_200) },
  { t: 'progress', index: 0, generator: 1, progress: progress(4, 1_200) },
  { t: 'usage', index: 0, usage, rss: 141 * 1024 * 1024 },
]

const lines = (language: 'en' | 'zh', events = measuring, width = 110): readonly string[] =>
  liveLines(events.reduce(reduce, startState(plan)), reportWords[language], 38_000, width).map(
    ({ text }) => text,
  )

test('the live view shows loop, rate and seed, the rows, who is connected, and whether to trust it', () => {
  expect(lines('en')).toEqual([
    'kf bench   open, 1 msg/2 s/visitor   seed 7   self: 2 workers, 2 generators                 q: stop and report',
    '    concurrency  avg response  error rate     p99  delivered p99  msgs/s  lost/dup/order',
    '  >       5,000        3.0 ms      0.00 %  4.0 ms         4.0 ms   2,400               -  38/60 s',
    '         10,000             -           -       -              -       -               -  next',
    ' connected  visitors 5,000/5,000   agents 100/100',
    ' p99, 38 s  █',
    ' server  1.02 cores  141 MiB',
    ' generator  0.61 cores  lag p99 2.0 ms  slip p99 0.4 ms   trustworthy',
  ])
})

test('it says how much waits for the store, where the server tells', () => {
  const told = measuring.map((event) =>
    event.t === 'usage' ? { ...event, persistQueue: { depth: 12, limit: 4_096 } } : event,
  )
  expect(lines('en', told)[6]).toBe(' server  1.02 cores  141 MiB   persist queue 12/4,096')
  expect(lines('zh', told)[6]).toBe(' 服务器  1.02 核  141 MiB   持久化队列 12/4,096')
})

test('in Chinese its columns stand under each other too', () => {
  const [, head = '', running = ''] = lines('zh')
  expect(head).toBe('    并发数  平均响应时间  错误率     P99  送达 P99  消息/秒  丢失/重复/乱序')
  expect(displayWidth(running)).toBe(displayWidth(head) + displayWidth('  38/60 s'))
})

test('a stranger on the cores takes the trust away', () => {
  const busy = measuring.map((event) =>
    event.t === 'usage' ? { ...event, usage: { ...usage, otherCores: 0.6 } } : event,
  )
  expect(lines('en', busy).at(-1)).toMatch(/NOT trustworthy$/)
})

test('figures of an echo run before are not mixed into the row', () => {
  const echo = measuring.map((event) => (event.t === 'phase' ? { ...event, target: 'echo' } : event))
  const kf: BenchEvent = { t: 'phase', index: 0, target: 'kf', phase: 'start', untilMs: 0, nowMs: 0 }
  expect(lines('en', [...echo, kf])[2]).toBe(
    '  >       5,000             -           -    -              -       -               -  starting',
  )
})

test('a narrow terminal cuts lines, never wraps them', () => {
  for (const line of lines('zh', measuring, 60).slice(1, 4))
    expect(displayWidth(line)).toBeLessThanOrEqual(60)
})

test('of a scenario the first line has its name, ramp, title and flows, over as many lines as they need', () => {
  const scenario = {
    name: 'support-chat',
    title: 'How fast do visitors get through when they talk as people do?',
    flows: [
      { name: 'question', weight: 5 },
      { name: '中文咨询', weight: 2 },
    ],
  }
  const asked: BenchPlan = {
    ...plan,
    rate: 0.05,
    ramp: { overMs: 20_000, connectPerSecond: 2_000 },
    scenario,
  }
  const shown = (width: number): readonly string[] =>
    liveLines(startState(asked), reportWords.en, 0, width)
      .filter(({ tone }) => tone === 'strong')
      .map(({ text }) => text)
  expect(shown(200)).toEqual([
    'kf bench support-chat   open, 1 flow/20 s/visitor   seed 7   ramp 20s, 2,000 sockets/s   "How fast do visitors get through when they talk as people do?"   flows question 5, 中文咨询 2',
  ])
  expect(shown(110)).toEqual([
    'kf bench support-chat   open, 1 flow/20 s/visitor   seed 7   ramp 20s, 2,000 sockets/s   "How fast do visitors',
    'get through when they talk as people do?"   flows question 5, 中文咨询 2',
  ])
})
