import { KfError } from '../../core/errors.ts'
import { didYouMean } from '../../core/suggest.ts'
import { type LinkControl, linkControl } from './links-control.ts'
import type { TopologyLink } from './topology.ts'
import type { ToxiproxyServer } from './toxiproxy.ts'
import { apiWithinMs, type ToxiproxyApi, toxiproxyApi } from './toxiproxy-api.ts'
import { toxiproxyVersion } from './toxiproxy-program.ts'

/** A link that is to be: its name says from where to where, `upstream` where that is (`127.0.0.1:8080`). */
export type LinkPlan = { readonly name: string; readonly upstream: string }

export type Links = { readonly links: readonly TopologyLink[]; readonly control: LinkControl }

export type LinksPorts = {
  /** What no fault asked for, such as a Toxiproxy that had to be started anew. */
  readonly onTrouble: (trouble: KfError) => void
  /** The deadline of one call of the API, 5 s. */
  readonly withinMs?: number
}

/**
 * One proxy for each link, on a free loopback port, through a Toxiproxy of ours. Each was read back: it listens, and nothing
 * is on it. Throws `bad_link`, `toxiproxy_…`.
 */
export async function createLinks(
  server: ToxiproxyServer,
  plans: readonly LinkPlan[],
  { onTrouble, withinMs = apiWithinMs }: LinksPorts,
): Promise<Links> {
  const ends = plans.map(({ name }) => endsOf(name))
  const api = toxiproxyApi(server.api, withinMs)
  const links: TopologyLink[] = []
  for (const [i, { name, upstream }] of plans.entries()) {
    await api.create(name, '127.0.0.1:0', upstream)
    links.push(await untouched(api, name, name, ends[i]))
  }
  return { links, control: linkControl({ api, proxies: links, restart: server.restart, onTrouble }) }
}

/**
 * Links over proxies that somebody else's Toxiproxy has already: `proxies` says which is which, link → proxy. Throws `bad_link`,
 * `toxiproxy_version`, `unknown_proxy` with the nearest name, and `link_in_use` when one is disabled or has toxics.
 */
export async function attachLinks(
  url: string,
  proxies: Readonly<Record<string, string>>,
  { onTrouble, withinMs = apiWithinMs }: LinksPorts,
): Promise<Links> {
  const api = toxiproxyApi(url.replace(/\/+$/, ''), withinMs)
  const version = await api.version()
  if (version !== toxiproxyVersion) {
    throw new KfError(
      'toxiproxy_version',
      `Toxiproxy at ${api.url} says it is ${version}; version ${toxiproxyVersion} is needed`,
      {
        hint: 'faults rely on how that version takes them back; start toxiproxy-server of it there',
        params: { path: api.url, version, wanted: toxiproxyVersion },
      },
    )
  }
  const known = await api.names()
  const links: TopologyLink[] = []
  for (const [name, proxy] of Object.entries(proxies)) {
    const ends = endsOf(name)
    if (!known.includes(proxy)) throw unknownProxy(api.url, name, proxy, known)
    const link = await untouched(api, name, proxy, ends)
    links.push({ ...link, listen: reachable(link.listen, api.url) })
  }
  return { links, control: linkControl({ api, proxies: links, onTrouble }) }
}

/** Throws `unknown_link`, with the nearest name. */
export function linkNamed(links: readonly TopologyLink[], name: string): TopologyLink {
  const found = links.find((link) => link.name === name)
  if (found !== undefined) return found
  const names = links.map((link) => link.name)
  const meant = didYouMean(name, names)
  throw new KfError('unknown_link', `there is no link ${JSON.stringify(name)}: ${names.join(', ')}`, {
    hint: meant === undefined ? 'a link is written FROM->TO' : `did you mean ${meant}?`,
    params: { name, names: names.join(', '), meant: meant ?? '' },
  })
}

type Ends = { readonly from: string; readonly to: string }

// NOTE: the name becomes the proxy's, and the client library writes that into addresses as it is.
function endsOf(name: string): Ends {
  const [, from, to] = /^([a-z0-9][\w.-]*?)->([a-z0-9][\w.-]*)$/i.exec(name) ?? []
  if (from !== undefined && to !== undefined) return { from, to }
  throw new KfError('bad_link', `${JSON.stringify(name)} is not the name of a link`, {
    hint: 'write FROM->TO, such as visitors->node',
    params: { name },
  })
}

// A proxy that listens on all addresses, as in a container, is reached where its API is.
function reachable(listen: string, url: string): string {
  const port = /^(?:0\.0\.0\.0|\[::\]):(\d+)$/.exec(listen)?.[1]
  return port === undefined ? listen : `${new URL(url).hostname}:${port}`
}

async function untouched(
  api: ToxiproxyApi,
  name: string,
  proxy: string,
  ends: Ends | undefined,
): Promise<TopologyLink> {
  const state = await api.read(proxy)
  if (state === undefined || ends === undefined) throw unknownProxy(api.url, name, proxy, [])
  const { listen, upstream, enabled, toxics } = state
  if (enabled && toxics.length === 0) return { name, ...ends, proxy, listen, upstream }
  const what = enabled ? `has ${toxics.map((toxic) => toxic.name).join(', ')} on it` : 'is disabled'
  throw new KfError(
    'link_in_use',
    `the proxy ${proxy} of link ${name} ${what}, from an earlier run or by somebody else`,
    {
      hint: 'kf chaos heal takes back what kf has left; all else is for whoever put it there',
      params: { name, proxy, what },
    },
  )
}

function unknownProxy(url: string, link: string, proxy: string, known: readonly string[]): KfError {
  const meant = didYouMean(proxy, known)
  const have = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  return new KfError(
    'unknown_proxy',
    `link ${link}: Toxiproxy at ${url} has no proxy ${JSON.stringify(proxy)}`,
    {
      hint: meant === undefined ? have : `did you mean ${meant}?`,
      params: { url, link, proxy, have, meant: meant ?? '' },
    },
  )
}
