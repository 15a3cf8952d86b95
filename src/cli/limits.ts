import {
  chooseWorkers,
  descriptorLimit,
  socketsPerWorker,
  type WorkerChoice,
} from '../server/config/descriptors.ts'

export type NodeLimits = {
  /** Open files a process may have; undefined where the system does not tell. */
  readonly descriptors: number | undefined
  /** Sockets one worker holds. */
  readonly perWorker: number | undefined
  readonly choice: WorkerChoice
}

export function nodeLimits(cores: number): NodeLimits {
  const descriptors = descriptorLimit()
  return {
    descriptors,
    perWorker: descriptors === undefined ? undefined : socketsPerWorker(descriptors),
    choice: chooseWorkers(cores, descriptors),
  }
}
