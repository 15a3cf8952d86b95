import type { Clock } from '../../../core/clock.ts'
import { KfError } from '../../../core/errors.ts'
import { didYouMean } from '../../../core/suggest.ts'
import { askNode } from '../../topology/node-admin.ts'
import type { NodeProcesses } from '../../topology/node-roles.ts'
import type { Topology, TopologyNode } from '../../topology/topology.ts'

/** What faults on processes have in common: which node, its processes, and waiting until it serves again. */

const pollMs = 50
const readyWithinMs = 45_000

/** Throws `unknown_node`, with the nearest name. */
export function nodeNamed(topology: Topology, name: string): TopologyNode {
  const found = topology.nodes.find((node) => node.name === name)
  if (found !== undefined) return found
  const names = topology.nodes.map((node) => node.name)
  const meant = didYouMean(name, names)
  throw new KfError('unknown_node', `there is no node ${JSON.stringify(name)}: ${names.join(', ')}`, {
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    params: { name, names: names.join(', ') },
  })
}

/** Throws `not_running` while it is down, or was not started by us. */
export async function processesOf(node: TopologyNode): Promise<NodeProcesses> {
  const processes = await node.processes()
  if (processes !== undefined) return processes
  throw notRunning(node.name, 'process')
}

/** Throws `not_running` while it is down or being replaced. */
export async function writerOf(
  node: TopologyNode,
): Promise<{ readonly supervisor: number; readonly writer: number }> {
  const { supervisor, writer } = await processesOf(node)
  if (writer === undefined) throw notRunning(node.name, 'writer')
  return { supervisor, writer }
}

/** Throws `not_ours` for a node of which kf has no data folder. */
export function folderOf(node: TopologyNode): string {
  if (node.dataFolder !== undefined) return node.dataFolder
  throw new KfError('not_ours', `${node.name} was not started by kf, which leaves its disk alone`, {
    params: { name: node.name },
  })
}

/** Resolves once it says that it is ready. One that gave up for good is started anew, as its operator would. Throws `not_ready`. */
export async function serving(node: TopologyNode, clock: Clock): Promise<void> {
  const isReady = await until(clock, readyWithinMs, async () => {
    if (await node.ready()) return true
    if (await gaveUp(node)) {
      await node.kill('node')
      await node.start()
    }
    return false
  })
  if (!isReady) throw new KfError('not_ready', `${node.name} was not ready again within ${readyWithinMs} ms`)
}

/** Heals a node that was taken down now: `down` ms later it is started, unless another fault's healing has, and serves. */
export function backAfter(node: TopologyNode, clock: Clock, down: number): () => Promise<void> {
  const upAt = clock.monotonic() + down
  return async () => {
    await pause(clock, upAt - clock.monotonic())
    await node.start()
    await serving(node, clock)
  }
}

/** Asks again and again; false when the time is over. */
export async function until(
  clock: Clock,
  ms: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const end = clock.monotonic() + ms
  while (!(await isSo())) {
    if (clock.monotonic() >= end) return false
    await pause(clock, pollMs)
  }
  return true
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(Math.max(0, ms), resolve)
  })
}

/** Its supervisor runs, and says that one of its processes will not be started again. */
async function gaveUp({ adminSocket }: TopologyNode): Promise<boolean> {
  if (adminSocket === undefined) return false
  try {
    return /failed for good/.test((await askNode(adminSocket, 'GET', '/readyz')).text)
  } catch {
    return false
  }
}

function notRunning(name: string, what: string): KfError {
  return new KfError('not_running', `there is no ${what} of ${name}: it is down or being replaced`, {
    params: { name, what },
  })
}
