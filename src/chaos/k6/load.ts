import { KfError } from '../../core/errors.ts'
import type { Flow, Scenario, ScenarioThreshold } from '../scenario/scenario.ts'

/** One row of load as a k6 script carries it: a scenario at one concurrency. */
export type K6Load = Pick<
  Scenario,
  'name' | 'mode' | 'rate' | 'ramp' | 'warmupMs' | 'durationMs' | 'seed' | 'thresholds'
> & {
  readonly visitors: number
  readonly agents: number
  /** Agents answer each message. */
  readonly answers: boolean
  /** Empty: one message at each instant. */
  readonly flows: readonly Flow[]
  /** Share of the visitors that is cut off and comes back each minute. */
  readonly reconnectPerMinute: number
}

/** Instants of one run in milliseconds from its beginning, when k6 has called `setup`. */
export type K6Phases = {
  readonly visitorsAt: number
  readonly startAt: number
  readonly rampMs: number
  readonly measureFrom: number
  readonly measureTo: number
  readonly readBackAt: number
  readonly endAt: number
}

/** A send without an ack after this long is an error, as with the other engines. */
export const ackWithinMs = 5_000
export const readBackPerSecond = 1_000

const settleMs = 2_000
const lastWordsMs = 3_000

/**
 * The row of `scenario` with so many visitors. Throws `k6_cannot` for what a k6 script cannot do: k6 has no way to leave
 * arrived bytes unread, and requests to the REST API are another engine's.
 */
export function k6Load(scenario: Scenario, visitors: number): K6Load {
  refuse(scenario.trouble.slowReaders, scenario.rest.length)
  return {
    name: scenario.name,
    mode: scenario.mode,
    rate: scenario.rate,
    ramp: scenario.ramp,
    warmupMs: scenario.warmupMs,
    durationMs: scenario.durationMs,
    seed: scenario.seed,
    thresholds: scenario.thresholds,
    visitors,
    agents: Math.ceil(visitors / scenario.agents.perVisitors),
    answers: scenario.agents.answer,
    flows: scenario.flows,
    reconnectPerMinute: scenario.trouble.reconnectPerMinute,
  }
}

/** Throws `k6_cannot` when k6 would have to leave slow readers or REST steps out. */
export function refuse(slowReaders: number, restSteps: number): void {
  if (slowReaders > 0) {
    throw new KfError('k6_cannot', `trouble.slow_readers: ${slowReaders}: k6 cannot stop reading a socket`, {
      hint: 'use --engine kf for this scenario, or set slow_readers to 0',
      params: { what: 'slow_readers' },
    })
  }
  if (restSteps > 0) {
    throw new KfError('k6_cannot', `rest: ${restSteps} steps: the k6 script speaks WebSocket only`, {
      hint: 'use --engine kf, which hands them to autocannon, or leave rest out',
      params: { what: 'rest' },
    })
  }
}

/** When what happens. Nothing in k6 lets VUs wait for each other, so each phase has a fixed place in time. */
export function k6Phases(load: K6Load): K6Phases {
  const { ramp, visitors, agents, mode } = load
  const visitorsAt = agents === 0 ? 0 : 1_000 + (agents * 1_000) / ramp.connectPerSecond
  const startAt = visitorsAt + (visitors * 1_000) / ramp.connectPerSecond + settleMs
  const rampMs = mode === 'open' ? ramp.overMs : 0
  const measureFrom = startAt + rampMs + load.warmupMs
  const measureTo = measureFrom + load.durationMs
  const readBackAt = measureTo + ackWithinMs + 500
  const endAt = readBackAt + (visitors * 1_000) / readBackPerSecond + lastWordsMs
  return { visitorsAt, startAt, rampMs, measureFrom, measureTo, readBackAt, endAt }
}

/** k6's names for what a scenario asks, by metric. */
export function k6Thresholds(load: K6Load): Readonly<Record<string, readonly string[]>> {
  const byMetric: Record<string, string[]> = {}
  for (const threshold of load.thresholds) {
    const { metric, expression } = expressed(threshold, load.durationMs)
    byMetric[metric] = [...(byMetric[metric] ?? []), expression]
  }
  return byMetric
}

function expressed({ metric, op, value }: ScenarioThreshold, durationMs: number) {
  switch (metric) {
    case 'avg_ms':
      return { metric: 'kf_ack_ms', expression: `avg${op}${value}` }
    case 'p50_ms':
      return { metric: 'kf_ack_ms', expression: `med${op}${value}` }
    case 'p95_ms':
      return { metric: 'kf_ack_ms', expression: `p(95)${op}${value}` }
    case 'p99_ms':
      return { metric: 'kf_ack_ms', expression: `p(99)${op}${value}` }
    case 'p999_ms':
      return { metric: 'kf_ack_ms', expression: `p(99.9)${op}${value}` }
    case 'delivered_p99_ms':
      return { metric: 'kf_delivered_ms', expression: `p(99)${op}${value}` }
    case 'error_rate':
      return { metric: 'kf_error_rate', expression: `rate${op}${value}` }
    // k6 would divide by the whole run's length; the window's is known.
    case 'messages_per_s':
      return { metric: 'kf_acked_in_window', expression: `count${op}${(value * durationMs) / 1_000}` }
    case 'server_rss_growth':
      throw new KfError('k6_cannot', 'thresholds.server_rss_growth: k6 does not see the server’s memory', {
        hint: 'use --engine kf, or leave it out',
        params: { what: 'memory' },
      })
  }
}
