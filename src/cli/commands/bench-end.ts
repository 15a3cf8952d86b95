import type { BenchContext, BenchPlan, MeasuredRow } from '../../chaos/load/bench.ts'
import { machineFacts } from '../../chaos/load/machine.ts'
import type { RestOutcome } from '../../chaos/load/rest-run.ts'
import { takeSample } from '../../chaos/load/sampling.ts'
import { thisProcess } from '../../chaos/load/this-process.ts'
import { reportWidth } from '../../chaos/report/derive.ts'
import { finalLines } from '../../chaos/report/final.ts'
import type { RestReport } from '../../chaos/report/rest.ts'
import { type BenchResult, type Report, storedRow, verdictOfReport } from '../../chaos/report/stored.ts'
import { thresholdsOf } from '../../chaos/report/verdict.ts'
import { reportWords } from '../../chaos/report/words.ts'
import { reportFolder, writeReport } from '../../chaos/report/write.ts'
import type { ScenarioThreshold } from '../../chaos/scenario/scenario.ts'
import type { CliState } from '../state.ts'
import { packageVersion } from '../version.ts'
import type { BenchFlags } from './bench-flags.ts'
import { repeatCommand } from './bench-plan.ts'
import { againstBaseline } from './bench-repeat.ts'
import type { CommandContext } from './table.ts'

/** A run that has ended: what it measured, for its report. */
export type Ended = {
  readonly plan: BenchPlan
  /** A scenario's requests alone, without rows. */
  readonly rest?: RestOutcome
  /** What made the load, where that was not kf. */
  readonly engine?: string
  /** A scenario's thresholds. */
  readonly asked: readonly ScenarioThreshold[] | undefined
  readonly rows: readonly MeasuredRow[]
  readonly startedAt: Date
  readonly seconds: number
  readonly interrupted: boolean
}

/** Writes the report, shows it, and gives the exit code. */
export async function report(flags: BenchFlags, context: CommandContext, ended: Ended): Promise<number> {
  const { state, texts } = context
  const { plan, rows } = ended
  const rest = [...(ended.rest === undefined ? [] : [ended.rest.report]), ...rows.flatMap(besideRow)]
  const language = texts.bench.language === 'zh' ? 'zh' : 'en'
  const folder = reportFolder(
    flags.out,
    ended.startedAt,
    `bench-${plan.scenario?.name ?? plan.target.name}-${ended.engine?.split(' ')[0] ?? plan.mode}`,
  )
  const result = resultOf(ended, rest, repeatCommand(state.argv, plan.seed), state.node.version)
  const report: Report = {
    result,
    details: {
      language,
      interrupted: ended.interrupted,
      report: `${folder}/`,
      ...(rest.length === 0 ? {} : { rest }),
      rows: rows.map((row) =>
        storedRow(row, thresholdsOf(row.outcome.row, plan.mode, row.outcome.integrity, ended.asked)),
      ),
    },
  }
  await writeReport(folder, report, rows, ended.rest?.steps)
  const width = state.out.isTerminal ? state.out.columns : reportWidth
  if (flags.json === true) state.out.write(`${JSON.stringify(result, null, 2)}\n`)
  else state.out.write(`${finalLines(report, reportWords[language], width).join('\n')}\n`)
  const { exitCode } = verdictOfReport(report)
  return flags.baseline === undefined || ended.interrupted
    ? exitCode
    : againstBaseline(flags.baseline, { name: folder, results: [result] }, exitCode, flags, context)
}

// Beside sockets the requests have the row's trust; no bound is set on them.
function besideRow({ concurrency, outcome }: MeasuredRow): readonly RestReport[] {
  if (outcome.rest === undefined) return []
  const steps = outcome.rest.map(({ row }) => ({ row, thresholds: [] }))
  return [{ concurrency, complaint: outcome.complaint, steps }]
}

function resultOf(
  { plan, rows, engine, startedAt, seconds }: Ended,
  rest: readonly RestReport[],
  command: string,
  node: string,
): BenchResult {
  const { disk } = plan
  return {
    command,
    seed: plan.seed,
    mode: plan.mode,
    rate: plan.mode === 'open' ? plan.rate : null,
    ...(plan.scenario === undefined ? {} : { scenario: plan.scenario }),
    ...(engine === undefined ? {} : { engine }),
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
    ...(rest.length === 0
      ? {}
      : {
          rest: rest.flatMap(({ concurrency, steps }) => steps.map(({ row }) => ({ concurrency, ...row }))),
        }),
  }
}

/** What a run needs of its process. */
export function runContext(state: CliState, signal: AbortSignal): Omit<BenchContext, 'onEvent'> {
  return {
    hrtime: thisProcess.hrtime,
    wall: Date.now,
    pid: thisProcess.pid,
    coreCount: state.cores,
    sample: takeSample,
    signal,
  }
}
