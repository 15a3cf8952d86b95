import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Bench, startBench } from './support/bench.ts'

const running: Bench[] = []
afterEach(() => {
  for (const bench of running.splice(0)) bench.discard()
})

type Details = {
  readonly rows: readonly {
    readonly thresholds: readonly { readonly name: string; readonly bound: number; readonly holds: boolean }[]
  }[]
}

// A busy machine makes a row invalid, not wrong: both exit codes are right, each for its row.
test('flows, requests and thresholds of a scenario: shown on line one, carried out, judged', async () => {
  const first = startBench(['--list'])
  running.push(first)
  expect((await first.result).code).toBe(0)
  const file = join(first.folder, 'mine.yml')
  writeFileSync(
    file,
    `version: 1
title: Is it all carried out?
concurrency: 10
rate: 1
ramp: { over: 250ms }
warmup: 250ms
duration: 2s
flows:
  - name: ask
    steps:
      - send: 你好
      - expect: answer
      - deliver: 5s
rest: [{ name: history, path: "/api/v1/conversations/{conversation}/messages", as: visitor, rate: 4 }]
thresholds: { p50_ms: <= 5000, messages_per_s: ">= 1000000" }
`,
  )
  const bench = startBench([file, '--seed', '3', '--json'])
  running.push(bench)
  const { code, out } = await bench.result
  expect(bench.said().split('\n')[0]).toBe(
    'kf bench mine   open, 1 flow/1 s/visitor   seed 3   ramp 250ms, 4,000 sockets/s   "Is it all carried out?"   flows ask 1',
  )
  const result = JSON.parse(out) as {
    readonly rows: readonly { readonly valid: boolean; readonly lost: number; readonly acked: number }[]
  }
  expect(result).toMatchObject({
    seed: 3,
    rate: 1,
    scenario: { name: 'mine', title: 'Is it all carried out?', flows: [{ name: 'ask', weight: 1 }] },
    rows: [{ concurrency: 10, connected: 10, lost: 0, duplicated: 0, out_of_order: 0 }],
    rest: [{ concurrency: 10, name: 'history', sent: 8, errors: 0 }],
  })
  const [row] = result.rows
  expect(row?.acked).toBeGreaterThan(0)
  expect(code).toBe(row?.valid === true ? 5 : 6)
  const reports = join(bench.folder, 'reports')
  const [report = ''] = readdirSync(reports)
  expect(report).toMatch(/-bench-mine-open$/)
  const details = JSON.parse(readFileSync(join(reports, report, 'details.json'), 'utf8')) as Details
  const bounds = details.rows[0]?.thresholds.map(({ name, bound, holds }) => [name, bound, holds]) ?? []
  expect(bounds.slice(0, 2)).toEqual([
    ['p50', 5_000, true],
    ['throughput', 1_000_000, false],
  ])
})
