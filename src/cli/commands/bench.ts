import { Argument, Command } from 'commander'
import { type BenchContext, type BenchPlan, runBench } from '../../chaos/load/bench.ts'
import { reportWords } from '../../chaos/report/words.ts'
import type { Scenario } from '../../chaos/scenario/scenario.ts'
import { shippedNames } from '../../chaos/scenario/shipped.ts'
import { offering } from '../offered.ts'
import { isPlain } from '../state.ts'
import { plainView } from '../ui/bench-plain.ts'
import type { BenchView } from '../ui/bench-view.ts'
import { benchAgentCommand } from './bench-agent.ts'
import { benchCleanCommand } from './bench-clean.ts'
import { benchCompareCommand } from './bench-compare.ts'
import { type Ended, report, runContext } from './bench-end.ts'
import { type BenchFlags, benchDefaults } from './bench-flags.ts'
import { hostDefaults, refuseHostsFor } from './bench-hosts.ts'
import { readAdapter, readPlan } from './bench-plan.ts'
import { repeated } from './bench-repeat.ts'
import { benchReportCommand } from './bench-report.ts'
import { benchRest } from './bench-rest.ts'
import { type Engine, listScenarios, readEngine, readScenario } from './bench-scenario.ts'
import type { CommandContext } from './table.ts'

/** `kf bench`: measures, shows, writes the report, and exits 0, 5 (violated), 6 (invalid) or 130 (interrupted). */
export function benchCommand(context: CommandContext): Command {
  const { bench: texts, help } = context.texts
  const byDefault = (text: string, value: string | number): string => `${text} (${help.default} ${value})`
  // Positional options: what follows a subcommand's name is its own, since both know --json and --data.
  return new Command('bench')
    .addArgument(offering(new Argument('[scenario]', texts.scenario), shippedNames))
    .option('--list', texts.list)
    .option('--concurrency <n,…>', byDefault(texts.concurrency, benchDefaults.concurrency))
    .option('--mode <open|closed>', byDefault(texts.mode, benchDefaults.mode))
    .option('--rate <r>', byDefault(texts.rate, benchDefaults.rate))
    .option('--ramp <t>', texts.ramp)
    .option(
      '--duration <s>',
      byDefault(texts.duration, `${benchDefaults.open.durationS}, closed ${benchDefaults.closed.durationS}`),
    )
    .option('--warmup <s>', byDefault(texts.warmup, benchDefaults.open.warmupS))
    .option('--seed <n>', byDefault(texts.seed, benchDefaults.seed))
    .option('--engine <kf|k6|autocannon>', texts.engine)
    .option('--target <t>', texts.target)
    .option('--site <key>', texts.site)
    .option('--data <dir>', texts.data)
    .option('--agents <n>', texts.agents)
    .option('--workers <n>', texts.workers)
    .option('--generators <n>', texts.generators)
    .option('--hosts <host:port,…>', texts.hosts)
    .option('--host-token-file <file>', byDefault(texts.hostTokenFile, hostDefaults.tokenFile))
    .option('--beyond-loopback', texts.beyondLoopback)
    .option('--yes-really', texts.yesReally)
    .option('--no-agent-replies', texts.noAgentReplies)
    .option('--repeat <n>', texts.repeat)
    .option('--baseline <path>', texts.baseline)
    .option('--json', texts.json)
    .option('--out <dir>', texts.out, benchDefaults.out)
    .action((named: string | undefined, flags: BenchFlags) =>
      repeated(flags, context, (once) => bench(named, once, context)),
    )
    .enablePositionalOptions()
    .addCommand(benchAgentCommand(context))
    .addCommand(benchCompareCommand(context))
    .addCommand(benchReportCommand(context))
    .addCommand(benchCleanCommand(context))
    .helpCommand(false)
}

async function bench(named: string | undefined, flags: BenchFlags, context: CommandContext): Promise<void> {
  const { state } = context
  if (flags.list === true) {
    state.out.write(await listScenarios(flags.json === true))
    return
  }
  const scenario = named === undefined ? undefined : await readScenario(named, flags, state)
  const engine = readEngine(flags, scenario)
  refuseHostsFor(engine, flags)
  if (engine === 'autocannon' && scenario !== undefined) await benchRest(flags, context, scenario)
  else await benchSockets(flags, context, scenario, engine)
}

async function benchSockets(
  flags: BenchFlags,
  context: CommandContext,
  scenario: Scenario | undefined,
  engine: Engine,
): Promise<void> {
  const { state, exit } = context
  const plan = readPlan(flags, state, await readAdapter(flags, state), scenario)
  const startedAt = new Date()
  const from = state.sinceStartMs()
  const stop = new AbortController()
  const interrupt = (): void => {
    if (!stop.signal.aborted) view.stopping()
    stop.abort()
  }
  const view = await viewFor(flags, plan, context, interrupt)
  const forget = state.onSignal(interrupt)
  let measured: Measured
  try {
    const run: BenchContext = {
      ...runContext(state, stop.signal),
      onEvent: (event) => {
        view.event(event)
      },
    }
    measured =
      engine === 'k6' ? await byK6(plan, scenario, run, context) : { rows: await runBench(plan, run) }
  } finally {
    view.stop()
    forget()
  }
  exit.code = await report(flags, context, {
    ...measured,
    plan,
    asked: scenario?.thresholds,
    startedAt,
    seconds: (state.sinceStartMs() - from) / 1000,
    interrupted: stop.signal.aborted,
  })
}

type Measured = Pick<Ended, 'rows' | 'engine'>

// Loaded only where it is used: few runs ask for a second opinion.
async function byK6(
  plan: BenchPlan,
  scenario: Scenario | undefined,
  run: BenchContext,
  context: CommandContext,
): Promise<Measured> {
  const { runK6 } = await import('../../chaos/k6/run.ts')
  const { toolHost } = await import('./tools.ts')
  const options = {
    host: toolHost(context),
    name: scenario?.name ?? 'bench',
    thresholds: scenario?.thresholds ?? [],
    restSteps: scenario?.rest.length ?? 0,
  }
  return runK6(plan, options, run)
}

// The live view takes ink and React with it, so it is loaded only where it is shown.
async function viewFor(
  flags: BenchFlags,
  plan: BenchPlan,
  { state, texts }: CommandContext,
  interrupt: () => void,
): Promise<BenchView> {
  const words = reportWords[texts.bench.language === 'zh' ? 'zh' : 'en']
  if (flags.json === true || isPlain(state, state.out))
    return plainView(plan, words, state.err.write, state.sinceStartMs)
  const { inkView } = await import('../ui/bench.ts')
  return inkView(plan, words, state.sinceStartMs, interrupt)
}
