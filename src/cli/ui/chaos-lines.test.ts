import { expect, test } from 'vitest'
import type { FaultRecord } from '../../chaos/experiment/result.ts'
import { resultInTest } from '../../chaos/report/experiment/result-in-test.ts'
import { experimentWords } from '../../chaos/report/experiment/words.ts'
import { displayWidth } from '../../core/display-width.ts'
import { liveLines } from './chaos-lines.ts'
import { plainView } from './chaos-plain.ts'
import { type ChaosEvent, reduce, startState } from './chaos-state.ts'

const { experiment, timeline, faults } = resultInTest()
const [agentsCut, visitorsCut] = faults

function open(record: FaultRecord | undefined): FaultRecord {
  if (record === undefined) throw new Error('the fixture lost a fault')
  return { ...record, healedMs: undefined }
}

const second = {
  t: 47_000,
  acks: 120,
  errors: 4,
  p50Ms: 1.2,
  p99Ms: 9_800,
  visitors: 0,
  agents: 40,
  unknown: 312,
  queued: 61,
  rssBytes: undefined,
}
const cutNow: readonly ChaosEvent[] = [
  { t: 'step', what: 'baseline' },
  ...(agentsCut === undefined
    ? []
    : ([{ t: 'fault', record: agentsCut, event: 'healed' }] satisfies ChaosEvent[])),
  ...[1_000, 1_010, 990, 1_000, 500].map(
    (acks, i): ChaosEvent => ({
      t: 'second',
      second: { ...second, t: 42_000 + i * 1_000, acks },
      told: { active: [], violations: 0, undoSynced: true },
    }),
  ),
  { t: 'fault', record: open(visitorsCut), event: 'verified' },
  { t: 'second', second, told: { active: [open(visitorsCut)], violations: 0, undoSynced: true } },
]

const lines = (
  language: 'en' | 'zh',
  events: readonly ChaosEvent[] = cutNow,
  width = 110,
): readonly string[] =>
  liveLines(
    events.reduce(reduce, startState(experiment, timeline, 'partition.yml')),
    experimentWords[language],
    0,
    width,
  ).map(({ text }) => text)

test('the live view shows the timeline with this moment, the load, what holds, and what was seen', () => {
  expect(lines('en')).toEqual([
    'kf chaos run partition.yml   "Do cut-off agents lose or double messages?"   seed 11               Ctrl-C heals',
    ' 0s       20s                  34s  41s                  52s                61s      75s        ttl 120s',
    ' baseline [partition agents ✓] calm [partition visitors] [worker_kill node] recovery',
    '                                          ^ 47 s',
    ' acks/s  ████▄▁   visitors 0/2,000   agents 40/40   unknown 312   queue 61',
    ' active  partition visitors->node, 6 s, verified, heals at 61 s   guard armed, undo log synced',
    ' checks  no violation seen; verdict needs the read-back',
  ])
})

test('in Chinese it says the same', () => {
  const shown = lines('zh')
  expect(shown[2]).toBe(' 基线 [partition agents ✓] 平静 [partition visitors] [worker_kill node] 恢复')
  expect(shown[5]).toBe(
    ' 故障     partition visitors->node，6 s，已证实，61 s 恢复   守护已就绪，撤销日志已落盘',
  )
})

test('sixty columns are enough: no line is wider, and this moment stays in sight', () => {
  for (const language of ['en', 'zh'] as const) {
    const shown = lines(language, cutNow, 60)
    for (const line of shown) expect(displayWidth(line), line).toBeLessThanOrEqual(60)
    expect(shown.join('\n')).toContain('[partition visitors]')
    expect(shown.join('\n')).toMatch(/\^ 47 s/)
  }
})

test('before the baseline it says what is being done instead of a moment', () => {
  expect(lines('en', [{ t: 'step', what: 'connect' }])).toEqual(
    [
      'kf chaos run partition.yml   "Do cut-off agents lose or double messages?"   seed 11               Ctrl-C heals',
      ' 0s       20s                41s                  52s                61s      75s        ttl 120s',
      ' baseline [partition agents] calm [partition visitors] [worker_kill node] recovery',
      ' connecting',
    ].map((line, i) =>
      i === 1 ? line.replace('20s                41s', '20s                34s  41s') : line,
    ),
  )
})

test('a fault that was not seen to fire says so, and a violation stands out', () => {
  const unseen = { ...open(visitorsCut), verifiedMs: undefined }
  const shown = lines('en', [
    { t: 'fault', record: unseen, event: 'inject' },
    { t: 'second', second, told: { active: [unseen], violations: 2, undoSynced: false } },
  ])
  expect(shown).toContain(
    ' active  partition visitors->node, 6 s, not seen to fire yet, heals at 61 s   undo log not synced',
  )
  expect(shown).toContain(' checks  2 violations seen')
})

test('without a terminal a line stands for each step and turn of a fault, and one every five seconds', () => {
  let text = ''
  let now = 0
  const view = plainView(
    experiment,
    timeline,
    'partition.yml',
    experimentWords.en,
    (more) => (text += more),
    () => now,
  )
  view.step('baseline')
  view.fault(open(visitorsCut), 'inject')
  view.fault(open(visitorsCut), 'verified')
  const told = { active: [open(visitorsCut)], violations: 0, undoSynced: true }
  now = 4_999
  view.second({ ...second, t: 46_000 }, told)
  now = 5_000
  view.second(second, told)
  view.stopping(false)
  view.stopping(true)
  expect(text).toBe(`kf chaos run partition.yml   "Do cut-off agents lose or double messages?"   seed 11
baseline
[41 s] partition visitors->node: injected
[41 s] partition visitors->node: verified: 2,000 sockets: nothing passed for 400 ms
[47 s] 120 acks/s   p99 9.8 s   visitors 0/2,000   agents 40/40   unknown 312   queue 61   partition visitors->node, 6 s, verified, heals at 61 s
kf: healing; a report follows
kf: still healing: wait for it. The guard heals too, even if this process dies
`)
})

test('a timeline of many faults shows the part around this moment', () => {
  const steps = Array.from({ length: 60 }, (_, i) => ({
    n: i + 1,
    at: 20_000 + i * 10_000,
    until: 25_000 + i * 10_000,
    fault: 'latency',
    on: 'agents->node',
    params: {},
    momentary: false,
  }))
  const long = { ...timeline, steps, faultsEndMs: 615_000, endsMs: 630_000 }
  const state = startState(experiment, long, 'soak.yml')
  const at = { ...second, t: 322_000 }
  const told = { active: [], violations: 0, undoSynced: true }
  const shown = liveLines(reduce(state, { t: 'second', second: at, told }), experimentWords.en, 0, 80)
  const [, times = '', names = '', pointer = ''] = shown.map(({ text }) => text)
  for (const line of [times, names, pointer]) expect(displayWidth(line)).toBeLessThanOrEqual(80)
  expect(times).toContain('320s')
  expect(names).toMatch(/^ … .*\[latency agents\].*…$/)
  expect(pointer).toMatch(/\^ 322 s/)
})
