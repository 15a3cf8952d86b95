import { readFileSync } from 'node:fs'
import { ackWithinMs, type K6Load, k6Phases, k6Thresholds, readBackPerSecond } from './load.ts'

/** What the script reads from the file that KF_DATA names: all that is secret, or too long to read. */
export type K6Data = {
  /** `ws://host:port/path/ws`. */
  readonly url: string
  readonly site: string
  /** One per agent. */
  readonly tokens: readonly string[]
  readonly texts: {
    readonly mixed: readonly string[]
    readonly en: readonly string[]
    readonly zh: readonly string[]
  }
  readonly answers: readonly string[]
}

/** Sockets of one VU. A VU is one thread of JavaScript; an agent hears as many messages as 50 visitors. */
const visitorsPerVu = 100
const agentsPerVu = 4
const graceSeconds = 30
const lineWidth = 96

// One address a line: the build copies each file that is named so.
const parts = [
  new URL('./parts/clock.mjs', import.meta.url),
  new URL('./parts/metrics.mjs', import.meta.url),
  new URL('./parts/socket.mjs', import.meta.url),
  new URL('./parts/outbox.mjs', import.meta.url),
  new URL('./parts/visitor.mjs', import.meta.url),
  new URL('./parts/read-back.mjs', import.meta.url),
  new URL('./parts/flow.mjs', import.meta.url),
  new URL('./parts/agent.mjs', import.meta.url),
  new URL('./parts/main.mjs', import.meta.url),
]

/** The k6 script of one row: the same load gives the same text, byte for byte. It holds no secret. */
export function k6Script(load: K6Load): string {
  return [
    head(load),
    `export const options = ${literal(optionsOf(load))}\n`,
    `const plan = ${literal(planOf(load))}\n`,
    ...parts.map((part) => alone(readFileSync(part, 'utf8'))),
  ].join('\n')
}

// The parts are modules for who reads and checks them; in the one file, what they import from each other stands above.
function alone(part: string): string {
  return part
    .replace(/^import [^;]*? from '[^']+'\n/gm, '')
    .replace(/^export (?!(?:async )?function (?:setup|handleSummary|agents|visitors)\b)/gm, '')
    .trimStart()
}

function head(load: K6Load): string {
  return `// ${load.name}: ${load.visitors} visitors and ${load.agents} agents, ${load.mode} loop, seed ${load.seed}.
// Written by kf from a load scenario; run it with
//     k6 run -e KF_DATA=data.json -e KF_SUMMARY=summary.json script.js
// where data.json holds the target's url, the site's key, the agents' tokens and the texts.

import { SharedArray } from 'k6/data'
import exec from 'k6/execution'
import { Counter, Rate, Trend } from 'k6/metrics'
import { WebSocket } from 'k6/websockets'
`
}

// One iteration of each VU is the whole run: it keeps its sockets open and goes by the plan's clock, not by an executor's ramp.
function optionsOf(load: K6Load) {
  const { endAt } = k6Phases(load)
  const scenario = (exec: string, vus: number) => ({
    executor: 'per-vu-iterations',
    exec,
    vus,
    iterations: 1,
    maxDuration: `${Math.ceil(endAt / 1_000) + graceSeconds}s`,
    gracefulStop: '5s',
  })
  return {
    scenarios: {
      ...(load.agents > 0 ? { agents: scenario('agents', Math.ceil(load.agents / agentsPerVu)) } : {}),
      visitors: scenario('visitors', Math.ceil(load.visitors / visitorsPerVu)),
    },
    thresholds: k6Thresholds(load),
    summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(95)', 'p(99)', 'p(99.9)', 'count'],
    noConnectionReuse: true,
    noUsageReport: true,
  }
}

function planOf(load: K6Load) {
  return {
    mode: load.mode,
    seed: load.seed,
    visitors: load.visitors,
    agents: load.agents,
    visitorsPerVu,
    agentsPerVu,
    connectPerSecond: load.ramp.connectPerSecond,
    intervalMs: 1_000 / load.rate,
    answers: load.answers,
    // Nothing else tells a visitor's VU what reached an agent's: its mark of having read it does.
    marksRead: load.flows.some((flow) => flow.steps.some((step) => step.do === 'deliver')),
    reconnectPerMinute: load.reconnectPerMinute,
    ackWithinMs,
    readBackPerSecond,
    ...k6Phases(load),
    plain: load.flows.length === 0,
    flows: load.flows.length > 0 ? load.flows : [oneMessage],
  }
}

const oneMessage = {
  name: 'message',
  weight: 1,
  steps: [{ do: 'send', text: { from: 'list', list: 'mixed' } }],
} as const

// As a person would write it: on one line where it fits.
function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const deeper = `${indent}  `
  const isList = Array.isArray(value)
  const parts = isList
    ? value.map((item: unknown) => literal(item, deeper))
    : Object.entries(value).map(([key, item]) => `${named(key)}: ${literal(item, deeper)}`)
  const [open, close, space] = isList ? ['[', ']', ''] : ['{', '}', ' ']
  if (parts.length === 0) return `${open}${close}`
  const line = `${open}${space}${parts.join(', ')}${space}${close}`
  if (!line.includes('\n') && indent.length + line.length <= lineWidth) return line
  return `${open}\n${parts.map((part) => `${deeper}${part},\n`).join('')}${indent}${close}`
}

function named(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : quoted(key)
}

function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  // U+2028 and U+2029 end a line in older JavaScript.
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}
