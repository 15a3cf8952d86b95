import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { KfError } from '../../core/errors.ts'
import { createChecker } from '../check/checker.ts'
import { createHistoryWriter } from '../check/history-writer.ts'
import { startGuard } from '../fault/guard.ts'
import { faultKinds } from '../fault/kinds.ts'
import { historyFile } from '../report/experiment/evidence.ts'
import type { ToolHost } from '../tools/locate.ts'
import type { AttachedAccess } from '../topology/attached.ts'
import { startTopology } from '../topology/start.ts'
import type { Experiment, Timeline } from './experiment.ts'
import type { ExperimentEvents, ExperimentResult } from './result.ts'
import { runExperiment } from './run.ts'

export type LiveRun = {
  readonly experiment: Experiment
  readonly timeline: Timeline
  /** Where `history.jsonl` goes. It exists. */
  readonly folder: string
  readonly command: string
  readonly machine: string
  readonly signal: AbortSignal
  readonly host: ToolHost
}

/** What of this machine a run may use. */
export type LiveMachine = {
  /** The program and arguments that stand for `kf serve`: Node, the launcher, `serve`. */
  readonly serve: readonly string[]
  /** Node. */
  readonly program: string
  /** Existing folder on a real disk, for the node's data. */
  readonly dataRoot: string
  /** Of this user, on a disk that outlives the run: lock and undo logs. */
  readonly stateFolder: string
  readonly pid: number
  /** For an attached plan. */
  readonly access?: AttachedAccess
}

/** A run on this machine, under its guard. Throws what could not be started; nothing is left then. */
export async function runHere(
  run: LiveRun,
  machine: LiveMachine,
  events: ExperimentEvents,
): Promise<ExperimentResult> {
  const { experiment, timeline, host } = run
  const trouble = new Troubles()
  const guard = await startGuard({
    stateFolder: machine.stateFolder,
    scenario: experiment.name,
    run: randomBytes(6).toString('hex'),
    pid: machine.pid,
    program: machine.program,
    ttlMs: experiment.safety.ttlMs,
    onTtl: () => {
      trouble.tell(new KfError('ttl', 'the ttl is over, and the guard has healed everything'))
    },
    onTrouble: trouble.tell,
  })
  let result: ExperimentResult
  try {
    const history = createHistoryWriter(join(run.folder, historyFile), liveClock)
    result = await runExperiment(
      experiment,
      timeline,
      {
        clock: liveClock,
        kinds: faultKinds,
        startTopology: (plan, workload) =>
          startTopology(plan, workload, {
            serve: machine.serve,
            env: host.env,
            dataRoot: machine.dataRoot,
            keep: guard.keep,
            host,
            onTrouble: trouble.tell,
            ...(machine.access === undefined ? {} : { access: machine.access }),
          }),
        undo: guard.undo,
        history,
        createChecker,
        signal: run.signal,
        onTrouble: trouble.listen,
        machine: run.machine,
        command: run.command,
      },
      events,
    )
  } catch (error) {
    await guard.close()
    throw error
  }
  const { left } = await guard.close()
  return left.length === 0
    ? result
    : { ...result, status: worse(result), leftFaults: [...result.leftFaults, ...left] }
}

/** NOTE: its timers keep the process alive, unlike those of the system's clock: a run waits for nothing else at times. */
const liveClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}

/** What goes wrong beside the run, told to whoever listens by then. */
class Troubles {
  readonly #early: KfError[] = []
  #listener: ((trouble: KfError) => void) | undefined

  readonly tell = (trouble: KfError): void => {
    if (this.#listener === undefined) this.#early.push(trouble)
    else this.#listener(trouble)
  }

  readonly listen = (listener: (trouble: KfError) => void): void => {
    this.#listener = listener
    for (const trouble of this.#early.splice(0)) listener(trouble)
  }
}

function worse({ status }: ExperimentResult): ExperimentResult['status'] {
  return status === 'aborted' ? status : 'fail'
}
