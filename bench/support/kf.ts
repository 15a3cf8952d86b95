import type { Addresses } from '../../src/chaos/load/ipc.ts'
import { echoTarget } from '../../src/chaos/targets/bare.ts'
import { ownKf } from '../../src/chaos/targets/kf.ts'
import type { Demand } from '../../src/chaos/targets/target.ts'
import type { Bench } from './claim.ts'
import { launcher } from './root.ts'

/** A server under measurement, stopped when the sample ends. */
export type Server = {
  readonly address: Addresses[number]
  /** Where people open it. */
  readonly url: string
  readonly site: string
  readonly agentTokens: readonly string[]
  readonly pids: readonly number[]
  /** Empty for a bare server. */
  readonly dataFolder: string
}

/** Which of the two programs of a checkout `kf serve` runs: what the launcher reads. */
export type Program = { readonly KF_DIST: '0' | '1' }
export const fromBuild: Program = { KF_DIST: '1' }
export const fromSource: Program = { KF_DIST: '0' }

type Size = Partial<Pick<Demand, 'workers'>> & Pick<Demand, 'visitors' | 'agents'>

/** kf as the operator starts it, on a fresh data folder, with its sealed site `bench`. */
export async function startKf(bench: Bench, program: Program, size: Size): Promise<Server> {
  const serve = ['/usr/bin/env', `KF_DIST=${program.KF_DIST}`, process.execPath, launcher, 'serve']
  const target = ownKf({ serve, dataRoot: bench.folder() })
  return await start(bench, target, size)
}

/** A bare `ws` server that sends every message back. */
export async function startEcho(bench: Bench, size: Size): Promise<Server> {
  return await start(bench, echoTarget, size)
}

async function start(bench: Bench, target: ReturnType<typeof ownKf>, size: Size): Promise<Server> {
  const running = await target.start({
    visitors: size.visitors,
    agents: size.agents,
    capacity: Math.max(2, Math.ceil((size.visitors / Math.max(1, size.agents)) * 2)),
    workers: size.workers ?? 1,
  })
  bench.defer(() => running.stop())
  const [address] = running.addresses
  if (address === undefined) throw new TypeError(`${target.name} listens nowhere`)
  return {
    address,
    url: `http://${address.host}:${address.port}/`,
    site: running.site,
    agentTokens: running.agentTokens,
    pids: running.pids,
    dataFolder: running.dataFolder ?? '',
  }
}
