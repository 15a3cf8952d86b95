import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Bench, processesWith, startBench } from './support/bench.ts'
import { startNode } from './support/node.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function bench(...args: readonly string[]): Bench {
  const started = startBench(args)
  cleanups.push(started.discard)
  return started
}

type Result = { readonly rows: readonly Readonly<Record<string, unknown>>[] } & Readonly<
  Record<string, unknown>
>

const rowKeys = [
  'concurrency',
  'connected',
  'avg_ms',
  'error_rate',
  'p50_ms',
  'p95_ms',
  'p99_ms',
  'p999_ms',
  'delivered_p99_ms',
  'messages_per_s',
  'server_cpu_cores',
  'server_rss_bytes',
  'server_rss_growth',
  'sent',
  'acked',
  'errors',
  'lost',
  'duplicated',
  'out_of_order',
  'valid',
  'invalid_reason',
]

// A busy machine makes rows invalid, not wrong: nothing here depends on that.
test('visitors and agents talk through its own kf; --json is exactly the documented object, and nothing is lost', async () => {
  const { result, folder } = bench(
    '--concurrency',
    '20',
    '--duration',
    '2',
    '--warmup',
    '1',
    '--seed',
    '3',
    '--json',
  )
  const { code, out } = await result
  expect([0, 5, 6]).toContain(code)
  const printed = JSON.parse(out) as Result
  expect(Object.keys(printed)).toEqual([
    'command',
    'seed',
    'mode',
    'rate',
    'machine',
    'versions',
    'started_at',
    'duration_s',
    'rows',
  ])
  expect(printed).toMatchObject({ seed: 3, mode: 'open', rate: 0.5 })
  expect(printed.rows.map((row) => Object.keys(row))).toEqual([rowKeys])
  for (const row of printed.rows) {
    expect(row).toMatchObject({
      concurrency: 20,
      connected: 20,
      errors: 0,
      lost: 0,
      duplicated: 0,
      out_of_order: 0,
    })
    expect(row['acked']).toBe(row['sent'])
    expect(row['delivered_p99_ms']).toBeGreaterThan(0)
  }
  const [report = ''] = readdirSync(join(folder, 'reports'))
  const files = readdirSync(join(folder, 'reports', report)).toSorted()
  expect(files).toEqual(['details.json', 'raw', 'report.html', 'result.json', 'table.md', 'table.txt'])
  expect(JSON.parse(readFileSync(join(folder, 'reports', report, 'result.json'), 'utf8'))).toEqual(printed)
  expect(readdirSync(join(folder, 'reports', report, 'raw'))).toContain('20-target-delivered.hdr')
  expect(readdirSync(folder)).toEqual(['reports'])
})

test('works in the sealed site of a kf that runs already', async () => {
  const node = await startNode()
  cleanups.push(() => node.stop())
  const { result } = bench(
    '--target',
    node.url,
    '--data',
    node.data,
    '--concurrency',
    '10',
    '--duration',
    '2',
    '--warmup',
    '1',
    '--json',
  )
  const printed = JSON.parse((await result).out) as Result
  expect(printed.rows[0]).toMatchObject({
    connected: 10,
    errors: 0,
    lost: 0,
    duplicated: 0,
    out_of_order: 0,
    server_cpu_cores: null,
  })
  expect(printed.rows[0]?.['delivered_p99_ms']).toBeGreaterThan(0)
})

test('interrupted, it leaves a partial report and no process, and exits 130', async () => {
  const { child, saying, result, folder } = bench(
    '--concurrency',
    '20,30',
    '--duration',
    '600',
    '--warmup',
    '0',
  )
  await saying('kf: measuring')
  child.kill('SIGINT')
  const { code, out } = await result
  expect(code).toBe(130)
  expect(out).toMatch(/^INTERRUPTED {2}0 of 1 rows valid; 20 cannot be judged/)
  expect(readdirSync(folder)).toEqual(['reports'])
  expect(processesWith(folder)).toEqual([])
})

test('a target that is not there is one line with the fix', async () => {
  const { said, result } = bench('--target', 'http://127.0.0.1:1/', '--site', 'k', '--concurrency', '3')
  expect((await result).code).toBe(1)
  expect(said().trim().split('\n').at(-1)).toBe(
    'kf: none of 3 visitors could connect to kf at 127.0.0.1:1/ws: closed 1006: connect ECONNREFUSED 127.0.0.1:1; ' +
      'is it running, does it speak kf.v1, and may this host open sockets there?',
  )
})
