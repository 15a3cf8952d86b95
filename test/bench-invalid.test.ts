import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type BenchContext, type BenchPlan, type MeasuredRow, runBench } from '../src/chaos/load/bench.ts'
import { processTree } from '../src/chaos/load/machine.ts'
import { type Sample, takeSample } from '../src/chaos/load/sampling.ts'
import { thisProcess } from '../src/chaos/load/this-process.ts'
import { complaintText } from '../src/chaos/report/complaints.ts'
import { type ComplaintKind, judge } from '../src/chaos/report/judge.ts'
import { echoTarget } from '../src/chaos/targets/bare.ts'
import type { Target } from '../src/chaos/targets/target.ts'

/**
 * Small real runs, each with one reading of the machine as a worse machine would give it: the row must say so. What can be had
 * for real on any machine is in bench-trust.test.ts.
 */
const coreCount = 2

const plan: BenchPlan = {
  target: echoTarget,
  ownServer: true,
  concurrency: [5],
  mode: 'open',
  rate: 20,
  warmupMs: 0,
  durationMs: 500,
  seed: 7,
  agents: undefined,
  workers: undefined,
  generators: 1,
  answers: false,
  disk: null,
  ramp: { connectPerSecond: 1_000, overMs: 0 },
}

/** Cores in use, and shares of the time. */
type Readings = Partial<
  Readonly<Record<'server' | 'generators' | 'others' | 'steal' | 'memoryPressure', number>>
>

// Counters that grew by exactly these readings, for the processes that really run.
function reading({
  server = 0.95,
  generators = 0.5,
  others = 0,
  steal = 0,
  memoryPressure = 0,
}: Readings): BenchContext['sample'] {
  return (...args) => {
    const real = takeSample(...args)
    const seconds = real.at / 1000
    const spend = (pids: ReadonlyMap<number, number>, cores: number): ReadonlyMap<number, number> =>
      new Map([...pids.keys()].map((pid, n) => [pid, n === 0 ? cores * seconds : 0]))
    return {
      ...real,
      coordinator: 0,
      server: spend(real.server, server),
      generators: spend(real.generators, generators),
      machine: {
        ...real.machine,
        busy: (server + generators + others) * seconds,
        steal: steal * coreCount * seconds,
        memoryPressureUs: memoryPressure * seconds * 1e6,
      },
    } satisfies Sample
  }
}

function runAll(
  changes: Partial<BenchPlan>,
  context: Partial<BenchContext>,
): Promise<readonly MeasuredRow[]> {
  return runBench(
    { ...plan, ...changes },
    {
      ...thisProcess,
      sample: takeSample,
      wall: Date.now,
      coreCount,
      signal: new AbortController().signal,
      onEvent: () => {},
      ...context,
    },
  )
}

async function run(changes: Partial<BenchPlan>, context: Partial<BenchContext>): Promise<MeasuredRow> {
  const [row] = await runAll(changes, context)
  if (row === undefined) throw new Error('a run has a row')
  return row
}

test.each<{
  readonly name: string
  readonly readings: Readings
  readonly complaint: { readonly kind: ComplaintKind; readonly value: string; readonly bound: string }
}>([
  {
    name: 'processes of others',
    readings: { others: 0.5 },
    complaint: { kind: 'other_processes', value: '0.50', bound: '0.15' },
  },
  {
    name: 'the hypervisor',
    readings: { steal: 0.05 },
    complaint: { kind: 'steal', value: '5.0 %', bound: '2.0 %' },
  },
  {
    name: 'memory that all wait for',
    readings: { memoryPressure: 0.1 },
    complaint: { kind: 'memory_pressure', value: '10.0 %', bound: '2.0 %' },
  },
])('$name: the row is INVALID, and says how much it was', async ({ readings, complaint }) => {
  const { outcome } = await run({}, { sample: reading(readings) })
  expect(outcome.complaint).toEqual(complaint)
  expect(outcome.row).toMatchObject({ valid: false, invalid_reason: complaintText(complaint, 'en') })
  // It was measured all the same: what it says is kept, and is no result.
  expect(outcome.row.acked).toBeGreaterThan(0)
})

// On a busy machine its own lateness weighs more than how full it is: that is left out.
test('a generator whose core is full: an open row is INVALID', async () => {
  const { outcome } = await run({}, { sample: reading({ generators: 0.97 }) })
  expect(outcome.row.valid).toBe(false)
  if (outcome.trust === null) throw new Error('a row has readings')
  expect(judge({ ...outcome.trust, receiveLagP99Ms: 0, loopLagP99Ms: 0, slipP99Ms: 0 })).toEqual({
    kind: 'generator_full',
    value: '0.97',
    bound: '0.90',
  })
})

test.each<{
  readonly name: string
  readonly readings: Readings
  readonly complaint: { readonly kind: ComplaintKind; readonly value: string; readonly bound: string }
}>([
  {
    name: 'a server at rest',
    readings: { server: 0.4 },
    complaint: { kind: 'server_idle', value: '40.0 %', bound: '90.0 %' },
  },
  {
    name: 'generators at their limit',
    readings: { generators: 0.95 },
    complaint: { kind: 'generator_limited', value: '95.0 %', bound: '90.0 %' },
  },
])('$name: a closed loop measures no capacity', async ({ readings, complaint }) => {
  const { outcome } = await run({ mode: 'closed' }, { sample: reading(readings) })
  expect(outcome.complaint).toEqual(complaint)
  expect(outcome.row).toMatchObject({ valid: false, invalid_reason: complaintText(complaint, 'en') })
})

test('a closed loop with its cores busy on the right side is valid', async () => {
  const { outcome } = await run({ mode: 'closed' }, { sample: reading({}) })
  expect([outcome.complaint, outcome.row.valid]).toEqual([null, true])
})

test.each<{
  readonly name: string
  readonly changes: Partial<BenchPlan>
  readonly context: Partial<BenchContext>
}>([
  { name: 'a machine of one core', changes: {}, context: { coreCount: 1 } },
  { name: 'a server whose processes nobody knows', changes: { target: unknownProcesses() }, context: {} },
])('$name: a closed loop is not pinned apart, and INVALID', async ({ changes, context }) => {
  const { outcome } = await run({ mode: 'closed', ...changes }, { sample: reading({}), ...context })
  expect(outcome.complaint).toEqual({ kind: 'not_pinned', value: '', bound: '' })
})

test('a generator that dies while it measures ends the row early, which says so', async () => {
  const onEvent: BenchContext['onEvent'] = (event) => {
    if (event.t !== 'phase' || event.phase !== 'measure') return
    const generator = processTree([thisProcess.pid]).find(isGenerator)
    if (generator !== undefined) process.kill(generator, 'SIGKILL')
  }
  const { outcome } = await run({ durationMs: 600_000 }, { sample: reading({}), onEvent })
  expect(outcome.complaint).toEqual({
    kind: 'generator_lost',
    value: '0: the process ended (SIGKILL)',
    bound: '',
  })
})

test('a later row whose target does not start keeps its place and says why', async () => {
  let starts = 0
  const once: Target = {
    ...echoTarget,
    start: (demand) => (++starts > 1 ? Promise.reject(new Error('no room here')) : echoTarget.start(demand)),
  }
  const rows = await runAll({ target: once, concurrency: [5, 6] }, { sample: reading({}) })
  expect(rows.map(({ concurrency }) => concurrency)).toEqual([5, 6])
  expect(rows[1]?.outcome).toMatchObject({
    complaint: { kind: 'failed', value: 'no room here', bound: '' },
    row: { valid: false, invalid_reason: 'no room here' },
  })
})

// NOTE: a test's runner passes options with values on to its children, so the script is not the first word without a dash.
function isGenerator(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/load/generator.')
}

function unknownProcesses(): Target {
  return { ...echoTarget, start: async (demand) => ({ ...(await echoTarget.start(demand)), pids: [] }) }
}
