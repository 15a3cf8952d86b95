import type { BenchPlan } from '../../chaos/load/bench.ts'
import { measureDisk } from '../../chaos/load/preflight.ts'
import type { Scenario, Step } from '../../chaos/scenario/scenario.ts'
import { attachedKf } from '../../chaos/targets/attached.ts'
import { echoTarget, relayTarget } from '../../chaos/targets/bare.ts'
import { ownKf } from '../../chaos/targets/kf.ts'
import { adapterTarget, namesAdapter } from '../../chaos/targets/load-adapter.ts'
import { onLoopback } from '../../chaos/targets/loopback.ts'
import type { Target } from '../../chaos/targets/target.ts'
import { KfError } from '../../core/errors.ts'
import { didYouMean } from '../../core/suggest.ts'
import type { CliState } from '../state.ts'
import {
  type BenchFlags,
  benchDefaults,
  loadFlags,
  readConcurrency,
  readWhole,
  refuseRateInClosedMode,
} from './bench-flags.ts'
import { readHosts, refuseUnreachable } from './bench-hosts.ts'
import { ownNode } from './own-node.ts'

/** The peer that `--target FILE` names; undefined where it names none. Throws `adapter`. */
export async function readAdapter(flags: BenchFlags, state: CliState): Promise<Target | undefined> {
  const { target: named, yesReally } = flags
  if (named === undefined || !namesAdapter(named)) return undefined
  const target = await adapterTarget(named, state.cwd)
  return yesReally === true ? target : onLoopback(target)
}

/**
 * Checks every option and decides what is measured; `adapter` is what `readAdapter` found, `scenario` what the run is to
 * follow, with the options already in it (`withFlags`). Throws `usage` for an option that makes no sense, with its bounds.
 */
export function readPlan(
  flags: BenchFlags,
  state: CliState,
  adapter?: Target,
  scenario?: Scenario,
): BenchPlan {
  const load = scenario === undefined ? plainLoad(flags) : scenarioLoad(scenario)
  const plan: BenchPlan = {
    ...readTarget(flags, state, adapter),
    ...load,
    hosts: readHosts(flags, state.cwd),
    agents: readWhole('--agents', flags.agents, 1, 5_000),
    workers: readWhole('--workers', flags.workers, 1, 256),
    generators: readWhole('--generators', flags.generators, 1, 200),
  }
  refuseUnreachable(plan)
  refuseWithoutAgents(plan)
  return plan
}

// An echo has no agents: whoever waits for one there measures only its own patience.
function refuseWithoutAgents({ target, flows = [] }: BenchPlan): void {
  if (target.dialect !== 'echo') return
  const waits = (step: Step): boolean =>
    step.do === 'deliver' || (step.do === 'expect' && step.what === 'answer')
  const waiting = flows.find(({ steps }) => steps.some(waits))
  if (waiting === undefined) return
  throw new KfError(
    'usage',
    `--target ${target.name} has no agents, and the flow ${waiting.name} waits for them`,
    {
      hint: 'use --target relay or kf, or a scenario of sends and acks alone',
    },
  )
}

type Load = Omit<BenchPlan, 'target' | 'ownServer' | 'disk' | 'agents' | 'workers' | 'generators'>

function plainLoad(flags: BenchFlags): Load {
  const own = loadFlags(flags)
  const mode = own.mode ?? benchDefaults.mode
  refuseRateInClosedMode(mode, own.rate)
  const byDefault = benchDefaults[mode]
  return {
    mode,
    concurrency: own.concurrency ?? readConcurrency(benchDefaults.concurrency),
    rate: own.rate ?? benchDefaults.rate,
    durationMs: own.durationMs ?? byDefault.durationS * 1_000,
    warmupMs: own.warmupMs ?? byDefault.warmupS * 1_000,
    seed: own.seed ?? benchDefaults.seed,
    answers: flags.agentReplies,
    ramp:
      own.ramp === undefined
        ? undefined
        : {
            overMs: own.ramp.overMs,
            connectPerSecond: own.ramp.connectPerSecond ?? benchDefaults.connectPerSecond,
          },
  }
}

function scenarioLoad(scenario: Scenario): Load {
  const { name, title, flows } = scenario
  return {
    mode: scenario.mode,
    concurrency: scenario.concurrency,
    rate: scenario.rate,
    durationMs: scenario.durationMs,
    warmupMs: scenario.warmupMs,
    seed: scenario.seed,
    answers: scenario.agents.answer,
    visitorsPerAgent: scenario.agents.perVisitors,
    flows,
    ramp: scenario.ramp,
    trouble: scenario.trouble,
    rest: scenario.rest,
    scenario: { name, title, flows: flows.map(({ name, weight }) => ({ name, weight })) },
  }
}

/** The command that repeats a run: what was typed, and the seed if it was not. */
export function repeatCommand(argv: readonly string[], seed: number): string {
  const typed = argv.map((word) =>
    /^[\w./:,=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  )
  const seeded = argv.some((word) => word === '--seed' || word.startsWith('--seed='))
  return ['kf', ...typed, ...(seeded ? [] : ['--seed', String(seed)])].join(' ')
}

function readTarget(
  flags: BenchFlags,
  state: CliState,
  adapter: Target | undefined,
): Pick<BenchPlan, 'target' | 'ownServer' | 'disk'> {
  const { target: named } = flags
  if (named !== undefined && /^\w+:\/\//.test(named)) {
    return {
      target: attachedKf({
        url: named,
        site: flags.site,
        data: flags.data,
        beyondLoopback: flags.yesReally === true,
      }),
      ownServer: false,
      disk: null,
    }
  }
  for (const name of ['site', 'data'] as const) {
    if (flags[name] !== undefined)
      throw new KfError('usage', `--${name} belongs to a --target with an address`, {
        hint: `leave --${name} out`,
      })
  }
  if (adapter !== undefined) return { target: adapter, ownServer: true, disk: null }
  if (named === 'echo') return { target: echoTarget, ownServer: true, disk: null }
  if (named === 'relay') return { target: relayTarget, ownServer: true, disk: null }
  if (named !== undefined && named !== 'kf') {
    const meant = didYouMean(named, ['kf', 'echo', 'relay'])
    throw new KfError(
      'usage',
      `--target ${named}: kf, echo, relay, an address or an adapter's file is needed`,
      {
        hint: meant === undefined ? 'for example --target http://127.0.0.1:7000/' : `did you mean ${meant}?`,
      },
    )
  }
  const own = ownNode(state)
  return {
    target: ownKf(own),
    ownServer: true,
    disk: measureDisk(own.dataRoot, state.sinceStartMs),
  }
}
