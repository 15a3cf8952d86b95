import { join } from 'node:path'
import {
  type Bench,
  type Claim,
  type Figures,
  median,
  quotients,
  type Round,
  rounded,
  series,
} from './support/claim.ts'
import { readRun, runKfBench } from './support/kf-bench.ts'
import { root } from './support/root.ts'

/**
 * kf against socket.io, by turns, in one closed loop from one generator: with kf's own store behind socket.io, and with nothing
 * behind it. Echo and relay run beside each, so that a machine that drifts between two runs shows in them.
 */
export const peers: Claim = {
  name: 'peers',
  title: 'kf, durable, against socket.io on the same store and in memory, closed loop',
  unit: "kf's messages/s ÷ those of the best peer",
  rounds: 2,
  warmUps: 0,
  needsBuild: true,
  variants: () => sides,
  sample,
  conclude: (rounds) => {
    const best = rounds.map((round) =>
      Math.max(...rivals.map((side) => figureOf(round, side, 'messages_per_s'))),
    )
    const samples = quotients(series(rounds, 'kf', 'messages_per_s'), best)
    const cheapest = rounds.map((round) => Math.min(...rivals.map((side) => figureOf(round, side, 'cpu_us'))))
    const cpu = quotients(cheapest, series(rounds, 'kf', 'cpu_us'))
    return {
      ratio: median(samples),
      samples,
      figures: {
        cpu_ratio: rounded(median(cpu)),
        at: Object.fromEntries(
          sides.map((side) => [
            side,
            {
              ...Object.fromEntries(
                figureNames.map((figure) => [figure, rounded(median(series(rounds, side, figure)), 4)]),
              ),
              invalid: reasonIn(rounds, side),
            },
          ]),
        ),
      },
      bounds: [
        { what: 'kf ÷ the best peer, messages/s', value: median(samples), op: '>=', bound: 2 },
        { what: 'the best peer ÷ kf, CPU per message', value: median(cpu), op: '>=', bound: 2 },
      ],
      invalid: invalidIn(rounds),
    }
  },
}

const rivals = ['socketio-durable', 'socketio-memory'] as const
const sides = ['kf', ...rivals] as const
type Side = (typeof sides)[number]

const figureNames = [
  'messages_per_s',
  'echo_ratio',
  'relay_ratio',
  'cpu_us',
  'echo_cpu_us',
  'relay_cpu_us',
  'rss_bytes',
  'lost',
] as const

const defaultSockets = 5_000

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const { options } = bench
  const out = join(bench.folder(), 'reports')
  const sockets = options.sockets?.[0] ?? (options.quick ? 100 : defaultSockets)
  const seconds = options.seconds ?? (options.quick ? 2 : 8)
  await runKfBench(bench, [
    ...(variant === 'kf' ? [] : ['--target', join(root, 'bench', 'peers', `${variant}.ts`)]),
    ...['--mode', 'closed', '--concurrency', String(sockets), '--duration', String(seconds)],
    ...['--warmup', options.quick ? '1' : '3', '--seed', '7', '--out', out],
  ])
  const [{ target, references }] = readRun(out)
  const against = (name: string): number =>
    target.messagesPerS / (references[name]?.messagesPerS ?? Number.NaN)
  return {
    messages_per_s: target.messagesPerS,
    echo_ratio: against('echo'),
    relay_ratio: against('relay'),
    cpu_us: target.cpuUs,
    echo_cpu_us: references['echo']?.cpuUs ?? null,
    relay_cpu_us: references['relay']?.cpuUs ?? null,
    rss_bytes: target.rssBytes,
    lost: target.lost,
    invalid: target.invalidReason,
  }
}

function figureOf(round: Round, side: Side, figure: string): number {
  return series([round], side, figure)[0] ?? Number.NaN
}

function reasonIn(rounds: readonly Round[], side: Side): string | null {
  const reason = rounds.map((round) => round[side]?.['invalid']).find((one) => typeof one === 'string')
  return typeof reason === 'string' ? reason : null
}

// A side that its generator could not fill, or that was disturbed, is no side of a comparison.
function invalidIn(rounds: readonly Round[]): string | null {
  for (const side of sides) {
    const reason = reasonIn(rounds, side)
    if (reason !== null) return `${side}: ${reason}`
  }
  return null
}
