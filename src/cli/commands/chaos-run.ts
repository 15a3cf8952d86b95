import { Command } from 'commander'
import type { Experiment } from '../../chaos/experiment/experiment.ts'
import { needsOf } from '../../chaos/experiment/explain.ts'
import { planTimeline } from '../../chaos/experiment/plan.ts'
import { findExperiment, shippedExperiments } from '../../chaos/experiment/shipped.ts'
import type { FaultKind } from '../../chaos/fault/fault.ts'
import { faultKinds } from '../../chaos/fault/kinds.ts'
import { outcomeOf } from '../../chaos/report/experiment/outcome.ts'
import type { ResilienceRow } from '../../chaos/report/experiment/resilience.ts'
import type { ToolHost } from '../../chaos/tools/locate.ts'
import { KfError, messageOf } from '../../core/errors.ts'
import { errorLines } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { missingOf, toolsMissing } from './chaos-needs.ts'
import { writeResilience } from './chaos-resilience.ts'
import { type ChaosRunner, type Planned, type RunFlags, runOne, type Stop, stopOf } from './chaos-run-one.ts'
import { readSeed, scenarioArgument, withFor } from './chaos-scenario.ts'
import { refuseOtherHosts } from './chaos-targets.ts'
import type { CommandContext } from './table.ts'
import { toolHost } from './tools.ts'

/** What lies outside of the command: scenarios, kinds of faults, the tools of this machine, and what runs. */
export type ChaosWorld = {
  readonly find: (named: string, cwd: string) => Promise<Experiment>
  readonly shipped: () => Promise<readonly Experiment[]>
  readonly kinds: ReadonlyMap<string, FaultKind>
  readonly missingOf: (needs: readonly string[], host: ToolHost) => Promise<readonly string[]>
  readonly run: ChaosRunner
}

const realWorld: ChaosWorld = {
  find: findExperiment,
  shipped: shippedExperiments,
  kinds: faultKinds,
  missingOf,
  // What starts nodes and Toxiproxy is loaded only where it runs.
  run: async (request, events) => (await import('./chaos-live.ts')).runLive(request, events),
}

/** `kf chaos run SCENARIO… | --all`: runs, judges, writes the reports; the exit code is the gravest of all runs. */
export function chaosRunCommand(context: CommandContext, world: ChaosWorld = realWorld): Command {
  const { run: texts } = context.texts.chaos
  return new Command('run')
    .summary(texts.summary)
    .description(texts.description)
    .addArgument(scenarioArgument('[scenarios...]', context))
    .option('--all', texts.all)
    .option('--tag <tag>', texts.tag)
    .option('--only-available', texts.onlyAvailable)
    .option('--seed <n>', texts.seed)
    .option('--for <time>', context.texts.chaosScenarios.explain.for)
    .option('--out <dir>', texts.out)
    .option('--yes-really', texts.yesReally)
    .option('--data <dir>', texts.data)
    .option('--site <key>', texts.site)
    .option('--agent-tokens <file>', texts.agentTokens)
    .option('--verbose', texts.verbose)
    .option('--json', texts.json)
    .action((named: readonly string[], flags: RunFlags) => run(named, flags, world, context))
}

async function run(
  named: readonly string[],
  flags: RunFlags,
  world: ChaosWorld,
  context: CommandContext,
): Promise<void> {
  const { state, exit } = context
  refuseOdd(named, flags)
  const planned = await plan(named, flags, world, context)
  const stop = stopOf()
  const forget = state.onSignal(stop.ask)
  const rows: ResilienceRow[] = []
  const codes: number[] = []
  try {
    for (const [i, one] of planned.entries()) {
      if (stop.signal.aborted) break
      if (planned.length > 1)
        state.err.write(`\n${context.texts.chaos.progress(one.named, i + 1, planned.length)}\n`)
      const { row, code } = await ranOrNot(one, planned.length === 1, flags, stop, world, context)
      rows.push(row)
      codes.push(code)
    }
  } finally {
    forget()
  }
  if (flags.json === true) {
    const told = rows.map((row) => ('result' in row ? row.result : row))
    state.out.write(`${JSON.stringify(planned.length === 1 ? (told[0] ?? null) : told, null, 2)}\n`)
  }
  exit.code = gravest(stop.signal.aborted ? [...codes, exitCodes.interrupted] : codes)
  // A page of some of them would say that the others do not exist.
  if (flags.all === true && !stop.signal.aborted) await writeResilience(rows, flags, context)
}

function refuseOdd(named: readonly string[], flags: RunFlags): void {
  if (flags.all === true && named.length > 0) {
    throw new KfError(
      'usage',
      `--all runs every shipped scenario; ${named.join(' ')} cannot stand beside it`,
      {
        hint: 'leave out one of them',
      },
    )
  }
  if (flags.all !== true && named.length === 0) {
    throw new KfError('usage', 'no scenario is named', {
      hint: 'kf chaos list shows them; --all runs them all',
    })
  }
  const alone = [
    ...(flags.tag === undefined ? [] : ['--tag']),
    ...(flags.onlyAvailable === true ? ['--only-available'] : []),
  ]
  if (flags.all !== true && alone.length > 0) {
    throw new KfError('usage', `${alone.join(' and ')} chooses among all scenarios`, { hint: 'add --all' })
  }
}

/** Everything is read before anything runs: what is wrong with the last scenario is said now. */
async function plan(
  named: readonly string[],
  flags: RunFlags,
  world: ChaosWorld,
  { state }: CommandContext,
): Promise<readonly Planned[]> {
  const seed = flags.seed === undefined ? undefined : readSeed(flags.seed)
  const read: { readonly named: string; readonly experiment: Experiment }[] = []
  if (flags.all === true) {
    const shipped = await world.shipped()
    const chosen = shipped.filter(({ tags }) => flags.tag === undefined || tags.includes(flags.tag))
    if (chosen.length === 0) throw noSuchTag(flags.tag ?? '', shipped)
    read.push(...chosen.map((experiment) => ({ named: experiment.name, experiment })))
  } else {
    for (const one of named) read.push({ named: one, experiment: await world.find(one, state.cwd) })
  }
  return read.map(({ named: name, experiment }) => {
    refuseOtherHosts(experiment, flags.yesReally === true)
    const asked = withFor(experiment, flags.for)
    const seeded = seed === undefined ? asked : { ...asked, seed }
    return { named: name, experiment: seeded, timeline: planTimeline(seeded, world.kinds, seeded.seed) }
  })
}

function noSuchTag(tag: string, shipped: readonly Experiment[]): KfError {
  const known = [...new Set(shipped.flatMap(({ tags }) => tags))].toSorted().join(', ')
  return new KfError('usage', `--tag ${tag}: no shipped scenario has it`, {
    hint: known === '' ? 'leave it out' : `there are ${known}`,
  })
}

/** Of several, one that cannot run does not keep the others from running. */
async function ranOrNot(
  planned: Planned,
  alone: boolean,
  flags: RunFlags,
  stop: Stop,
  world: ChaosWorld,
  context: CommandContext,
): Promise<{ readonly row: ResilienceRow; readonly code: number }> {
  const { state, texts } = context
  const { name, title } = planned.experiment
  const host = toolHost(context)
  const missing = await world.missingOf(needsOf(planned.timeline, world.kinds), host)
  if (missing.length > 0) {
    if (flags.all !== true) throw toolsMissing(name, missing)
    const notRun = texts.chaos.notRun(missing.join(', '))
    state.err.write(`${notRun}\n`)
    return {
      row: { name, title, notRun },
      code: flags.onlyAvailable === true ? exitCodes.done : exitCodes.invalid,
    }
  }
  try {
    const { result, folder } = await runOne(planned, flags, stop, world.run, host, context)
    return { row: { name, title, result, folder }, code: outcomeOf(result).exitCode }
  } catch (error) {
    if (alone) throw error
    state.err.write(errorLines(error, texts, state.env['KF_DEBUG'] === '1'))
    return { row: { name, title, notRun: texts.chaos.failed(messageOf(error)) }, code: exitCodes.failed }
  }
}

function gravest(codes: readonly number[]): number {
  const order = [exitCodes.violated, exitCodes.failed, exitCodes.interrupted, exitCodes.invalid]
  return order.find((code) => codes.includes(code)) ?? exitCodes.done
}
