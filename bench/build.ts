import { join } from 'node:path'
import { type Bench, type Claim, type Figures, median, quotients, rounded, series } from './support/claim.ts'
import { fromBuild, fromSource, type Program, startKf } from './support/kf.ts'
import { readRun, runKfBench } from './support/kf-bench.ts'
import { pinApart } from './support/pinned.ts'
import { readyMs } from './support/ready.ts'

/**
 * What the production build brings over the source that a checkout runs: the time to ready in an empty folder, and throughput in
 * a closed loop under the same generator (the build's, both times), server and generator pinned apart.
 */
export const build: Claim = {
  name: 'build',
  title: 'the production build against the source as Node runs it: start-up and throughput',
  unit: "source's ms to ready ÷ the build's",
  rounds: 2,
  warmUps: 0,
  needsBuild: true,
  variants: () => ['built', 'source'],
  sample,
  conclude: (rounds) => {
    const [built, source] = [series(rounds, 'built', 'ready_ms'), series(rounds, 'source', 'ready_ms')]
    const [fast, slow] = [
      series(rounds, 'built', 'messages_per_s'),
      series(rounds, 'source', 'messages_per_s'),
    ]
    const samples = quotients(source, built)
    const throughput = median(quotients(fast, slow))
    return {
      ratio: median(samples),
      samples,
      figures: {
        throughput_ratio: rounded(throughput),
        built_ready_ms: rounded(median(built)),
        source_ready_ms: rounded(median(source)),
        built_messages_per_s: Math.round(median(fast)),
        source_messages_per_s: Math.round(median(slow)),
      },
      bounds: [
        { what: "start-up, source's time ÷ the build's", value: median(samples), op: '>=', bound: 1.15 },
        // Two runs of the same program differ by as much.
        { what: "throughput, the build's ÷ source's", value: throughput, op: '>=', bound: 0.97 },
      ],
      invalid: null,
    }
  },
}

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const program = variant === 'built' ? fromBuild : fromSource
  return { ready_ms: await start(program, bench), messages_per_s: await throughput(program, bench) }
}

// The first start of a program compiles it for those that follow, and does not count.
async function start(program: Program, bench: Bench): Promise<number> {
  const folder = bench.folder()
  const times: number[] = []
  for (let n = 0; n <= (bench.options.quick ? 1 : 7); n++) {
    const took = await readyMs(join(folder, `data-${n}`), program)
    if (n > 0) times.push(took)
  }
  return median(times)
}

async function throughput(program: Program, bench: Bench): Promise<number> {
  const { quick, seconds } = bench.options
  const sockets = quick ? 50 : 2_000
  const server = await startKf(bench, program, { visitors: sockets, agents: Math.ceil(sockets / 50) })
  const out = join(bench.folder(), 'reports')
  const length = ['--duration', String(seconds ?? (quick ? 2 : 6)), '--warmup', quick ? '1' : '3']
  await runKfBench(
    bench,
    [
      '--mode',
      'closed',
      '--target',
      server.url,
      '--data',
      server.dataFolder,
      '--concurrency',
      String(sockets),
      ...length,
      '--out',
      out,
    ],
    { before: pinApart(server.pids) },
  )
  return readRun(out)[0].target.messagesPerS
}
