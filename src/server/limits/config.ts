/** An allowance: `burst` at once, then `rate` more each second. */
export type Limit = {
  /** Per second, above 0 and at most 1,000,000; fractions are fine: 0.05 is three a minute. */
  readonly rate: number
  /** A whole number, 1 … 1,000,000. */
  readonly burst: number
}

/** `off`: nothing is counted, nobody is refused. */
export type LimitOrOff = { readonly rate: number | 'off'; readonly burst: number }

/**
 * What ratelimit.toml says; all of it hot, and of the cluster. A snapshot's `cluster.ratelimit` is such a one. docs/limits.md tells
 * operators what each key does.
 */
export type LimitsConfig = {
  /** Per visitor, whatever its sockets. */
  readonly visitor: {
    readonly messages: LimitOrOff
    /** typing, read, history, conversations, ping, status. */
    readonly controls: LimitOrOff
  }
  /** Per client address: IPv4 whole, IPv6 by its /64. */
  readonly address: {
    /** WebSocket upgrades, and event streams. */
    readonly connections: LimitOrOff
    /** Visitors that came without a token, on whatever way. */
    readonly new_visitors: LimitOrOff
    /** POST without a token. */
    readonly posts: LimitOrOff
    /** Of its visitors, all together. */
    readonly messages: LimitOrOff
  }
  /** Of all visitors of a site together. */
  readonly site: { readonly messages: LimitOrOff }
  /** Per agent. */
  readonly agent: {
    readonly messages: LimitOrOff
    /** accept, transfer, release, close, retract. */
    readonly commands: LimitOrOff
    /** As a visitor's. */
    readonly controls: LimitOrOff
  }
  /** Wrong passwords; a right one gives its try back. */
  readonly login: { readonly per_login: Limit; readonly per_address: Limit }
  /** For senders that do not wait as they were told. */
  readonly penalty: {
    /** Messages sent too early until waits grow: each further one doubles the wait. 0 … 10,000 */
    readonly after: number
    /** No wait grows beyond it. 100 … 3,600,000 ms */
    readonly max_wait: number
    /** Messages sent too early until the connection is closed with 4429. 1 … 100,000, above `after` */
    readonly disconnect_after: number
    /** After so long without one, all is forgotten. 1,000 … 86,400,000 ms */
    readonly forget: number
  }
  /** Never counted, by any limit but those of logins. Sites of load tests (sealed) never are. */
  readonly allow: {
    /** CIDR blocks, free of the limits per address. */
    readonly addresses: readonly string[]
    /** Keys of sites, free of the limits per visitor, site and address. */
    readonly sites: readonly string[]
  }
}

/**
 * Far above what people do and what one machine's pages need, far below what a flood needs. The limits of addresses allow for an
 * office or a carrier behind one address; loopback is free of them: a proxy on this machine would stand for everyone.
 */
export const defaultLimits: LimitsConfig = {
  visitor: { messages: { rate: 5, burst: 30 }, controls: { rate: 20, burst: 200 } },
  address: {
    connections: { rate: 100, burst: 2_000 },
    new_visitors: { rate: 20, burst: 1_000 },
    posts: { rate: 10, burst: 100 },
    messages: { rate: 500, burst: 2_000 },
  },
  site: { messages: { rate: 'off', burst: 1_000 } },
  agent: {
    messages: { rate: 50, burst: 200 },
    commands: { rate: 50, burst: 500 },
    controls: { rate: 200, burst: 2_000 },
  },
  login: { per_login: { rate: 0.05, burst: 5 }, per_address: { rate: 1 / 3, burst: 20 } },
  penalty: { after: 30, max_wait: 60_000, disconnect_after: 100, forget: 60_000 },
  allow: { addresses: ['127.0.0.0/8', '::1/128'], sites: [] },
}
