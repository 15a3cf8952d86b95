import { readFile, rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Experiment, Timeline } from '../../chaos/experiment/experiment.ts'
import type { LiveRun } from '../../chaos/experiment/live.ts'
import type { ExperimentEvents, ExperimentResult } from '../../chaos/experiment/result.ts'
import { type MachineFacts, machineFacts } from '../../chaos/load/machine.ts'
import { finalLines } from '../../chaos/report/experiment/final.ts'
import { pageFile } from '../../chaos/report/experiment/stored.ts'
import { experimentWords } from '../../chaos/report/experiment/words.ts'
import { mebibytes } from '../../chaos/report/numbers.ts'
import type { ToolHost } from '../../chaos/tools/locate.ts'
import type { AttachedAccess } from '../../chaos/topology/attached.ts'
import { KfError, messageOf } from '../../core/errors.ts'
import { languageOf } from '../i18n/texts.ts'
import { type CliState, isPlain } from '../state.ts'
import { plainView } from '../ui/chaos-plain.ts'
import type { ChaosView } from '../ui/chaos-view.ts'
import { keepReport, makeReportFolder } from './chaos-folder.ts'
import { ownNode } from './own-node.ts'
import type { CommandContext } from './table.ts'

/** One scenario that is about to run. */
export type Planned = {
  readonly experiment: Experiment
  readonly timeline: Timeline
  /** As it was named on the command line. */
  readonly named: string
}

/** What is asked of whatever runs it. */
export type RunRequest = LiveRun & {
  readonly node: ReturnType<typeof ownNode>
  /** Into a deployment that runs already. */
  readonly access?: AttachedAccess
}
export type ChaosRunner = (request: RunRequest, events: ExperimentEvents) => Promise<ExperimentResult>

export type RunFlags = {
  readonly seed?: string
  readonly for?: string
  readonly out?: string
  readonly all?: boolean
  readonly tag?: string
  readonly onlyAvailable?: boolean
  readonly json?: boolean
  readonly yesReally?: boolean
  readonly verbose?: boolean
  readonly data?: string
  readonly site?: string
  readonly agentTokens?: string
}

export type Ran = { readonly result: ExperimentResult; readonly folder: string }

export const reportsByDefault = 'reports'

/** The columns of the final text where no terminal tells its own. */
const reportWidth = 110

/** Runs one scenario under its view and writes its report; then shows the end, unless JSON is asked for. */
export async function runOne(
  { experiment, timeline, named }: Planned,
  flags: RunFlags,
  stop: Stop,
  runner: ChaosRunner,
  host: ToolHost,
  context: CommandContext,
): Promise<Ran> {
  const { state, texts } = context
  const language = languageOf(texts.language, {})
  const words = experimentWords[language]
  const root = flags.out ?? experiment.report.folder ?? reportsByDefault
  const access = experiment.topology.kind === 'attached' ? await accessOf(flags, state) : undefined
  const folder = await makeReportFolder(root, experiment.name)
  const view = await viewFor({ experiment, timeline, named }, flags, stop, context)
  stop.watch(view)
  let result: ExperimentResult
  try {
    result = await runner(
      {
        experiment,
        timeline,
        folder,
        command: repeatCommand(named, experiment.seed, flags.for),
        machine: machineText(machineFacts()),
        signal: stop.signal,
        host,
        node: ownNode(state),
        ...(access === undefined ? {} : { access }),
      },
      view,
    )
  } catch (error) {
    // Nothing began, so nothing is left; a folder that holds a history already stays.
    await rmdir(folder).catch(() => undefined)
    throw error
  } finally {
    view.stop()
    stop.watch(undefined)
  }
  const { facts, failure } = await keepReport(folder, result, language)
  if (flags.json !== true) {
    const width = state.out.isTerminal ? state.out.columns : reportWidth
    const report = failure === undefined ? join(folder, pageFile) : undefined
    const options = { width, verbose: flags.verbose === true, report }
    state.out.write(`${finalLines(result, facts, words, options).join('\n')}\n`)
  }
  if (failure !== undefined) throw failure
  return { result, folder }
}

/** The wish to stop, by signals and by the keys of the view that is shown. */
export type Stop = {
  readonly signal: AbortSignal
  readonly ask: () => void
  readonly watch: (view: ChaosView | undefined) => void
}

export function stopOf(): Stop {
  const controller = new AbortController()
  let shown: ChaosView | undefined
  return {
    signal: controller.signal,
    ask: () => {
      shown?.stopping(controller.signal.aborted)
      controller.abort()
    },
    watch: (view) => {
      shown = view
    },
  }
}

// The live view takes ink and React with it, so it is loaded only where it is shown.
async function viewFor(
  { experiment, timeline, named }: Planned,
  flags: RunFlags,
  stop: Stop,
  { state, texts }: CommandContext,
): Promise<ChaosView> {
  const words = experimentWords[languageOf(texts.language, {})]
  if (flags.json === true || isPlain(state, state.out))
    return plainView(experiment, timeline, named, words, state.err.write, state.sinceStartMs)
  const { inkView } = await import('../ui/chaos.ts')
  return inkView(experiment, timeline, named, words, state.sinceStartMs, stop.ask)
}

/** Undefined: nothing was given, which attaching says with what to give. Throws `usage` for a file that cannot be read. */
async function accessOf(flags: RunFlags, state: CliState): Promise<AttachedAccess | undefined> {
  if (flags.data !== undefined) return { dataFolder: resolve(state.cwd, flags.data) }
  if (flags.site === undefined) return undefined
  if (flags.agentTokens === undefined) return { site: flags.site, agentTokens: [] }
  try {
    const text = await readFile(resolve(state.cwd, flags.agentTokens), 'utf8')
    return {
      site: flags.site,
      agentTokens: text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    }
  } catch (error) {
    throw new KfError('usage', `--agent-tokens ${flags.agentTokens}: ${messageOf(error)}`, {
      hint: 'name a file with a session token a line',
      cause: error,
    })
  }
}

function repeatCommand(named: string, seed: number, lasts: string | undefined): string {
  const quoted = /^[\w./-]+$/.test(named) ? named : `'${named.replaceAll("'", `'\\''`)}'`
  return `kf chaos run ${quoted} --seed ${seed}${lasts === undefined ? '' : ` --for ${lasts}`}`
}

export function machineText({ cpu, cores, memory_bytes, kernel }: MachineFacts): string {
  return `${cpu}, ${cores} cores, ${mebibytes(memory_bytes)}, Linux ${kernel}`
}
