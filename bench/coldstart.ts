import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Bench, type Claim, type Figures, median, quotients, rounded, series } from './support/claim.ts'
import { fromBuild, fromSource, startKf } from './support/kf.ts'
import { readyMs } from './support/ready.ts'
import { connectTalker } from './support/talker.ts'

const boundMs = 500
const firstBound = 1.5

/**
 * How long `kf serve` takes from its fork to the line that says it is ready, against the bare start of Node in the same run.
 *
 * `first` starts in an absent data folder (site, owner and password are made), `again` in one that was there before.
 * `built` runs dist/, `source` the TypeScript as it is. `requests` compares the first 100 messages of a node with its later ones.
 */
export const coldstart: Claim = {
  name: 'coldstart',
  title:
    'kf serve from its fork to ready, in an empty folder and in a full one, beside the bare start of Node',
  unit: "ms to ready, built and with an empty folder ÷ bare node's start",
  rounds: 10,
  warmUps: 1,
  needsBuild: true,
  variants: () => ['bare node', 'built, first', 'built, again', 'source, again', 'requests'],
  sample,
  conclude: (rounds) => {
    const ms = (variant: string): number => median(series(rounds, variant, 'ms'))
    const samples = quotients(series(rounds, 'built, first', 'ms'), series(rounds, 'bare node', 'ms'))
    const first = median(
      quotients(series(rounds, 'requests', 'first_p99_ms'), series(rounds, 'requests', 'steady_p99_ms')),
    )
    return {
      ratio: median(samples),
      samples,
      figures: {
        bare_node_ms: rounded(ms('bare node')),
        built_first_ms: rounded(ms('built, first')),
        built_again_ms: rounded(ms('built, again')),
        source_again_ms: rounded(ms('source, again')),
        first_100_p99_ms: rounded(median(series(rounds, 'requests', 'first_p99_ms'))),
        steady_p99_ms: rounded(median(series(rounds, 'requests', 'steady_p99_ms'))),
      },
      bounds: [
        { what: 'ready, ms', value: ms('built, first'), op: '<=', bound: boundMs },
        { what: 'p99 of the first 100 messages ÷ steady', value: first, op: '<=', bound: firstBound },
      ],
      invalid: null,
    }
  },
}

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const folder = bench.folder()
  switch (variant) {
    case 'bare node':
      return { ms: await bareNode() }
    case 'built, first':
      return { ms: await readyMs(join(folder, 'data'), fromBuild) }
    case 'requests':
      return await requests(bench)
    default: {
      const program = variant === 'built, again' ? fromBuild : fromSource
      await readyMs(join(folder, 'data'), program)
      return { ms: await readyMs(join(folder, 'data'), program) }
    }
  }
}

async function bareNode(): Promise<number> {
  const started = performance.now()
  await once(spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - started
}

// One visitor, one message in flight: what a request costs, not what a queue does.
async function requests(bench: Bench): Promise<Figures> {
  const kf = await startKf(bench, fromBuild, { agents: 1, visitors: 1 })
  const talker = await connectTalker(kf.address, kf.site)
  bench.defer(() => {
    talker.close()
  })
  const first = await latencies(100, talker.send)
  const steady = await latencies(bench.options.quick ? 200 : 3_000, talker.send)
  return { first_p99_ms: p99(first), steady_p99_ms: p99(steady.slice(steady.length / 2)) }
}

async function latencies(count: number, send: () => Promise<void>): Promise<readonly number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const started = performance.now()
    await send()
    times.push(performance.now() - started)
  }
  return times
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN
}
