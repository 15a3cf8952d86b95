import { KfError } from '../../core/errors.ts'
import type { LinkState, LinkToxic, ToxiproxyApi } from './toxiproxy-api.ts'

/**
 * What faults change on links. Injecting calls throw `toxiproxy_hangs`, `toxiproxy_gone` or `toxiproxy_refused`; healing calls read
 * back, and as the last resort start a Toxiproxy of ours anew: with the same proxies and the toxics that are still wanted, but all
 * connections cut. A Toxiproxy of others is left alone, and they throw too.
 */
export type LinkControl = {
  readonly read: (proxy: string) => Promise<LinkState>
  readonly addToxic: (proxy: string, toxic: LinkToxic) => Promise<void>
  /** Heals: resolves when it was read back to be gone, also if it never was there. */
  readonly removeToxic: (proxy: string, toxic: string) => Promise<void>
  /** Cuts every connection and refuses new ones. */
  readonly disable: (proxy: string) => Promise<void>
  /** Heals: resolves when it was read back to listen. */
  readonly enable: (proxy: string) => Promise<void>
}

/** How a proxy ought to be: what a new process is told. */
type Wanted = {
  readonly listen: string
  readonly upstream: string
  enabled: boolean
  readonly toxics: Map<string, LinkToxic>
}

/** 1 GB/s. */
const unlimitedRate = 1_000_000
/** A connection whose client has left ends at the second write to it: within the round trip on which the reset comes. */
const flowMs = 200

export type ControlPorts = {
  readonly api: ToxiproxyApi
  readonly proxies: readonly { readonly proxy: string; readonly listen: string; readonly upstream: string }[]
  /** Starts the process anew, on the same port and without proxies; absent: it is another's. */
  readonly restart?: () => Promise<void>
  /** `toxiproxy_restarted`: all connections were cut by us, which no fault asked for. */
  readonly onTrouble: (trouble: KfError) => void
}

export function linkControl({ api, proxies, restart, onTrouble }: ControlPorts): LinkControl {
  const wanted = new Map<string, Wanted>(
    proxies.map(({ proxy, listen, upstream }) => [
      proxy,
      { listen, upstream, enabled: true, toxics: new Map() },
    ]),
  )
  const wantedOf = (proxy: string): Wanted => {
    const found = wanted.get(proxy)
    if (found === undefined) throw noProxy(api.url, proxy)
    return found
  }

  const read = async (proxy: string): Promise<LinkState> => {
    const found = await api.read(proxy)
    if (found === undefined) throw noProxy(api.url, proxy)
    return found
  }

  let reviving: Promise<void> | undefined
  const revive = (start: () => Promise<void>, why: KfError): Promise<void> => {
    reviving ??= (async () => {
      try {
        await start()
        for (const [proxy, one] of wanted) {
          await api.create(proxy, one.listen, one.upstream)
          for (const toxic of one.toxics.values()) await api.addToxic(proxy, toxic)
          if (!one.enabled) await api.setEnabled(proxy, false)
        }
        onTrouble(restarted(api.url, why))
      } finally {
        reviving = undefined
      }
    })()
    return reviving
  }

  const heal = async (change: () => Promise<boolean>): Promise<void> => {
    await reviving
    try {
      if (await change()) return
      throw new KfError('toxiproxy_unchanged', `Toxiproxy at ${api.url} still has what was taken away`)
    } catch (error) {
      if (!(error instanceof KfError) || restart === undefined) throw error
      await revive(restart, error)
      if (!(await change())) throw error
    }
  }

  // NOTE: for a client that has left, Toxiproxy waits 5 s for each chunk that a toxic still holds when it is removed, and nobody can
  // connect meanwhile. So what is held flows first: connections that nobody reads end by that, and then it is removed from none of them.
  const letThrough = async (proxy: string, name: string): Promise<void> => {
    const toxic = (await read(proxy)).toxics.find((one) => one.name === name)
    const open = toxic === undefined ? undefined : opened(toxic)
    if (open === undefined) return
    await api.updateToxic(proxy, open)
    await new Promise((resolve) => setTimeout(resolve, flowMs))
  }

  return {
    read,
    addToxic: async (proxy, toxic) => {
      await reviving
      // Wanted before it is there: a call that hangs may have added it.
      wantedOf(proxy).toxics.set(toxic.name, toxic)
      await api.addToxic(proxy, toxic)
    },
    removeToxic: async (proxy, toxic) => {
      wantedOf(proxy).toxics.delete(toxic)
      await heal(async () => {
        await letThrough(proxy, toxic)
        await api.removeToxic(proxy, toxic)
        return (await read(proxy)).toxics.every(({ name }) => name !== toxic)
      })
    },
    disable: async (proxy) => {
      await reviving
      wantedOf(proxy).enabled = false
      await api.setEnabled(proxy, false)
    },
    enable: async (proxy) => {
      wantedOf(proxy).enabled = true
      await heal(async () => {
        await api.setEnabled(proxy, true)
        return (await read(proxy)).enabled
      })
    },
  }
}

/** The same toxic, holding nothing back; undefined: it holds nothing as it is. */
function opened(toxic: LinkToxic): LinkToxic | undefined {
  if (toxic.type === 'bandwidth') return { ...toxic, attributes: { rate: unlimitedRate } }
  if (toxic.type === 'latency') return { ...toxic, attributes: { latency: 0, jitter: 0 } }
  return undefined
}

function noProxy(url: string, proxy: string): KfError {
  return new KfError('toxiproxy_no_proxy', `Toxiproxy at ${url} has no proxy ${proxy}`, {
    hint: 'was it started anew by somebody else?',
    params: { url, proxy },
  })
}

function restarted(url: string, why: KfError): KfError {
  return new KfError(
    'toxiproxy_restarted',
    `Toxiproxy at ${url} was killed and started anew, which cut every connection: ${why.message}`,
    { cause: why, params: { url, why: why.message } },
  )
}
