import { Command } from 'commander'
import { type BenchEvent, type BenchPlan, type MeasuredRow, runBench } from '../../chaos/load/bench.ts'
import { machineFacts } from '../../chaos/load/machine.ts'
import { thisProcess } from '../../chaos/load/this-process.ts'
import { reportWidth } from '../../chaos/report/derive.ts'
import { finalLines } from '../../chaos/report/final.ts'
import { type BenchResult, type Report, storedRow, verdictOfReport } from '../../chaos/report/stored.ts'
import { thresholdsOf } from '../../chaos/report/verdict.ts'
import { reportWords } from '../../chaos/report/words.ts'
import { reportFolder, writeReport } from '../../chaos/report/write.ts'
import type { Scenario, ScenarioThreshold } from '../../chaos/scenario/scenario.ts'
import { isPlain } from '../state.ts'
import { plainView } from '../ui/bench-plain.ts'
import type { BenchView } from '../ui/bench-view.ts'
import { packageVersion } from '../version.ts'
import { benchCleanCommand } from './bench-clean.ts'
import { type BenchFlags, benchDefaults } from './bench-flags.ts'
import { readAdapter, readPlan, repeatCommand } from './bench-plan.ts'
import { benchReportCommand } from './bench-report.ts'
import { listScenarios, readEngine, readScenario } from './bench-scenario.ts'
import type { CommandContext } from './table.ts'

/** `kf bench`: measures, shows, writes the report, and exits 0, 5 (violated), 6 (invalid) or 130 (interrupted). */
export function benchCommand(context: CommandContext): Command {
  const { bench: texts, help } = context.texts
  const byDefault = (text: string, value: string | number): string => `${text} (${help.default} ${value})`
  // Positional options: what follows a subcommand's name is its own, since both know --json and --data.
  return new Command('bench')
    .argument('[scenario]', texts.scenario)
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
    .option('--yes-really', texts.yesReally)
    .option('--no-agent-replies', texts.noAgentReplies)
    .option('--json', texts.json)
    .option('--out <dir>', texts.out, benchDefaults.out)
    .action((named: string | undefined, flags: BenchFlags) => bench(named, flags, context))
    .enablePositionalOptions()
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
  readEngine(flags, scenario)
  await benchSockets(flags, context, scenario)
}

async function benchSockets(
  flags: BenchFlags,
  context: CommandContext,
  scenario: Scenario | undefined,
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
  let rows: readonly MeasuredRow[]
  try {
    rows = await runBench(plan, {
      hrtime: thisProcess.hrtime,
      wall: Date.now,
      pid: thisProcess.pid,
      coreCount: state.cores,
      signal: stop.signal,
      onEvent: (event: BenchEvent) => {
        view.event(event)
      },
    })
  } finally {
    view.stop()
    forget()
  }
  const seconds = (state.sinceStartMs() - from) / 1000
  exit.code = await report(flags, context, {
    plan,
    asked: scenario?.thresholds,
    rows,
    startedAt,
    seconds,
    interrupted: stop.signal.aborted,
  })
}

type Ended = {
  readonly plan: BenchPlan
  /** A scenario's thresholds. */
  readonly asked: readonly ScenarioThreshold[] | undefined
  readonly rows: readonly MeasuredRow[]
  readonly startedAt: Date
  readonly seconds: number
  readonly interrupted: boolean
}

async function report(flags: BenchFlags, context: CommandContext, ended: Ended): Promise<number> {
  const { state, texts } = context
  const { plan, rows } = ended
  const language = texts.bench.language === 'zh' ? 'zh' : 'en'
  const folder = reportFolder(
    flags.out,
    ended.startedAt,
    `bench-${plan.scenario?.name ?? plan.target.name}-${plan.mode}`,
  )
  const result = resultOf(ended, repeatCommand(state.argv, plan.seed), state.node.version)
  const report: Report = {
    result,
    details: {
      language,
      interrupted: ended.interrupted,
      report: `${folder}/`,
      rows: rows.map((row) =>
        storedRow(row, thresholdsOf(row.outcome.row, plan.mode, row.outcome.integrity, ended.asked)),
      ),
    },
  }
  await writeReport(folder, report, rows)
  const width = state.out.isTerminal ? state.out.columns : reportWidth
  if (flags.json === true) state.out.write(`${JSON.stringify(result, null, 2)}\n`)
  else state.out.write(`${finalLines(report, reportWords[language], width).join('\n')}\n`)
  return verdictOfReport(report).exitCode
}

function resultOf({ plan, rows, startedAt, seconds }: Ended, command: string, node: string): BenchResult {
  const { disk } = plan
  return {
    command,
    seed: plan.seed,
    mode: plan.mode,
    rate: plan.mode === 'open' ? plan.rate : null,
    ...(plan.scenario === undefined ? {} : { scenario: plan.scenario }),
    machine: {
      ...machineFacts(),
      ...(disk === null
        ? {}
        : { disk: disk.fileSystem, disk_sync_p50_ms: disk.syncP50Ms, disk_sync_p99_ms: disk.syncP99Ms }),
    },
    versions: { kf: packageVersion(), node },
    started_at: startedAt.toISOString(),
    duration_s: Math.round(seconds * 10) / 10,
    rows: rows.map(({ outcome }) => outcome.row),
  }
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
