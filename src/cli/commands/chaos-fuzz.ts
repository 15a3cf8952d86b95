import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Experiment } from '../../chaos/experiment/experiment.ts'
import { brokenBy, type FuzzEvent, type Fuzzed, fuzz, type Ran } from '../../chaos/experiment/fuzz.ts'
import type { ExperimentEvents } from '../../chaos/experiment/result.ts'
import { findExperiment } from '../../chaos/experiment/shipped.ts'
import { faultKinds } from '../../chaos/fault/kinds.ts'
import { machineFacts } from '../../chaos/load/machine.ts'
import { writeExperiment } from '../../chaos/report/experiment/stored.ts'
import { reportFolder } from '../../chaos/report/write.ts'
import { KfError } from '../../core/errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { languageOf } from '../i18n/texts.ts'
import { isPlain } from '../state.ts'
import { missingOf, toolsMissing } from './chaos-needs.ts'
import type { ChaosWorld } from './chaos-run.ts'
import { type ChaosRunner, machineText, reportsByDefault } from './chaos-run-one.ts'
import { readWhole, scenarioArgument } from './chaos-scenario.ts'
import { refuseOtherHosts } from './chaos-targets.ts'
import { ownNode } from './own-node.ts'
import type { CommandContext } from './table.ts'
import { toolHost } from './tools.ts'

type FuzzFlags = {
  readonly seeds: string
  readonly first: string
  readonly tries: string
  readonly out?: string
  readonly yesReally?: boolean
  readonly json?: boolean
}

const sink = 'kitchen-sink'

/** `kf chaos fuzz`: schedules that seeds draw; one that breaks a promise becomes a scenario, as short as it can be. */
export function chaosFuzzCommand(context: CommandContext, world: FuzzWorld = realWorld): Command {
  const { fuzz: texts, json } = context.texts.chaosScenarios
  return new Command('fuzz')
    .summary(texts.summary)
    .description(texts.description)
    .addArgument(scenarioArgument('[scenario]', context))
    .option('--seeds <n>', texts.seeds, '10')
    .option('--first <n>', texts.first, '1')
    .option('--tries <n>', texts.tries, '40')
    .option('--out <dir>', texts.out)
    .option('--yes-really', context.texts.chaos.run.yesReally)
    .option('--json', json)
    .action((named: string | undefined, flags: FuzzFlags) => draw(named ?? sink, flags, world, context))
}

/** What the command asks of the machine; replaced in tests. */
export type FuzzWorld = Pick<ChaosWorld, 'find' | 'kinds' | 'missingOf' | 'run'>

const realWorld: FuzzWorld = {
  find: findExperiment,
  kinds: faultKinds,
  missingOf,
  // What starts nodes and Toxiproxy is loaded only where it runs.
  run: async (request, events) => (await import('./chaos-live.ts')).runLive(request, events),
}

async function draw(
  named: string,
  flags: FuzzFlags,
  world: FuzzWorld,
  context: CommandContext,
): Promise<void> {
  const { state, texts, exit } = context
  const words = texts.chaosScenarios.fuzz
  const [seeds, first, mostTries] = [
    readWhole('--seeds', flags.seeds, 1, 100_000),
    readWhole('--first', flags.first, 0, 2 ** 32 - 100_001),
    readWhole('--tries', flags.tries, 0, 10_000),
  ]
  const base = await drawable(named, await world.find(named, state.cwd), world, context)
  refuseOtherHosts(base, flags.yesReally === true)
  const root = flags.out ?? base.report.folder ?? reportsByDefault
  const stop = new AbortController()
  const forget = state.onSignal(() => {
    stop.abort()
  })
  const progress = progressOn(context)
  const files: string[] = []
  let fuzzed: Fuzzed
  try {
    fuzzed = await fuzz(
      { base, seeds: Array.from({ length: seeds }, (_, i) => first + i), mostTries, kinds: world.kinds },
      {
        stopped: () => stop.signal.aborted,
        onEvent: (event) => {
          if (event.t === 'shrunk') files.push(written(root, event))
          progress.line(lineOf(event, files.at(-1) ?? '', context))
        },
        run: async (experiment, timeline) => {
          const folder = reportFolder(root, new Date(), `chaos-fuzz-${experiment.seed}`)
          mkdirSync(folder, { recursive: true })
          const node = ownNode(state)
          const request = { experiment, timeline, folder, signal: stop.signal, host: toolHost(context), node }
          const command = `kf chaos fuzz ${named} --seeds 1 --first ${experiment.seed}`
          const machine = machineText(machineFacts())
          const result = await world
            .run({ ...request, command, machine }, progress.events)
            .catch((error: unknown) => forgetAndThrow(folder, error))
          await keepOrForget(folder, result, context)
          return result
        },
      },
    )
  } finally {
    progress.end()
    forget()
  }
  exit.code = codeOf(fuzzed, stop.signal.aborted)
  if (flags.json === true) state.out.write(`${JSON.stringify(jsonOf(fuzzed, files), null, 2)}\n`)
  else state.out.write(`${words.end(fuzzed.passed.length, fuzzed.unknown.length, fuzzed.found.length)}\n`)
}

// What could not even run has left nothing worth keeping.
function forgetAndThrow(folder: string, error: unknown): never {
  rmSync(folder, { recursive: true, force: true })
  throw error
}

// Of a run that broke nothing there is nothing to look at.
async function keepOrForget(
  folder: string,
  result: Awaited<ReturnType<ChaosRunner>>,
  { texts }: CommandContext,
): Promise<void> {
  const ran: Ran = result
  if (brokenBy(ran).length === 0) rmSync(folder, { recursive: true, force: true })
  else await writeExperiment(folder, result, languageOf(texts.language, {}))
}

/** The scenario without the faults that cannot happen on this machine. Throws `usage` and `chaos_tools_missing`. */
async function drawable(
  named: string,
  base: Experiment,
  { kinds, missingOf: missing }: FuzzWorld,
  context: CommandContext,
): Promise<Experiment> {
  if (base.random === undefined) {
    throw new KfError('usage', `${named} has no random faults to draw from`, {
      hint: `add random to it, or leave it out for ${sink}`,
    })
  }
  const host = toolHost(context)
  if ((await missing(['toxiproxy'], host)).length > 0) throw toolsMissing(named, ['toxiproxy'])
  const needs = new Map<string, readonly string[]>()
  for (const { fault } of base.random.choices)
    needs.set(fault, await missing(kinds.get(fault)?.needs ?? [], host))
  const choices = base.random.choices.filter(({ fault }) => needs.get(fault)?.length === 0)
  for (const [fault, absent] of needs)
    if (absent.length > 0)
      context.state.err.write(`${context.texts.chaosScenarios.fuzz.leftOut(fault, absent.join(', '))}\n`)
  if (choices.length === 0) throw toolsMissing(named, [...needs.values()].flat())
  return { ...base, random: { ...base.random, choices } }
}

function written(root: string, { found }: Extract<FuzzEvent, { readonly t: 'shrunk' }>): string {
  const file = join(root, `${found.experiment.name}.yml`)
  mkdirSync(root, { recursive: true })
  writeFileSync(file, found.text)
  return file
}

function codeOf({ found, unknown }: Fuzzed, interrupted: boolean): number {
  if (found.length > 0) return exitCodes.violated
  if (interrupted) return exitCodes.interrupted
  return unknown.length > 0 ? exitCodes.invalid : exitCodes.done
}

function lineOf(event: FuzzEvent, file: string, { texts }: CommandContext): string {
  const words = texts.chaosScenarios.fuzz
  switch (event.t) {
    case 'seed':
      return words.seed(event.seed, event.timeline.steps.length, Math.ceil(event.timeline.endsMs / 1_000))
    case 'passed':
      return words.passed(event.seed)
    case 'unknown':
      return words.unknown(event.seed, event.reasons.join('; '))
    case 'failed':
      return words.failed(event.seed, event.broken.join(', '))
    case 'shrinking':
      return words.shrinking(event.tries, event.faults)
    case 'shrunk':
      return words.shrunk(event.found.faultsBefore, event.found.experiment.method.length, file)
  }
}

function jsonOf({ passed, unknown, found }: Fuzzed, files: readonly string[]) {
  return {
    passed,
    unknown,
    failed: found.map(({ seed, broken, experiment, tries, faultsBefore }, i) => ({
      seed,
      broken,
      file: files[i],
      faults_before: faultsBefore,
      faults: experiment.method.length,
      tries,
    })),
  }
}

// Lines on stderr, and on a terminal what the run that goes on is doing.
function progressOn({ state }: CommandContext): {
  readonly line: (text: string) => void
  readonly events: ExperimentEvents
  readonly end: () => void
} {
  const live = !isPlain(state, state.err)
  const end = (): void => {
    if (live) state.err.write('\r\x1b[K')
  }
  return {
    line: (text) => {
      end()
      state.err.write(`${text}\n`)
    },
    events: {
      step: () => {},
      fault: () => {},
      second: ({ t, acks, visitors }, { active }) => {
        if (!live) return
        const faults = active.map(({ fault, on }) => `${fault} ${on}`).join(', ')
        state.err.write(`\r  ${Math.round(t / 1_000)}s   ${visitors}   ${acks}/s   ${faults}\x1b[K`)
      },
    },
    end,
  }
}
