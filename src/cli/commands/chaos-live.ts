import { runHere } from '../../chaos/experiment/live.ts'
import type { ExperimentEvents, ExperimentResult } from '../../chaos/experiment/result.ts'
import { thisProcess } from '../../chaos/load/this-process.ts'
import type { RunRequest } from './chaos-run-one.ts'
import { stateFolder } from './chaos-state-folder.ts'

/** Runs one scenario on this machine, with its history in the folder. Throws what keeps it from starting. */
export function runLive(request: RunRequest, events: ExperimentEvents): Promise<ExperimentResult> {
  const { host, node, access } = request
  const machine = {
    ...node,
    program: node.serve[0] ?? 'node',
    stateFolder: stateFolder(host),
    pid: thisProcess.pid,
    ...(access === undefined ? {} : { access }),
  }
  return runHere(request, machine, events)
}
