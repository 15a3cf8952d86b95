import type { KfError } from '../core/errors.ts'
import type { Address } from './config/values.ts'
import type { AddAgentArgs, AdminCall } from './people/calls.ts'
import type { RunningNode, SupervisorOptions } from './supervisor.ts'

/**
 * The server's declared entry points: all that the CLI may use of it. Each loads its code when it is called, so that
 * `kf --help` and the first milliseconds of `kf serve` load nothing of the server.
 */

/** What the configuration centre says, to be said in another language; loads nothing. */
export { readSentence, type SentenceName } from './config-center/sentences.ts'
export type {
  ApplyAnswer,
  ConfigAnswer,
  ConfigErrorAnswer,
  ConfirmAnswer,
  DryRunAnswer,
  EffectiveAnswer,
  EffectiveSource,
  HealthAnswer,
  HealthSpan,
  HistoryAnswer,
  Plan,
} from './config-center/wire.ts'
export type { AdminCall, AdminResults, BootstrapResult } from './people/calls.ts'
export type { RunningNode } from './supervisor.ts'

export async function startNode(options: SupervisorOptions): Promise<RunningNode> {
  const { startNode } = await import('./supervisor.ts')
  return startNode(options)
}

/**
 * Carries out an administrative call on the store of a node that does not run, under the lock of its data folder.
 * Throws `folder_in_use` when one does run.
 */
export async function administerOffline(data: string, call: AdminCall): Promise<unknown> {
  const { administerOffline } = await import('./admin/offline.ts')
  return administerOffline(data, call)
}

/** Reads the arguments of `agents.add`. Throws `bad_request` naming the field and its bound. */
export async function readAddAgent(input: unknown): Promise<AddAgentArgs> {
  const { readAddAgent } = await import('./people/args.ts')
  return readAddAgent(input)
}

/** What stands in the way of listening there, or undefined when the address is free. `flag` is the option to blame. */
export async function probeListen(address: Address, flag: string): Promise<KfError | undefined> {
  const { probePort } = await import('./supervisor/ports.ts')
  return probePort(address, { flag, waitMs: 0 }).then(
    () => undefined,
    (error: KfError) => error,
  )
}
