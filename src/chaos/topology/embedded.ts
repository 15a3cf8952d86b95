import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { UndoHandle, UndoStep } from '../fault/fault.ts'
import { ownPrefix } from '../fault/guard-steps.ts'
import { residentBytes } from '../load/machine.ts'
import { adminPost, readBench } from '../targets/kf-admin.ts'
import { type EmbeddedNode, startEmbeddedNode } from './embedded-node.ts'
import type { LinkPlan, Links } from './links.ts'
import { linkNamed } from './links.ts'
import { askNode, metricSum } from './node-admin.ts'
import type { Topology } from './topology.ts'

export type EmbeddedPlan = { readonly kind: 'embedded'; readonly workers: number; readonly configs?: string }
export type EmbeddedPeople = { readonly agents: number; readonly capacity: number }

export type EmbeddedPorts = {
  /** The program and arguments that stand for `kf serve`: Node, the launcher, `serve`. */
  readonly serve: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Existing folder on a real disk, in which the data folder is made. */
  readonly dataRoot: string
  /** For what stands the whole run: killed or removed by the guard when this process no longer can. */
  readonly keep: (step: UndoStep) => Promise<UndoHandle>
  /** Proxies between clients and the node, and the way to end them. */
  readonly connect: (plans: readonly LinkPlan[]) => Promise<ConnectedLinks>
  /** Each line that the node wrote. */
  readonly onLog?: (line: string) => void
}
export type ConnectedLinks = Links & { readonly toxiproxy: string; readonly stop: () => Promise<void> }

const nodeName = 'node'
const sampleWithinMs = 2_000

/** One `kf serve` in a fresh folder, with agents of the sealed site logged in, and a proxy for each side. Rolls back on failure. */
export async function startEmbedded(
  plan: EmbeddedPlan,
  people: EmbeddedPeople,
  ports: EmbeddedPorts,
): Promise<Topology> {
  const undo: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const root = await mkdtemp(join(ports.dataRoot, ownPrefix))
    const removed = await ports.keep({ do: 'remove', path: root })
    undo.push(async () => {
      await rm(root, { recursive: true, force: true })
      await removed.done()
    })
    const node = await startEmbeddedNode({
      name: nodeName,
      serve: ports.serve,
      env: ports.env,
      dataFolder: join(root, 'data'),
      workers: plan.workers,
      ...(plan.configs === undefined ? {} : { configs: plan.configs }),
      onLog: ports.onLog ?? (() => undefined),
      keep: ports.keep,
    })
    undo.push(node.stop)
    const bench = await adminPost(node.adminSocket, '/admin/bench', {
      agents: Math.max(1, people.agents),
      capacity: Math.max(1, people.capacity),
    })
    const { site, tokens } = readBench(bench)
    const links = await ports.connect([
      { name: `visitors->${nodeName}`, upstream: node.listen },
      { name: `agents->${nodeName}`, upstream: node.listen },
    ])
    undo.push(links.stop)
    return {
      nodes: [node],
      links: links.links,
      control: links.control,
      toxiproxy: links.toxiproxy,
      addressFor: (side, to) => webSocket(linkNamed(links.links, `${side}->${to}`).listen),
      directAddress: () => webSocket(node.listen),
      site,
      agentTokens: tokens.slice(0, people.agents),
      sample: () => sample(node),
      stop,
    }
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}

/** Where kf.v1 is spoken behind `host:port`. */
export function webSocket(listen: string): string {
  return `ws://${listen}/ws`
}

/** Resident memory from /proc, the rest from the node's metrics; undefined while it is down or does not say. */
async function sample(node: EmbeddedNode): ReturnType<Topology['sample']> {
  const processes = await node.processes()
  if (processes === undefined) return undefined
  const { supervisor, writer, workers } = processes
  const pids = [supervisor, ...(writer === undefined ? [] : [writer]), ...workers.values()]
  const rssBytes = pids.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), 0)
  const { text } = await askNode(node.adminSocket, 'GET', '/metrics', {}, sampleWithinMs)
  const connections = metricSum(text, 'kf_worker_sessions')
  if (connections === undefined) return undefined
  const pending = metricSum(text, 'kf_worker_persist_pending')
  return { rssBytes, connections, ...(pending === undefined ? {} : { queued: pending }) }
}
