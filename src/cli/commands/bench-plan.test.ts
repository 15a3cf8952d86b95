import { expect, test } from 'vitest'
import { KfError } from '../../core/errors.ts'
import type { CliState } from '../state.ts'
import type { BenchFlags } from './bench-flags.ts'
import { readPlan, repeatCommand } from './bench-plan.ts'

const silent = { write: () => {}, isTerminal: false, columns: 80 }
const state: CliState = {
  argv: [],
  env: {},
  cwd: '.',
  out: silent,
  err: silent,
  sinceStartMs: () => 0,
  onSignal: () => () => {},
  onInputEnd: () => () => {},
  node: { version: '26.10.0', path: 'node' },
  cores: 2,
}
const flags: BenchFlags = {
  concurrency: '5000,10000',
  mode: 'open',
  agentReplies: true,
  out: 'reports',
  target: 'echo',
}

function refusal(changes: Partial<BenchFlags>): string {
  try {
    readPlan({ ...flags, ...changes }, state)
  } catch (error) {
    if (error instanceof KfError) return `${error.code}: ${error.message}; ${error.hint ?? ''}`
    throw error
  }
  return 'accepted'
}

test('without options: one message per two seconds, a minute a row, answers, seed 7', () => {
  const { target, ...plan } = readPlan(flags, state)
  expect(target.name).toBe('echo')
  expect(plan).toEqual({
    ownServer: true,
    disk: null,
    mode: 'open',
    concurrency: [5_000, 10_000],
    rate: 0.5,
    durationMs: 60_000,
    warmupMs: 5_000,
    seed: 7,
    agents: undefined,
    workers: undefined,
    generators: undefined,
    answers: true,
  })
})

test('a closed loop is measured for a quarter of a minute', () => {
  expect(readPlan({ ...flags, mode: 'closed' }, state).durationMs).toBe(15_000)
})

test.each<{ changes: Partial<BenchFlags>; message: string }>([
  {
    changes: { concurrency: '0' },
    message: 'usage: --concurrency 0: a whole number from 1 to 1000000 is needed; kf bench --help',
  },
  {
    changes: { concurrency: '5000,,1' },
    message: 'usage: --concurrency : a whole number from 1 to 1000000 is needed; kf bench --help',
  },
  {
    changes: { rate: '0' },
    message: 'usage: --rate 0: a number from 0.001 to 1000 is needed; kf bench --help',
  },
  {
    changes: { rate: '1e9' },
    message: 'usage: --rate 1e9: a number from 0.001 to 1000 is needed; kf bench --help',
  },
  {
    changes: { duration: 'long' },
    message: 'usage: --duration long: a whole number from 1 to 86400 is needed; kf bench --help',
  },
  { changes: { mode: 'ajar' }, message: 'usage: --mode ajar: open or closed is needed; --mode open' },
  {
    changes: { target: 'rely' },
    message:
      "usage: --target rely: kf, echo, relay, an address or an adapter's file is needed; did you mean relay?",
  },
  {
    changes: { site: 'k' },
    message: 'usage: --site belongs to a --target with an address; leave --site out',
  },
  {
    changes: { target: 'http://127.0.0.1:7000/' },
    message:
      'usage: --target http://127.0.0.1:7000/ needs to know where to talk; give --data with its data folder (same host), or --site with a site key',
  },
  {
    changes: { mode: 'closed', rate: '2' },
    message:
      'usage: --rate means nothing in closed mode: each visitor sends when the last message was acked; leave it out, or use --mode open',
  },
])('refuses $changes', ({ changes, message }) => {
  expect(refusal(changes)).toBe(message)
})

test('TLS is refused with the reason', () => {
  expect(refusal({ target: 'https://chat.example/', site: 'k' })).toMatch(
    /^usage: --target https:.*for TLS, give the address behind the proxy/,
  )
})

test('the command that repeats a run has its seed, and quotes what a shell would take apart', () => {
  expect(repeatCommand(['bench', '--concurrency', '5,10'], 7)).toBe('kf bench --concurrency 5,10 --seed 7')
  expect(repeatCommand(['bench', '--seed=3', '--out', "it's here"], 3)).toBe(
    "kf bench --seed=3 --out 'it'\\''s here'",
  )
})
