import { opensPerSecond } from '../../chaos/scenario/resolve.ts'
import type { Scenario } from '../../chaos/scenario/scenario.ts'
import { findScenario, shippedScenarios } from '../../chaos/scenario/shipped.ts'
import { KfError } from '../../core/errors.ts'
import { didYouMean } from '../../core/suggest.ts'
import type { CliState } from '../state.ts'
import { type BenchFlags, loadFlags, refuseRateInClosedMode } from './bench-flags.ts'

export type Engine = 'kf' | 'k6' | 'autocannon'
const engines: readonly Engine[] = ['kf', 'k6', 'autocannon']

/** What was asked for, with the options in it. Throws `bad_scenario` and `usage`. */
export async function readScenario(named: string, flags: BenchFlags, state: CliState): Promise<Scenario> {
  return withFlags(await findScenario(named, state.cwd), flags)
}

/** Options win over what the file says. Throws `usage` where the two contradict each other. */
export function withFlags(scenario: Scenario, flags: BenchFlags): Scenario {
  const own = loadFlags(flags)
  const mode = own.mode ?? scenario.mode
  refuseRateInClosedMode(mode, own.rate)
  const concurrency = own.concurrency ?? scenario.concurrency
  const opening = (Math.max(...concurrency) / opensPerSecond) * 1_000
  const merged: Scenario = {
    ...scenario,
    mode,
    concurrency,
    rate: own.rate ?? scenario.rate,
    ramp: {
      connectPerSecond: own.ramp?.connectPerSecond ?? scenario.ramp.connectPerSecond,
      overMs: own.ramp?.overMs ?? Math.max(scenario.ramp.overMs, own.concurrency === undefined ? 0 : opening),
    },
    durationMs: own.durationMs ?? scenario.durationMs,
    warmupMs: own.warmupMs ?? scenario.warmupMs,
    seed: own.seed ?? scenario.seed,
    agents: { ...scenario.agents, answer: scenario.agents.answer && flags.agentReplies },
  }
  refuseUnanswered(merged, flags)
  return merged
}

/** Which program makes the load: what was asked for, else kf, or autocannon where there are requests only. Throws `usage`. */
export function readEngine(flags: BenchFlags, scenario: Scenario | undefined): Engine {
  const engine = engines.find((one) => one === flags.engine)
  if (flags.engine !== undefined && engine === undefined) {
    const meant = didYouMean(flags.engine, engines)
    throw new KfError('usage', `--engine ${flags.engine}: kf, k6 or autocannon is needed`, {
      hint: meant === undefined ? 'leave it out for kf' : `did you mean ${meant}?`,
    })
  }
  const socketsOnly = scenario === undefined || scenario.rest.length === 0
  if (engine === 'autocannon' && socketsOnly) {
    throw new KfError('usage', '--engine autocannon runs the rest part of a scenario, and there is none', {
      hint: 'name a scenario with rest, such as kf bench rest-reads',
    })
  }
  const restOnly = scenario !== undefined && scenario.flows.length === 0
  if (restOnly && engine !== undefined && engine !== 'autocannon') {
    throw new KfError('usage', `--engine ${engine}: ${scenario.name} has requests only, and no flows`, {
      hint: 'leave --engine out',
    })
  }
  const used = engine ?? (restOnly ? 'autocannon' : 'kf')
  if (used === 'autocannon') refuseForRequests(flags)
  return used
}

// Of sockets: said, and not silently of no effect, where there are none.
function refuseForRequests(flags: BenchFlags): void {
  const idle = (['concurrency', 'mode', 'rate', 'ramp', 'generators', 'hosts'] as const).find(
    (name) => flags[name] !== undefined,
  )
  if (idle === undefined) return
  throw new KfError('usage', `--${idle} is for sockets, and only requests are made here`, {
    hint: `leave --${idle} out; rate and connections stand in the scenario's rest`,
  })
}

/** The shipped scenarios: a line each, or JSON. */
export async function listScenarios(json: boolean): Promise<string> {
  const all = await shippedScenarios()
  if (json) return `${JSON.stringify(all.map(({ name, title }) => ({ name, title })))}\n`
  const width = Math.max(...all.map(({ name }) => name.length))
  return all.map(({ name, title }) => `${name.padEnd(width)}  ${title}\n`).join('')
}

// A flow that waits for an answer which nobody gives would only measure its own patience.
function refuseUnanswered(scenario: Scenario, flags: BenchFlags): void {
  if (scenario.mode === 'open' && scenario.agents.answer) return
  const waiting = scenario.flows.find(({ steps }) =>
    steps.some((step) => step.do === 'expect' && step.what === 'answer'),
  )
  if (waiting === undefined) return
  const option = flags.agentReplies ? '--mode closed' : '--no-agent-replies'
  throw new KfError('usage', `${option}: the flow ${waiting.name} of ${scenario.name} expects answers`, {
    hint: `leave ${option} out`,
  })
}
