import { type Proxy as ProxyHandle, type ToxicType, Toxiproxy, ToxiproxyError } from 'toxiproxy-node-client'
import { z } from 'zod'
import { KfError, messageOf } from '../../core/errors.ts'
import { within } from '../targets/within.ts'

/** One toxic of a proxy. `upstream` is on what the client sends, `downstream` on what it gets. */
export type LinkToxic = {
  readonly name: string
  readonly type: Exclude<ToxicType, 'down'>
  readonly stream: 'upstream' | 'downstream'
  /** Share of the connections it works on, 0 … 1. */
  readonly toxicity: number
  readonly attributes: Readonly<Record<string, number>>
}

export type LinkState = {
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly toxics: readonly LinkToxic[]
}

/**
 * Toxiproxy's API with a deadline on every call. All throw `toxiproxy_hangs` past it, `toxiproxy_gone` when nobody listens
 * and `toxiproxy_refused` for any other answer than was hoped for.
 */
export type ToxiproxyApi = {
  readonly url: string
  readonly version: () => Promise<string>
  readonly names: () => Promise<readonly string[]>
  /** Undefined: there is no such proxy. */
  readonly read: (proxy: string) => Promise<LinkState | undefined>
  /** Resolves with the address that it listens on: a port 0 becomes a free one. */
  readonly create: (proxy: string, listen: string, upstream: string) => Promise<string>
  readonly setEnabled: (proxy: string, enabled: boolean) => Promise<void>
  readonly addToxic: (proxy: string, toxic: LinkToxic) => Promise<void>
  /** Changes the attributes of one that is there. */
  readonly updateToxic: (proxy: string, toxic: LinkToxic) => Promise<void>
  /** Done as well when it is not there. */
  readonly removeToxic: (proxy: string, toxic: string) => Promise<void>
}

/**
 * Far more than an idle Toxiproxy needs, far less than the 25 s after which it answers by itself when a client that does not
 * read holds its locks.
 */
export const apiWithinMs = 5_000

const state = z.object({
  listen: z.string(),
  upstream: z.string(),
  enabled: z.boolean(),
  toxics: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['latency', 'bandwidth', 'slow_close', 'timeout', 'slicer', 'limit_data', 'reset_peer']),
      stream: z.enum(['upstream', 'downstream']),
      toxicity: z.number(),
      attributes: z.record(z.string(), z.number()),
    }),
  ),
})

/** `url` without a path, such as `http://127.0.0.1:8474`. */
export function toxiproxyApi(url: string, withinMs = apiWithinMs): ToxiproxyApi {
  const client = new Toxiproxy(url)

  // NOTE: the library's calls cannot be taken back: one that hangs stays open behind its deadline until the other end closes.
  const ask = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await within(call(), withinMs, () => hangs(url, what, withinMs))
    } catch (error) {
      throw error instanceof KfError ? error : refused(url, what, error)
    }
  }
  const proxyNamed = (proxy: string): Promise<ProxyHandle> => client.get(proxy)

  return {
    url,
    version: () =>
      ask(
        'GET /version',
        async () => z.object({ version: z.string() }).parse(JSON.parse(await client.getVersion())).version,
      ),
    names: () => ask('GET /proxies', async () => Object.keys(await client.getAll())),
    read: (proxy) =>
      // The library's own Proxy leaves the toxics out.
      ask(`GET /proxies/${proxy}`, async () => {
        const found = await orAbsent(client.getApi().get<unknown>(`${url}/proxies/${proxy}`))
        return found === undefined ? undefined : state.parse(found.data)
      }),
    create: (proxy, listen, upstream) =>
      ask(
        `POST /proxies (${proxy})`,
        async () => (await client.createProxy({ name: proxy, listen, upstream })).listen,
      ),
    setEnabled: (proxy, enabled) =>
      ask(`POST /proxies/${proxy}`, async () => {
        const found = await proxyNamed(proxy)
        await found.update({ enabled, listen: found.listen, upstream: found.upstream })
      }),
    addToxic: (proxy, toxic) =>
      ask(`POST /proxies/${proxy}/toxics (${toxic.name})`, async () => {
        await (await proxyNamed(proxy)).addToxic(toxic)
      }),
    updateToxic: (proxy, toxic) =>
      ask(`POST /proxies/${proxy}/toxics/${toxic.name}`, async () => {
        const found = await (await proxyNamed(proxy)).getToxic(toxic.name)
        await found.update(toxic)
      }),
    removeToxic: (proxy, toxic) =>
      ask(`DELETE /proxies/${proxy}/toxics/${toxic}`, async () => {
        const found = await orAbsent((await proxyNamed(proxy)).getToxic(toxic))
        if (found !== undefined) await orAbsent(found.remove())
      }),
  }
}

async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

// The library keeps an answer's status in its message only, and of a failed connection only "fetch failed".
function statusOf(error: unknown): number | undefined {
  const status = error instanceof ToxiproxyError ? /status code (\d{3})$/.exec(error.message)?.[1] : undefined
  return status === undefined ? undefined : Number(status)
}

function hangs(url: string, what: string, withinMs: number): KfError {
  return new KfError('toxiproxy_hangs', `Toxiproxy at ${url} did not answer ${what} within ${withinMs} ms`, {
    hint: 'a client that stopped reading holds its locks: let clients read again before faults begin or end, or start it anew',
    params: { url, what, withinMs },
  })
}

function refused(url: string, what: string, error: unknown): KfError {
  if (error instanceof ToxiproxyError && statusOf(error) === undefined && error.message === 'fetch failed') {
    return new KfError('toxiproxy_gone', `nobody answers at ${url} (${what})`, {
      hint: 'is Toxiproxy running there? Its own start is toxiproxy-server -port PORT',
      params: { url, what },
      cause: error,
    })
  }
  const status = statusOf(error)
  const isOther = error instanceof z.ZodError || (error instanceof Error && error.name === 'SyntaxError')
  const said =
    status !== undefined
      ? `the answer is ${status}`
      : isOther
        ? 'that is no answer of Toxiproxy'
        : messageOf(error)
  return new KfError('toxiproxy_refused', `Toxiproxy at ${url}: ${what}: ${said}`, {
    hint: 'is it Toxiproxy 2.12 that answers there, and does it have this proxy?',
    params: { url, what, said },
    cause: error,
  })
}
