import { chmodSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type K6Options, runK6 } from '../src/chaos/k6/run.ts'
import { type Around, readSummary, rowOfK6 } from '../src/chaos/k6/summary.ts'
import type { BenchContext, BenchEvent, BenchPlan } from '../src/chaos/load/bench.ts'
import { takeSample } from '../src/chaos/load/sampling.ts'
import type { Row } from '../src/chaos/report/row.ts'
import { ownKf } from '../src/chaos/targets/kf.ts'
import { shimProgram } from './support/k6/play.ts'
import { freshFolder, isAlive, removeFolder } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** `runK6` with a program in k6's place: the shim, or a shell script that fails as k6 may. No real k6 is used here. */

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) removeFolder(folder)
})

function program(text: string): string {
  const folder = freshFolder()
  folders.push(folder)
  const path = join(folder, 'k6')
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

const shim = (): string =>
  program(`echo $$ >> "$(dirname "$0")/pids"; exec '${process.execPath}' '${shimProgram}' "$@"`)

const launcher = fileURLToPath(new URL('../bin/kf', import.meta.url))

function planOf(plan: Partial<BenchPlan>): BenchPlan {
  return {
    target: ownKf({ serve: [process.execPath, launcher, 'serve'], dataRoot: realpathSync(tmpdir()) }),
    ownServer: true,
    concurrency: [20],
    mode: 'open',
    rate: 1,
    warmupMs: 300,
    durationMs: 2_500,
    seed: 7,
    agents: 2,
    workers: 1,
    generators: undefined,
    answers: true,
    disk: null,
    ramp: { connectPerSecond: 100, overMs: 200 },
    ...plan,
  }
}

function optionsFor(k6: string): K6Options {
  const host = { env: { ...process.env, KF_K6: k6 }, home: homedir(), platform: 'linux-x64' }
  return { host, name: 'test', thresholds: [], restSteps: 0 }
}

function contextOf(signal: AbortSignal = new AbortController().signal) {
  const events: BenchEvent[] = []
  const context: BenchContext = {
    sample: takeSample,
    hrtime: () => process.hrtime.bigint(),
    wall: Date.now,
    pid: process.pid,
    coreCount: 2,
    signal,
    onEvent: (event) => events.push(event),
  }
  return { context, events }
}

/** What the harness knows of a row beside its summary. */
function aroundOf(row: Row | undefined): Around {
  return {
    concurrency: row?.concurrency ?? 0,
    seconds: 2.5,
    serverCpuCores: row?.server_cpu_cores ?? null,
    serverRssBytes: row?.server_rss_bytes ?? null,
    invalidReason: row?.invalid_reason ?? null,
  }
}

describe('runK6', () => {
  it('measures a fresh kf by the program in k6’s place, and tells what it counts on the way', async () => {
    const { context, events } = contextOf()
    const { rows, engine } = await runK6(planOf({}), optionsFor(shim()), context)
    expect(engine).toBe('k6 1.7.1')
    expect(rows).toHaveLength(1)
    const [measured] = rows
    const row = measured?.outcome.row
    expect(row).toMatchObject({
      concurrency: 20,
      connected: 20,
      error_rate: 0,
      errors: 0,
      lost: 0,
      duplicated: 0,
      out_of_order: 0,
      acked: row?.sent,
    })
    for (const field of [
      'avg_ms',
      'p50_ms',
      'p999_ms',
      'delivered_p99_ms',
      'messages_per_s',
      'server_rss_bytes',
    ] as const)
      expect(row?.[field]).toBeGreaterThan(0)
    expect(measured?.outcome.integrity).toMatchObject({
      undelivered: 0,
      answersUnacked: 0,
      readBackComplete: 20,
    })
    expect(measured?.outcome.connectedAgents).toBe(2)
    const files = new Map(measured?.outcome.files?.map(({ name, text }) => [name, text]))
    expect([...files.keys()]).toEqual(['k6-script.js', 'k6-summary.json'])
    expect(rowOfK6(readSummary(JSON.parse(files.get('k6-summary.json') ?? '')), aroundOf(row))).toEqual(row)
    expect(events.flatMap((event) => (event.t === 'phase' ? [event.phase] : []))).toEqual([
      'start',
      'connect',
      'warm-up',
      'measure',
      'drain',
    ])
    const counted = events.reduce(
      (sum, event) => sum + (event.t === 'progress' ? event.progress.acked : 0),
      0,
    )
    expect(counted).toBeGreaterThan(0)
  })

  it('passes an interruption on: a partial row, and neither k6 nor server is left', async () => {
    const stop = new AbortController()
    const { context, events } = contextOf(stop.signal)
    const k6 = shim()
    const running = runK6(planOf({ durationMs: 60_000 }), optionsFor(k6), context)
    await waitUntil('measuring', () =>
      events.some((event) => event.t === 'phase' && event.phase === 'measure'),
    )
    stop.abort()
    const { rows } = await running
    expect(rows[0]?.outcome.complaint?.kind).toBe('interrupted')
    expect(rows[0]?.outcome.row.connected).toBe(20)
    const pids = readFileSync(join(k6, '..', 'pids'), 'utf8')
      .trim()
      .split('\n')
      .map(Number)
    expect(pids.length).toBeGreaterThan(0)
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('says what k6 said when it fails', async () => {
    const k6 = program(
      '[ "$1" = version ] && echo k6 v1.7.1 && exit 0\necho "GoError: no such thing" >&2; exit 107',
    )
    await expect(runK6(planOf({}), optionsFor(k6), contextOf().context)).rejects.toMatchObject({
      code: 'k6_failed',
      message: 'k6 ended with 107: GoError: no such thing',
    })
  })

  it('says so when k6 leaves no summary', async () => {
    const k6 = program('[ "$1" = version ] && echo k6 v1.7.1 && exit 0\nexit 0')
    await expect(runK6(planOf({}), optionsFor(k6), contextOf().context)).rejects.toMatchObject({
      code: 'k6_failed',
      message: expect.stringContaining('k6 left no summary that can be read') as string,
    })
  })

  it('refuses other targets than kf, slow readers and REST steps before anything runs', async () => {
    const { context } = contextOf()
    const plan = planOf({})
    const options = optionsFor('/nowhere')
    const peer = { ...plan.target, name: 'peer', dialect: 'file:///peer.ts' }
    for (const [asked, extra] of [
      [planOf({ target: peer }), options],
      [planOf({ trouble: { slowReaders: 0.2, reconnectPerMinute: 0 } }), options],
      [plan, { ...options, restSteps: 2 }],
    ] as const) {
      await expect(runK6(asked, extra, context)).rejects.toMatchObject({ code: 'k6_cannot' })
    }
  })

  it('without a k6 says how to get it, and its licence', async () => {
    const host = { env: { PATH: '/nowhere' }, home: '/nowhere', platform: 'linux-x64' }
    await expect(runK6(planOf({}), { ...optionsFor(''), host }, contextOf().context)).rejects.toMatchObject({
      code: 'k6_missing',
      message: expect.stringContaining('AGPL-3.0') as string,
      hint: 'kf tools install k6',
    })
  })
})
