import { join } from 'node:path'
import {
  type Bench,
  type Bound,
  type Claim,
  type Figures,
  median,
  type Round,
  rounded,
  series,
} from './support/claim.ts'
import { type BareRow, readRun, runKfBench } from './support/kf-bench.ts'

/**
 * Closed loop, every message durable, acked and delivered, against a bare `ws` echo and a bare relay that stores nothing, all
 * three in the same run of `kf bench`: throughput, and CPU per message over all of a server's processes.
 */
export const capacity: Claim = {
  name: 'capacity',
  title: 'durable, acked and delivered messages per second against a bare ws echo and relay, closed loop',
  unit: "kf's messages/s ÷ the bare echo's, at the fewest sockets",
  rounds: 2,
  warmUps: 0,
  needsBuild: true,
  variants: ({ quick, sockets }) => (sockets ?? (quick ? [100] : [5_000, 20_000])).map(String),
  sample,
  conclude: (rounds, options) => {
    const variants = capacity.variants(options)
    const [first = ''] = variants
    const of = (variant: string, figure: string): number => median(series(rounds, variant, figure))
    const at = Object.fromEntries(
      variants.map((variant) => [
        variant,
        {
          ...Object.fromEntries(figureNames.map((figure) => [figure, rounded(of(variant, figure), 4)])),
          invalid: Object.fromEntries(sides.map((side) => [side, reasonIn(rounds, variant, side)])),
        },
      ]),
    )
    return {
      ratio: of(first, 'ratio'),
      samples: series(rounds, first, 'ratio'),
      figures: {
        relay_ratio: rounded(of(first, 'relay_ratio')),
        cpu_ratio: rounded(of(first, 'cpu_ratio')),
        cpu_relay_ratio: rounded(of(first, 'cpu_relay_ratio')),
        at,
      },
      bounds: variants.flatMap((variant) => boundsAt(rounds, variant)),
      invalid: invalidIn(rounds, variants),
    }
  },
}

const sides = ['kf', 'echo', 'relay'] as const
type Side = (typeof sides)[number]

const goals = [
  { figure: 'relay_ratio', against: 'relay', bound: 1 },
  { figure: 'ratio', against: 'echo', bound: 0.75 },
  { figure: 'cpu_relay_ratio', against: 'relay', bound: 1 },
  { figure: 'cpu_ratio', against: 'echo', bound: 0.75 },
] as const

// A bare server that its generator could not fill has a throughput that is too low, and a ratio to it that flatters; its CPU per
// message is right all the same.
function boundsAt(rounds: readonly Round[], variant: string): readonly Bound[] {
  return goals.map(({ figure, against, bound }) => {
    const doubt = figure.startsWith('cpu') ? null : reasonIn(rounds, variant, against)
    return {
      what: `${figure} at ${variant} sockets${doubt === null ? '' : ` (${against} is no measurement: ${doubt})`}`,
      value: median(series(rounds, variant, figure)),
      op: '>=',
      bound,
    }
  })
}

function reasonIn(rounds: readonly Round[], variant: string, side: Side): string | null {
  const reasons = rounds.map((round) => round[variant]?.[`invalid_${side}`])
  return reasons.find((reason) => typeof reason === 'string') ?? null
}

// With many sockets a generator of one core cannot fill a bare server: that is said beside the ratio, and does not undo the rest.
function invalidIn(rounds: readonly Round[], variants: readonly string[]): string | null {
  for (const [place, variant] of variants.entries()) {
    for (const side of place === 0 ? sides : (['kf'] as const)) {
      const reason = reasonIn(rounds, variant, side)
      if (reason !== null) return `${side} at ${variant} sockets: ${reason}`
    }
  }
  return null
}

const figureNames = [
  'ratio',
  'relay_ratio',
  'cpu_ratio',
  'cpu_relay_ratio',
  'messages_per_s',
  'echo_messages_per_s',
  'relay_messages_per_s',
  'cpu_us',
  'echo_cpu_us',
  'relay_cpu_us',
  'rss_bytes',
] as const

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const { options } = bench
  const out = join(bench.folder(), 'reports')
  const seconds = options.seconds ?? (options.quick ? 2 : 8)
  const args = ['--mode', 'closed', '--concurrency', variant, '--duration', String(seconds)]
  await runKfBench(bench, [...args, '--warmup', options.quick ? '1' : '3', '--seed', '7', '--out', out])
  const [{ target, references }] = readRun(out)
  const echo = references['echo'] ?? nothing
  const relay = references['relay'] ?? nothing
  return {
    ratio: target.messagesPerS / echo.messagesPerS,
    relay_ratio: target.messagesPerS / relay.messagesPerS,
    // CPU per message, turned so that above 1 is better than the other, as in throughput.
    cpu_ratio: echo.cpuUs / target.cpuUs,
    cpu_relay_ratio: relay.cpuUs / target.cpuUs,
    messages_per_s: target.messagesPerS,
    echo_messages_per_s: echo.messagesPerS,
    relay_messages_per_s: relay.messagesPerS,
    cpu_us: target.cpuUs,
    echo_cpu_us: echo.cpuUs,
    relay_cpu_us: relay.cpuUs,
    rss_bytes: target.rssBytes,
    lost: target.lost,
    ...Object.fromEntries(
      Object.entries({ kf: target, echo, relay }).map(([name, side]) => [
        `invalid_${name}`,
        side.invalidReason,
      ]),
    ),
  }
}

const nothing: BareRow = {
  messagesPerS: Number.NaN,
  cpuUs: Number.NaN,
  rssBytes: null,
  lost: 0,
  invalidReason: 'not measured',
}
