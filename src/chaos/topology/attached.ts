import { join } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { adminPost, readBench } from '../targets/kf-admin.ts'
import { webSocket } from './embedded.ts'
import { attachLinks, linkNamed } from './links.ts'
import { askNode, metricSum } from './node-admin.ts'
import type { Topology } from './topology.ts'

export type AttachedPlan = {
  readonly kind: 'attached'
  readonly url: string
  readonly toxiproxy: string
  /** Link → name of its proxy. */
  readonly links: Readonly<Record<string, string>>
}

/** How to get in: through the data folder of a node on this machine, or with what its operator gave. */
export type AttachedAccess =
  | { readonly dataFolder: string }
  | { readonly site: string; readonly agentTokens: readonly string[] }

const nodeName = 'node'
const readyWithinMs = 2_000
const sampleWithinMs = 2_000

/** A deployment that runs already: links can be broken, processes are nobody's here. Throws as `attachLinks`. */
export async function attach(
  plan: AttachedPlan,
  people: { readonly agents: number; readonly capacity: number },
  access: AttachedAccess | undefined,
  onTrouble: (trouble: KfError) => void,
): Promise<Topology> {
  if (access === undefined) throw noAccess(plan.url)
  const adminSocket = 'dataFolder' in access ? join(access.dataFolder, 'admin.sock') : undefined
  const { site, tokens } = await enter(access, adminSocket, people)
  const { links, control } = await attachLinks(plan.toxiproxy, plan.links, { onTrouble })
  const refuse = (): Promise<never> => Promise.reject(notOurs(plan.url))
  return {
    nodes: [
      {
        name: nodeName,
        processes: () => Promise.resolve(undefined),
        dataFolder: undefined,
        adminSocket,
        kill: refuse,
        start: refuse,
        stop: refuse,
        ready: () => isReady(plan.url, adminSocket),
      },
    ],
    links,
    control,
    toxiproxy: plan.toxiproxy.replace(/\/+$/, ''),
    addressFor: (side, to) => webSocket(linkNamed(links, `${side}->${to}`).listen),
    directAddress: () => new URL('ws', withSlash(plan.url).replace(/^http/, 'ws')).href,
    site,
    agentTokens: tokens,
    sample: () => sample(adminSocket),
    stop: () => Promise.resolve(),
  }
}

async function enter(
  access: AttachedAccess,
  adminSocket: string | undefined,
  { agents, capacity }: { readonly agents: number; readonly capacity: number },
): Promise<{ readonly site: string; readonly tokens: readonly string[] }> {
  if ('site' in access) {
    if (access.agentTokens.length < agents) throw tooFewAgents(access.agentTokens.length, agents)
    return { site: access.site, tokens: access.agentTokens.slice(0, agents) }
  }
  const bench = { agents: Math.max(1, agents), capacity: Math.max(1, capacity) }
  const { site, tokens } = readBench(await adminPost(adminSocket ?? '', '/admin/bench', bench))
  return { site, tokens: tokens.slice(0, agents) }
}

// A page that is served says that it is up; whether it is ready only its administrator hears.
async function isReady(url: string, adminSocket: string | undefined): Promise<boolean> {
  try {
    if (adminSocket !== undefined)
      return (await askNode(adminSocket, 'GET', '/readyz', {}, readyWithinMs)).status === 200
    return (await fetch(withSlash(url), { signal: AbortSignal.timeout(readyWithinMs) })).status < 500
  } catch {
    return false
  }
}

async function sample(adminSocket: string | undefined): ReturnType<Topology['sample']> {
  if (adminSocket === undefined) return undefined
  const { text } = await askNode(adminSocket, 'GET', '/metrics', {}, sampleWithinMs)
  const sums = ['kf_supervisor_rss_bytes', 'kf_writer_rss_bytes', 'kf_worker_rss_bytes'].map(
    (name) => metricSum(text, name) ?? 0,
  )
  const connections = metricSum(text, 'kf_worker_sessions')
  if (connections === undefined) return undefined
  const queued = metricSum(text, 'kf_worker_persist_pending')
  return {
    rssBytes: sums.reduce((sum, bytes) => sum + bytes, 0),
    connections,
    ...(queued === undefined ? {} : { queued }),
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

function noAccess(url: string): KfError {
  return new KfError('attach_access', `the deployment at ${url} needs a site and agents to talk to`, {
    hint: 'give --data with the data folder of a node on this machine, or --site with a site key and tokens of its agents',
    params: { url },
  })
}

function tooFewAgents(have: number, wanted: number): KfError {
  return new KfError('attach_agents', `the scenario has ${wanted} agents, and there are tokens of ${have}`, {
    hint: 'give more tokens, or set workload.agents',
    params: { have, wanted },
  })
}

function notOurs(url: string): KfError {
  return new KfError(
    'not_ours',
    `the deployment at ${url} was not started by kf, which leaves its processes alone`,
    {
      hint: 'take topology.attach out of the scenario, or this fault',
      params: { url },
    },
  )
}
