import { join } from 'node:path'
import { KfError } from '../../core/errors.ts'
import type { UndoHandle, UndoStep } from '../fault/fault.ts'
import { processFacts, signal } from '../fault/proc.ts'
import { askNode } from './node-admin.ts'
import { type NodeProcess, startNodeProcess } from './node-process.ts'
import { type NodeRoles, nodeRoles } from './node-roles.ts'
import type { StartHow, TopologyNode } from './topology.ts'

export type EmbeddedNodeOptions = {
  readonly name: string
  readonly serve: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly dataFolder: string
  readonly workers: number
  /** Folder with its TOML files. */
  readonly configs?: string
  readonly onLog: (line: string) => void
  /** For the undo log: a node that outlives the harness is killed. */
  readonly keep: (step: UndoStep) => Promise<UndoHandle>
}

export type EmbeddedNode = TopologyNode & {
  /** Where it listens, the same after each start: `127.0.0.1:PORT`. */
  readonly listen: string
  readonly adminSocket: string
}

const pollMs = 10
const goneWithinMs = 5_000
const readyWithinMs = 2_000

type Life = {
  readonly process: NodeProcess
  readonly roles: NodeRoles
  readonly undo: UndoHandle | undefined
}

/** One node of ours, in a data folder of its own, which keeps its addresses over all restarts. Throws `node_start`. */
export async function startEmbeddedNode(options: EmbeddedNodeOptions): Promise<EmbeddedNode> {
  let life: Life | undefined
  // Port 0 at the first start; then whatever it got.
  let listen = '127.0.0.1:0'
  let adminListen = '127.0.0.1:0'

  let starting: Promise<void> | undefined

  const begin = async (how?: StartHow): Promise<void> => {
    await life?.undo?.done()
    let undo: UndoHandle | undefined
    const process = await startNodeProcess(
      {
        serve: options.serve,
        env: options.env,
        args: argsOf(options, listen, adminListen),
        onLog: options.onLog,
        onSpawned: async (pid, startedAt) => {
          undo = await options.keep({ do: 'kill', pid, startedAt, what: `kf serve (${options.name})` })
        },
      },
      how,
    )
    life = { process, roles: nodeRoles(process.ready.supervisor), undo }
    listen = process.ready.listen
    adminListen = process.ready.adminListen
  }

  // Faults that meet may both want it up again.
  const start = (how?: StartHow): Promise<void> => {
    if (life !== undefined && life.process.ended() === undefined) return Promise.resolve()
    starting ??= begin(how).finally(() => {
      starting = undefined
    })
    return starting
  }

  const end = async (how: 'kill' | 'stop'): Promise<void> => {
    await starting?.catch(() => undefined)
    const ending = life
    life = undefined
    await ending?.process[how]()
    await ending?.undo?.done()
  }

  const processes: TopologyNode['processes'] = () => Promise.resolve(life?.roles.now())

  const killRole = async (what: 'writer' | 'worker', worker?: number): Promise<void> => {
    const now = life?.roles.now()
    const pid = what === 'writer' ? now?.writer : now?.workers.get(worker ?? 0)
    const facts = pid === undefined ? undefined : processFacts(pid)
    if (pid === undefined || facts === undefined) throw notRunning(options.name, what)
    signal(pid, 'SIGKILL')
    const deadline = performance.now() + goneWithinMs
    while (processFacts(pid)?.startedAt === facts.startedAt) {
      if (performance.now() > deadline) throw new KfError('not_killed', `process ${pid} is still there`)
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }

  await start()
  const adminSocket = join(options.dataFolder, 'admin.sock')
  return {
    name: options.name,
    listen,
    dataFolder: options.dataFolder,
    adminSocket,
    processes,
    kill: (what, worker) => (what === 'node' ? end('kill') : killRole(what, worker)),
    start,
    stop: () => end('stop'),
    ready: async () => {
      try {
        return (await askNode(adminSocket, 'GET', '/readyz', {}, readyWithinMs)).status === 200
      } catch {
        return false
      }
    },
  }
}

function argsOf(options: EmbeddedNodeOptions, listen: string, adminListen: string): readonly string[] {
  const { dataFolder, workers, configs } = options
  return [
    '--data',
    dataFolder,
    '--listen',
    listen,
    '--admin-listen',
    adminListen,
    '--workers',
    String(workers),
    ...(configs === undefined ? [] : ['--config', configs]),
  ]
}

function notRunning(name: string, what: string): KfError {
  return new KfError('not_running', `there is no ${what} of ${name} to kill: it is down or being replaced`, {
    params: { name, what },
  })
}
