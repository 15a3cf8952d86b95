import type { Clock } from '../../core/clock.ts'
import { type LimitName, type LimitsReport, limitNames } from '../telemetry/limits.ts'
import type { LimitOrOff, LimitsConfig } from './config.ts'
import { createExemptSites } from './exempt-sites.ts'
import { createMessageLimits, type MessageLimits, toMs } from './filter.ts'
import { type Bucket, Keyed, type Taken } from './keyed.ts'
import { type Addresses, createSources, type Source, type Sources } from './sources.ts'

/** All limits of one worker. Waits are ms, whole, 0 when nothing stands in the way. */
export type Limits = {
  readonly sources: Pick<Sources, 'of'>
  readonly messages: MessageLimits
  /** One connection more from there. */
  readonly connection: (source: Source) => number
  /** One visitor more from there, on that site (its id). */
  readonly newVisitor: (source: Source, site: string) => number
  /** One POST without a token from there, for that site. */
  readonly post: (source: Source, site: string) => number
  /** One try to log in. `giveBack` when the password was right, or was not looked at. */
  readonly login: (source: Source, login: string) => LoginTry
  /** Takes another configuration on: debts stay, and what was refused or granted stays so. */
  readonly update: (config: LimitsConfig) => void
  /** What other workers do not know yet, or undefined; also forgets some of what is idle. To be called every `exchangeMs`. */
  readonly exchange: () => TakenElsewhere | undefined
  /** What another worker's `exchange` gave. */
  readonly owe: (taken: TakenElsewhere) => void
  readonly report: () => LimitsReport
}

export type LoginTry = { readonly waitMs: number; readonly giveBack: () => void }

export type TakenElsewhere = { readonly [Name in LimitName]?: Taken }

export type LimitsPorts = {
  readonly config: LimitsConfig
  readonly clock: Pick<Clock, 'monotonic'>
  /** Workers of this node. */
  readonly workers: number
  readonly addresses: Addresses
  /** A site by its id. */
  readonly site: (id: string) => { readonly key: string; readonly sealed: boolean } | undefined
}

/** How often workers tell each other what they took. */
export const exchangeMs = 250

/** Keys remembered; one takes some 200 bytes. */
const maxKeys = 100_000
/** Of each limit, an exchange: all of them in 25 s. */
const sweepKeys = 1_000

export function createLimits(ports: LimitsPorts): Limits {
  let { config } = ports
  const shared = ports.workers > 1
  const now = steadyNow(ports.clock)
  const sources = createSources(config.allow.addresses, ports.addresses)
  const keyed = Object.fromEntries(
    limitNames.map((name) => [name, new Keyed({ limit: limitOf[name](config), maxKeys, shared })]),
  ) as { readonly [Name in LimitName]: Keyed }
  const refused = Object.fromEntries(limitNames.map((name) => [name, 0])) as { [Name in LimitName]: number }
  const isExempt = createExemptSites(ports.site)

  const takeFrom = (name: LimitName, key: string): number => {
    const limit = keyed[name]
    if (!limit.on) return 0
    const at = now()
    const bucket = limit.of(key, at)
    const wait = limit.wait(bucket, at)
    if (wait > 0) {
      refused[name]++
      return toMs(wait)
    }
    limit.take(bucket, at)
    return 0
  }
  const ofAddress = (name: LimitName, source: Source, site?: string): number =>
    source.exempt || (site !== undefined && isExempt(site, config)) ? 0 : takeFrom(name, source.key)

  const messages = createMessageLimits({
    keyed,
    refused,
    penalty: () => config.penalty,
    isExempt: (site) => isExempt(site, config),
    now,
  })

  return {
    sources,
    messages,
    connection: (source) => ofAddress('address.connections', source),
    newVisitor: (source, site) => ofAddress('address.new_visitors', source, site),
    post: (source, site) => ofAddress('address.posts', source, site),
    login: ({ key }, login) => {
      const name = login.toLowerCase()
      const at = now()
      const tries = [
        {
          limit: keyed['login.per_address'],
          name: 'login.per_address',
          bucket: keyed['login.per_address'].of(key, at),
        },
        {
          limit: keyed['login.per_login'],
          name: 'login.per_login',
          bucket: keyed['login.per_login'].of(name, at),
        },
      ] as const
      for (const each of tries) {
        const wait = each.limit.wait(each.bucket, at)
        if (wait === 0) continue
        refused[each.name]++
        return { waitMs: toMs(wait), giveBack: () => undefined }
      }
      for (const { bucket, limit } of tries) limit.take(bucket, at)
      return {
        waitMs: 0,
        giveBack: () => {
          for (const { bucket, limit } of tries) limit.giveBack(bucket)
        },
      }
    },
    update: (next) => {
      config = next
      const at = now()
      for (const name of limitNames) keyed[name].set(limitOf[name](next), at)
      sources.allow(next.allow.addresses)
      isExempt.forget()
      const latest = at + next.penalty.max_wait * nsPerMs
      for (const name of senders) keyed[name].forEach(capPenaltyAt(latest))
    },
    exchange: () => {
      const at = now()
      const taken: { [Name in LimitName]?: Taken } = {}
      let any = false
      for (const name of limitNames) {
        keyed[name].sweep(sweepKeys, at)
        if (!shared) continue
        const some = keyed[name].collect()
        if (some.length === 0) continue
        taken[name] = some
        any = true
      }
      return any ? taken : undefined
    },
    owe: (taken) => {
      const at = now()
      for (const name of limitNames) keyed[name].owe(taken[name] ?? [], at)
    },
    report: () => ({
      refused: { ...refused },
      keys: Object.fromEntries(limitNames.map((name) => [name, keyed[name].size])) as LimitsReport['keys'],
      disconnected: messages.disconnected(),
    }),
  }
}

const nsPerMs = 1e6
const senders = [
  'visitor.messages',
  'visitor.controls',
  'agent.messages',
  'agent.commands',
  'agent.controls',
] as const

const limitOf = {
  'visitor.messages': (config) => config.visitor.messages,
  'visitor.controls': (config) => config.visitor.controls,
  'address.connections': (config) => config.address.connections,
  'address.new_visitors': (config) => config.address.new_visitors,
  'address.posts': (config) => config.address.posts,
  'address.messages': (config) => config.address.messages,
  'site.messages': (config) => config.site.messages,
  'agent.messages': (config) => config.agent.messages,
  'agent.commands': (config) => config.agent.commands,
  'agent.controls': (config) => config.agent.controls,
  'login.per_login': (config) => config.login.per_login,
  'login.per_address': (config) => config.login.per_address,
} as const satisfies { readonly [Name in LimitName]: (config: LimitsConfig) => LimitOrOff }

// A wait that was told under the old configuration does not outlast what the new one allows.
function capPenaltyAt(latest: number): (bucket: Bucket) => void {
  return (bucket) => {
    bucket.blockedUntil = Math.min(bucket.blockedUntil, latest)
  }
}

/** ns of a clock that never goes back: where the system's does, it stands still, and goes on from there. */
function steadyNow({ monotonic }: Pick<Clock, 'monotonic'>): () => number {
  let last = monotonic()
  let ahead = 0
  return () => {
    const ms = monotonic()
    if (ms < last) ahead += last - ms
    last = ms
    return Math.floor((ms + ahead) * nsPerMs)
  }
}
