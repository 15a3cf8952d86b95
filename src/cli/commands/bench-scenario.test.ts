import { expect, test } from 'vitest'
import type { Scenario } from '../../chaos/scenario/scenario.ts'
import { shippedScenarios } from '../../chaos/scenario/shipped.ts'
import { KfError } from '../../core/errors.ts'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'
import type { BenchFlags } from './bench-flags.ts'
import { readPlan } from './bench-plan.ts'
import { listScenarios, readEngine, withFlags } from './bench-scenario.ts'

const flags: BenchFlags = { agentReplies: true, out: 'reports', target: 'echo' }
const { state } = testCli([])

async function shipped(name: string): Promise<Scenario> {
  const found = (await shippedScenarios()).find((scenario) => scenario.name === name)
  if (found === undefined) throw new Error(`no scenario ${name}`)
  return found
}

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof KfError) return `${error.code}: ${error.message}; ${error.hint ?? ''}`
    throw error
  }
  return 'accepted'
}

test('without options the plan is what the scenario says', async () => {
  const soak = await shipped('soak')
  const { target, ...plan } = readPlan(flags, state, undefined, withFlags(soak, flags))
  expect(target.name).toBe('echo')
  expect(plan).toEqual({
    ownServer: true,
    disk: null,
    mode: 'open',
    concurrency: [10_000],
    rate: 0.1,
    ramp: { connectPerSecond: 2_000, overMs: 20_000 },
    warmupMs: 30_000,
    durationMs: 600_000,
    seed: 7,
    answers: true,
    visitorsPerAgent: 50,
    flows: soak.flows,
    trouble: { reconnectPerMinute: 0.05, slowReaders: 0.2 },
    rest: [],
    scenario: { name: 'soak', title: soak.title, flows: [{ name: 'message', weight: 1 }] },
    agents: undefined,
    workers: undefined,
    generators: undefined,
  })
})

test('options win over the scenario; what they do not name stays', async () => {
  const soak = await shipped('soak')
  const asked = withFlags(soak, {
    ...flags,
    concurrency: '100,200',
    rate: '2',
    ramp: '3s,50/s',
    warmup: '1',
    duration: '4',
    seed: '11',
    agentReplies: false,
  })
  expect(asked).toEqual({
    ...soak,
    concurrency: [100, 200],
    rate: 2,
    ramp: { overMs: 3_000, connectPerSecond: 50 },
    warmupMs: 1_000,
    durationMs: 4_000,
    seed: 11,
    agents: { perVisitors: 50, answer: false },
  })
})

test('more visitors than the scenario has get a ramp that their conversations can open in', async () => {
  const readers = await shipped('slow-readers')
  expect(readers.ramp.overMs).toBe(2_500)
  expect(withFlags(readers, { ...flags, concurrency: '20000' }).ramp.overMs).toBe(10_000)
  expect(withFlags(readers, { ...flags, concurrency: '20000', ramp: '1s' }).ramp.overMs).toBe(1_000)
})

test('a flow that expects answers is refused where nobody answers', async () => {
  const chat = await shipped('support-chat')
  expect(refusal(() => withFlags(chat, { ...flags, agentReplies: false }))).toBe(
    'usage: --no-agent-replies: the flow question of support-chat expects answers; leave --no-agent-replies out',
  )
  expect(refusal(() => withFlags(chat, { ...flags, mode: 'closed' }))).toBe(
    'usage: --mode closed: the flow question of support-chat expects answers; leave --mode closed out',
  )
})

test('an echo is refused for flows that wait for agents', async () => {
  const chat = await shipped('support-chat')
  expect(refusal(() => readPlan(flags, state, undefined, chat))).toBe(
    'usage: --target echo has no agents, and the flow question waits for them; use --target relay or kf, or a scenario of sends and acks alone',
  )
})

test.each([
  [
    '5',
    'usage: --ramp 5: a time up to 1h is needed, with 1 to 20000 connections per second where they matter; for example --ramp 30s, or --ramp 30s,500/s',
  ],
  [
    '2h',
    'usage: --ramp 2h: a time up to 1h is needed, with 1 to 20000 connections per second where they matter; for example --ramp 30s, or --ramp 30s,500/s',
  ],
  [
    '1s,0/s',
    'usage: --ramp 1s,0/s: a time up to 1h is needed, with 1 to 20000 connections per second where they matter; for example --ramp 30s, or --ramp 30s,500/s',
  ],
  ['30s', 'accepted'],
  ['250ms,20000/s', 'accepted'],
])('--ramp %s', (ramp, says) => {
  expect(refusal(() => readPlan({ ...flags, ramp }, state))).toBe(says)
})

test('without a scenario --ramp keeps the usual rate of connections', () => {
  expect(readPlan({ ...flags, ramp: '30s' }, state).ramp).toEqual({ overMs: 30_000, connectPerSecond: 4_000 })
  expect(readPlan(flags, state).ramp).toBeUndefined()
})

test('requests alone are made by autocannon, flows by kf unless another engine is asked for', async () => {
  const [chat, reads] = [await shipped('support-chat'), await shipped('rest-reads')]
  expect(readEngine(flags, undefined)).toBe('kf')
  expect(readEngine(flags, chat)).toBe('kf')
  expect(readEngine({ ...flags, engine: 'k6' }, chat)).toBe('k6')
  expect(readEngine(flags, reads)).toBe('autocannon')
  expect(refusal(() => readEngine({ ...flags, engine: 'autocannon' }, chat))).toBe(
    'usage: --engine autocannon runs the rest part of a scenario, and there is none; name a scenario with rest, such as kf bench rest-reads',
  )
  expect(refusal(() => readEngine({ ...flags, engine: 'k6' }, reads))).toBe(
    'usage: --engine k6: rest-reads has requests only, and no flows; leave --engine out',
  )
  expect(refusal(() => readEngine({ ...flags, rate: '5' }, reads))).toBe(
    "usage: --rate is for sockets, and only requests are made here; leave --rate out; rate and connections stand in the scenario's rest",
  )
  expect(refusal(() => readEngine({ ...flags, engine: 'autocanon' }, undefined))).toBe(
    'usage: --engine autocanon: kf, k6 or autocannon is needed; did you mean autocannon?',
  )
})

test('the list names every shipped scenario with its question, as JSON too', async () => {
  const all = await shippedScenarios()
  const lines = (await listScenarios(false)).trimEnd().split('\n')
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual(all.map(({ name, title }) => [name, title]))
  expect(JSON.parse(await listScenarios(true))).toEqual(all.map(({ name, title }) => ({ name, title })))
})

test.each([
  [['suport-chat'], 'kf: suport-chat: there is no such scenario; did you mean support-chat?\n'],
  [
    ['zzzzzzz'],
    'kf: zzzzzzz: there is no such scenario; the shipped ones are ramp, rest-reads, slow-readers, soak, support-chat; a file of yours ends in .yml\n',
  ],
  [
    ['nowhere/x.yml'],
    'kf: nowhere/x.yml: there is no such file; kf bench --list shows the shipped scenarios\n',
  ],
  [['/'], 'kf: /: is not a file; name a scenario, a YAML file\n'],
  [['soak', '--rate', '0'], 'kf: --rate 0: a number from 0.001 to 1000 is needed; kf bench --help\n'],
  [['soak', '--lang', 'zh', 'x'], 'kf: 参数太多；参见 kf bench --help\n'],
  [['suport-chat', '--lang', 'zh'], 'kf: suport-chat：没有这个场景；是否想写 support-chat？\n'],
])('kf bench %j is refused in one line', async (argv, line) => {
  const cli = testCli(['bench', ...argv])
  expect(await runCli(cli.state)).toBe(1)
  expect([cli.out(), cli.err()]).toEqual(['', line])
})
