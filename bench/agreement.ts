import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { RestSteps } from '../src/chaos/load/rest-steps.ts'
import type { RestStep } from '../src/chaos/scenario/scenario.ts'
import type { RunningTarget } from '../src/chaos/targets/target.ts'
import { type Bench, type Claim, type Figures, median, quotients, rounded, series } from './support/claim.ts'
import { runIndependent } from './support/independent.ts'
import { fromBuild, startKf } from './support/kf.ts'
import { readRun, runKfBench } from './support/kf-bench.ts'

/**
 * Two instruments, one target: the harness and a script that shares no code with it see the same kf at the same time, each with
 * users of its own on the same schedule, and must agree at the median. For REST the harness is autocannon, which sends in bursts;
 * so does the other, and the server answers after 20 ms.
 */
export const agreement: Claim = {
  name: 'agreement',
  title: 'the harness against an independent generator, on a paced scenario and the same kf',
  unit: "the independent generator's p50 ÷ the harness's, over WebSocket",
  rounds: 2,
  warmUps: 0,
  needsBuild: true,
  variants: () => ['sockets', 'rest'],
  sample: (variant, bench) => (variant === 'rest' ? rest(bench) : sockets(bench)),
  conclude: (rounds) => {
    const pairs = (variant: string): readonly number[] =>
      quotients(series(rounds, variant, 'independent_p50_ms'), series(rounds, variant, 'harness_p50_ms'))
    const [samples, restSamples] = [pairs('sockets'), pairs('rest')]
    const p50 = (variant: string, who: string): number =>
      rounded(median(series(rounds, variant, `${who}_p50_ms`)))
    const within = (what: string, value: number) => [
      { what: `${what}, independent ÷ harness at the median`, value, op: '>=' as const, bound: 0.9 },
      { what: `${what}, independent ÷ harness at the median`, value, op: '<=' as const, bound: 1.1 },
    ]
    return {
      ratio: median(samples),
      samples,
      figures: {
        harness_p50_ms: p50('sockets', 'harness'),
        independent_p50_ms: p50('sockets', 'independent'),
        rest_ratio: rounded(median(restSamples)),
        rest_samples: restSamples.map((sample) => rounded(sample)),
        rest_harness_p50_ms: p50('rest', 'harness'),
        rest_independent_p50_ms: p50('rest', 'independent'),
      },
      bounds: [...within('WebSocket', median(samples)), ...within('REST', median(restSamples))],
      invalid:
        rounds.map((round) => round['sockets']?.['invalid']).find((why) => typeof why === 'string') ?? null,
    }
  },
}

async function sockets(bench: Bench): Promise<Figures> {
  const seconds = bench.options.seconds ?? (bench.options.quick ? 4 : 10)
  const visitors = String(bench.options.sockets?.[0] ?? 200)
  const server = await startKf(bench, fromBuild, { visitors: 2 * Number(visitors), agents: 1 })
  const out = join(bench.folder(), 'reports')
  const lengths = ['--duration', String(seconds + 2), '--warmup', '3', '--out', out]
  const target = ['--target', server.url, '--site', server.site]
  const url = `ws://${server.address.host}:${server.address.port}${server.address.path}`
  const same = ['--users', visitors, '--rate', '1', '--warmup', '1', '--seconds', String(seconds)]
  let independent: Promise<Figures> | undefined
  await runKfBench(bench, [...target, '--concurrency', visitors, '--rate', '1', ...lengths], {
    measuring: () => {
      independent = runIndependent(bench, ['--url', url, '--site', server.site, ...same])
    },
  })
  const other = await independent
  const [{ p50Ms, target: row }] = readRun(out)
  return {
    harness_p50_ms: p50Ms,
    independent_p50_ms: other?.['p50_ms'] ?? null,
    invalid: row.invalidReason,
  }
}

const callers = 10
const perCaller = 10
const delayMs = 20

// NOTE: kf answers a read in a quarter of a millisecond, and that is about what any HTTP client adds: two of them never agree on
// it. So the server here takes its time, and what is compared is the instruments.
async function rest(bench: Bench): Promise<Figures> {
  const seconds = bench.options.seconds ?? (bench.options.quick ? 3 : 10)
  const server = createServer((_request, response) => {
    setTimeout(() => response.end('{}'), delayMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  bench.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  // `net` gives an object for every address that is not a pipe.
  const { port } = server.address() as AddressInfo
  const steps = await RestSteps.start([stepOf(callers)], runningAt(port), Date.now)
  bench.defer(() => steps.stop())
  const same = ['--users', String(callers), '--rate', String(perCaller), '--warmup', '1']
  const [measured, other] = await Promise.all([
    steps.run((seconds + 1) * 1000, new AbortController().signal),
    runIndependent(bench, ['--url', `http://127.0.0.1:${port}/`, ...same, '--seconds', String(seconds)]),
  ])
  return { harness_p50_ms: measured.steps[0]?.row.p50_ms ?? null, independent_p50_ms: other.p50_ms }
}

function stepOf(connections: number): RestStep {
  const step = { name: 'delayed', method: 'GET', path: '/', as: undefined, body: undefined } as const
  return { ...step, connections, rate: connections * perCaller }
}

function runningAt(port: number): RunningTarget {
  return {
    addresses: [{ host: '127.0.0.1', port, path: '/ws' }],
    site: '',
    agentTokens: [],
    pids: [],
    dataFolder: undefined,
    ended: () => undefined,
    log: () => '',
    stop: () => Promise.resolve(),
  }
}
