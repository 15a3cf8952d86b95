import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { afterEach, expect, test } from 'vitest'
import { type Complaint, judge, type Trust } from '../src/chaos/report/judge.ts'
import { type BenchRun, reported, runBench } from './support/bench-run.ts'
import type { Noted } from './support/delay-server.ts'
import { meanOf, quantileOf } from './support/delays.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const short = [
  '--concurrency',
  '20',
  '--rate',
  '5',
  '--duration',
  '4',
  '--warmup',
  '0',
  '--seed',
  '3',
  '--json',
]

function started(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  root?: string,
): BenchRun {
  const run = runBench(args, env, root)
  cleanups.push(run.remove)
  return run
}

/** Ends with 6 and one row that is not valid; the readings of its instrument. */
async function invalid(run: BenchRun): Promise<{ readonly trust: Trust; readonly complaint: Complaint }> {
  const { code } = await run.ended
  expect({ code, said: code === 6 ? '' : run.said() }).toEqual({ code: 6, said: '' })
  const { row, complaint, trust } = reported(run).side
  expect(row.valid).toBe(false)
  if (complaint === null || trust === null)
    throw new Error('a row that is not valid has a complaint and readings')
  expect(row.invalid_reason).not.toBeNull()
  return { trust, complaint }
}

// This machine may be busy with other things, which weighs more: what these readings alone would have been called.
function readingsOf(trust: Trust): Trust {
  return { ...trust, otherCores: 0, stealShare: 0, memoryPressure: 0 }
}

test('a memory file system below the store is called so', async () => {
  const run = started([...short, '--concurrency', '5', '--duration', '1'], {}, '/dev/shm')
  expect((await invalid(run)).complaint).toEqual({ kind: 'memory_store', value: 'tmpfs', bound: '' })
})

test('a stranger that eats a core is called so', async () => {
  const stranger = spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' })
  cleanups.push(() => stranger.kill('SIGKILL'))
  const { complaint } = await invalid(started(['--target', 'echo', ...short]))
  expect(complaint).toMatchObject({ kind: 'other_processes', bound: '0.15' })
})

test('a receiver that is stopped again and again is called starved', async () => {
  const run = started(['--target', 'echo', ...short])
  await run.hears('measuring')
  const [generator] = run.generators()
  if (generator === undefined) throw new Error('no generator is running')
  cleanups.push(() => awake(generator))
  let over = false
  void run.ended.then(() => {
    over = true
  })
  while (!over && !run.said().includes('reading back')) {
    if (!signalled(generator, 'SIGSTOP')) break
    await pause(120)
    awake(generator)
    await pause(60)
  }
  const { trust } = await invalid(run)
  expect(judge(readingsOf(trust))).toMatchObject({ kind: 'receive_lag', bound: '10 ms' })
})

function awake(pid: number): void {
  signalled(pid, 'SIGCONT')
}

// False: it is gone.
function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

test('a generator that is full of its own work is called starved, and its core is the one that is busy', async () => {
  const adapter = fileURLToPath(new URL('./support/greedy-adapter.ts', import.meta.url))
  const { trust } = await invalid(started(['--target', adapter, ...short]))
  expect(judge(readingsOf(trust))).toMatchObject({ kind: 'receive_lag', bound: '10 ms' })
  expect(trust.busiestGeneratorCores).toBeGreaterThan(trust.serverCores ?? Number.NaN)
})

test('a generator whose turns come late is called late, though it reads in time', async () => {
  const hook = pathToFileURL(fileURLToPath(new URL('./support/late-timers.ts', import.meta.url))).href
  const run = started(['--target', 'echo', ...short], { NODE_OPTIONS: `--import ${hook}` })
  const { trust } = await invalid(run)
  expect(trust.loopLagP99Ms).toBeGreaterThan(30)
  expect(judge({ ...readingsOf(trust), receiveLagP99Ms: 0 })).toMatchObject({
    kind: 'loop_lag',
    bound: '10 ms',
  })
  expect(judge({ ...readingsOf(trust), receiveLagP99Ms: 0, loopLagP99Ms: 0 })).toMatchObject({ kind: 'slip' })
})

test('kf bench measures what a target that stood still for a second really did, within 2 % beyond its own stated lateness', async () => {
  const adapter = fileURLToPath(new URL('./support/delay-adapter.ts', import.meta.url))
  const run = started(['--target', adapter, ...short], {
    KF_TEST_DELAY: 'stall',
    KF_TEST_DELAY_FILE: 'noted.json',
  })
  const { code } = await run.ended
  expect({ code: code === 0 || code === 5 || code === 6, said: '' }).toEqual({
    code: true,
    said: code === 1 ? run.said() : '',
  })
  const { side, raw } = reported(run)
  const took = responseTimes(join(run.folder, 'noted.json'), side.row.sent)
  expect(took.length).toBe(side.row.sent)
  // It stood still for a quarter of the time, and the schedule went on.
  expect(quantileOf(took, 0.95)).toBeGreaterThan(500)
  const lag = decodeFromCompressedBase64(readFileSync(join(raw, '20-target-receiveLag.hdr'), 'utf8').trim())
  const near = (measured: number | null, truth: number, latenessUs: number): void => {
    const off = Math.abs((measured ?? Number.NaN) - truth)
    expect(off).toBeLessThanOrEqual(truth * 0.02 + 0.2 + (2 * latenessUs) / 1000)
  }
  near(side.row.avg_ms, meanOf(took), lag.mean)
  near(side.row.p95_ms, quantileOf(took, 0.95), lag.getValueAtPercentile(99))
  near(side.row.p99_ms, quantileOf(took, 0.99), lag.getValueAtPercentile(99))
})

// From the intended instant to the answer, by the target's own notes. Its clock and the schedule's are set equal where they were
// nearest to each other: at the message that came through soonest.
function responseTimes(file: string, counted: number): readonly number[] {
  // Written by delay-server.ts a moment ago.
  const noted = JSON.parse(readFileSync(file, 'utf8')) as readonly Noted[]
  const offset = Math.min(...noted.map(({ intended, received }) => received - intended))
  return noted
    .toSorted((a, b) => a.intended - b.intended)
    .slice(-counted)
    .map(({ intended, answered }) => answered - intended - offset)
}
