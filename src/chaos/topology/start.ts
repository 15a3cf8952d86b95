import type { KfError } from '../../core/errors.ts'
import type { TopologyPlan } from '../experiment/experiment.ts'
import { processFacts } from '../fault/proc.ts'
import type { ToolHost } from '../tools/locate.ts'
import { type AttachedAccess, attach } from './attached.ts'
import { type ConnectedLinks, type EmbeddedPeople, type EmbeddedPorts, startEmbedded } from './embedded.ts'
import { createLinks, type LinkPlan } from './links.ts'
import type { Topology } from './topology.ts'
import { startToxiproxy } from './toxiproxy.ts'

export type TopologyPorts = Omit<EmbeddedPorts, 'connect'> & {
  readonly host: ToolHost
  /** Toxiproxy died or was started anew: what no fault asked for. */
  readonly onTrouble: (trouble: KfError) => void
  /** For an attached plan. */
  readonly access?: AttachedAccess
}

/** Starts what a scenario runs against, or attaches to it. Throws `node_start`, `toxiproxy_…`, `attach_…`; nothing is left then. */
export function startTopology(
  plan: TopologyPlan,
  people: EmbeddedPeople,
  ports: TopologyPorts,
): Promise<Topology> {
  if (plan.kind === 'attached') return attach(plan, people, ports.access, ports.onTrouble)
  return startEmbedded(plan, people, { ...ports, connect: (plans) => connect(plans, ports) })
}

/** A Toxiproxy of ours with one proxy a link; the guard kills it when this process no longer can. */
async function connect(
  plans: readonly LinkPlan[],
  { host, onTrouble, keep }: TopologyPorts,
): Promise<ConnectedLinks> {
  let healed: (() => Promise<void>) | undefined
  const server = await startToxiproxy({
    host,
    onTrouble,
    onStarted: async (pid) => {
      await healed?.()
      const { startedAt = '' } = processFacts(pid) ?? {}
      healed = (await keep({ do: 'kill', pid, startedAt, what: 'toxiproxy-server' })).done
    },
  })
  const stop = async (): Promise<void> => {
    await server.stop()
    await healed?.()
  }
  try {
    const links = await createLinks(server, plans, { onTrouble })
    return { ...links, toxiproxy: server.api, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
