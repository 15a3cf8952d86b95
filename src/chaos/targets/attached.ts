import { join } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { adminPost, adminStages, readBench, webSocketAddress } from './kf-admin.ts'
import { beyondLoopback, isLoopback } from './loopback.ts'
import { kfTraits, type Target } from './target.ts'

export type AttachedOptions = {
  /** Where people open it; `http://host:port/path`. */
  readonly url: string
  /** Key of the site to talk in; undefined: the sealed site `bench`, made through the admin socket. */
  readonly site: string | undefined
  /** The node's data folder, where it is on this host: opens the admin socket, hence agents. */
  readonly data: string | undefined
  /** It may be on another host. */
  readonly beyondLoopback: boolean
}

/**
 * A kf that runs already. With its data folder it works in the sealed site `bench` with agents; with only a site's key it
 * sends visitors there, and nothing is known of delivery.
 */
export function attachedKf(options: AttachedOptions): Target {
  const url = URL.parse(options.url)
  if (url === null || url.protocol !== 'http:') {
    throw new KfError('usage', `--target ${options.url}: an address like http://host:port/ is needed`, {
      hint: 'for TLS, give the address behind the proxy: the generator speaks plain HTTP, so that TLS is not what is measured',
    })
  }
  if (!options.beyondLoopback && !isLoopback(url.hostname)) throw beyondLoopback(options.url, url.host)
  if (options.site === undefined && options.data === undefined) {
    throw new KfError('usage', `--target ${options.url} needs to know where to talk`, {
      hint: 'give --data with its data folder (same host), or --site with a site key',
    })
  }
  return {
    ...kfTraits,
    start: async (demand) => {
      const bench =
        options.data === undefined
          ? { site: options.site ?? '', tokens: [] }
          : readBench(
              await adminPost(join(options.data, 'admin.sock'), '/admin/bench', {
                agents: demand.agents,
                capacity: demand.capacity,
              }),
            )
      const { data } = options
      return {
        addresses: [webSocketAddress(options.url)],
        site: bench.site,
        agentTokens: bench.tokens,
        pids: [],
        dataFolder: undefined,
        ended: () => undefined,
        log: () => '',
        stages: data === undefined ? undefined : () => adminStages(join(data, 'admin.sock')),
        stop: () => Promise.resolve(),
      }
    },
  }
}
