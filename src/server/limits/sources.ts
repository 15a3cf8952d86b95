import type { Bucket } from './keyed.ts'

/** Where a connection or a request comes from, as far as limits care. */
export type Source = {
  /** The client's address. */
  readonly address: string
  /** What it is counted by. */
  readonly key: string
  /** In the allow list; kept up to date by `Sources.allow`. */
  exempt: boolean
  /** The buckets that its last message was counted in, where those limits are on: the next one seldom needs a look-up. */
  visitorBucket: Bucket | undefined
  addressBucket: Bucket | undefined
  siteBucket: Bucket | undefined
}

/** What access knows of addresses. */
export type Addresses = {
  /** What an address is counted by. */
  readonly keyOf: (address: string) => string
  /** CIDR blocks, validated, ready to ask. */
  readonly listOf: (cidrs: readonly string[]) => { readonly trusts: (address: string) => boolean }
}

export type Sources = {
  /** `address`: of the client, behind trusted proxies. The same object for the same address, mostly. */
  readonly of: (address: string) => Source
  /** Takes another allow list on, for connections that are there already, too. */
  readonly allow: (cidrs: readonly string[]) => void
}

/**
 * Connections of one address share one object, so that a socket pays 8 bytes for it, and an allow list and the buckets' maps are searched once. They are
 * held weakly: what no connection holds goes.
 */
export function createSources(cidrs: readonly string[], { keyOf, listOf }: Addresses): Sources {
  let allowed = listOf(cidrs)
  const known = new Map<string, WeakRef<Source>>()
  const gone = new FinalizationRegistry<string>((address) => {
    if (known.get(address)?.deref() === undefined) known.delete(address)
  })

  return {
    of: (address) => {
      const there = known.get(address)?.deref()
      if (there !== undefined) return there
      const source: Source = {
        address,
        key: keyOf(address),
        exempt: allowed.trusts(address),
        visitorBucket: undefined,
        addressBucket: undefined,
        siteBucket: undefined,
      }
      known.set(address, new WeakRef(source))
      gone.register(source, address)
      return source
    },
    allow: (next) => {
      allowed = listOf(next)
      for (const ref of known.values()) {
        const source = ref.deref()
        if (source !== undefined) source.exempt = allowed.trusts(source.address)
      }
    },
  }
}
