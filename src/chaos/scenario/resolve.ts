import { boundOf, durationMs, shareOf } from '../yaml/units.ts'
import type { Flow, RestStep, Scenario, ScenarioThreshold, Step, TextSource } from './scenario.ts'
import type { ScenarioFile } from './schema.ts'
import { defaultConcurrency, defaultRate } from './together.ts'

const ackWithinMs = 5_000
const answerWithinMs = 30_000
/** Visitors per second that open their conversation, unless the file says otherwise. */
export const opensPerSecond = 2_000

/** What a file without flows and without REST steps runs: the plain load. */
const plainFlow: Flow = {
  name: 'message',
  weight: 1,
  steps: [
    { do: 'send', text: { from: 'list', list: 'mixed' } },
    { do: 'expect', what: 'ack', withinMs: ackWithinMs },
  ],
}

/** A file that fits the schema, with its defaults. `name` is the file's without ending. */
export function resolve(file: ScenarioFile, name: string): Scenario {
  const mode = file.mode ?? 'open'
  const concurrency = [file.concurrency ?? defaultConcurrency].flat()
  const rest = (file.rest ?? []).map(restOf)
  return {
    version: 1,
    name,
    title: file.title,
    mode,
    concurrency,
    rate: file.rate ?? defaultRate,
    ramp: {
      connectPerSecond: file.ramp?.connect_per_second ?? 4_000,
      overMs: time(file.ramp?.over, (Math.max(...concurrency) / opensPerSecond) * 1_000),
    },
    warmupMs: time(file.warmup, 5_000),
    durationMs: time(file.duration, mode === 'open' ? 60_000 : 15_000),
    seed: file.seed ?? 7,
    agents: { perVisitors: file.agents?.per_visitors ?? 50, answer: file.agents?.answer ?? true },
    trouble: {
      reconnectPerMinute: share(file.trouble?.reconnect_per_minute),
      slowReaders: share(file.trouble?.slow_readers),
    },
    flows: file.flows === undefined ? (rest.length > 0 ? [] : [plainFlow]) : file.flows.map(flowOf),
    rest,
    thresholds: thresholdsOf(file.thresholds ?? {}),
  }
}

type FlowFile = NonNullable<ScenarioFile['flows']>[number]
type RestFile = NonNullable<ScenarioFile['rest']>[number]

function flowOf({ name, weight, steps }: FlowFile): Flow {
  return { name, weight: weight ?? 1, steps: steps.map(stepOf) }
}

function stepOf(step: FlowFile['steps'][number]): Step {
  if ('send' in step) return { do: 'send', text: textOf(step.send) }
  if ('expect' in step) {
    const byDefault = step.expect === 'ack' ? ackWithinMs : answerWithinMs
    return { do: 'expect', what: step.expect, withinMs: time(step.within, byDefault) }
  }
  if ('deliver' in step) return { do: 'deliver', withinMs: time(step.deliver, ackWithinMs) }
  return { do: 'think', meanMs: time(step.think, 0), spread: step.spread ?? 'exponential' }
}

function textOf(send: string | readonly string[] | { readonly list: 'mixed' | 'en' | 'zh' }): TextSource {
  if (typeof send === 'string') return { from: 'given', texts: [send] }
  return 'list' in send ? { from: 'list', list: send.list } : { from: 'given', texts: send }
}

function restOf(step: RestFile): RestStep {
  return {
    name: step.name,
    method: step.method ?? 'GET',
    path: step.path,
    as: step.as ?? 'nobody',
    body: step.body,
    connections: step.connections ?? Math.min(10, step.rate),
    rate: step.rate,
  }
}

const metrics = [
  'avg_ms',
  'p50_ms',
  'p95_ms',
  'p99_ms',
  'p999_ms',
  'delivered_p99_ms',
  'error_rate',
  'messages_per_s',
  'server_rss_growth',
] as const

function thresholdsOf(file: NonNullable<ScenarioFile['thresholds']>): readonly ScenarioThreshold[] {
  return metrics.flatMap((metric) => {
    const bound = boundOf(file[metric] ?? '')
    return bound === undefined ? [] : [{ metric, ...bound }]
  })
}

function time(text: string | undefined, byDefault: number): number {
  return (text === undefined ? undefined : durationMs(text)) ?? byDefault
}

function share(text: string | undefined): number {
  return (text === undefined ? undefined : shareOf(text)) ?? 0
}
