import { BlockList, isIP } from 'node:net'

/** The configured `trusted_proxies`, ready to ask. */
export type TrustedProxies = { readonly trusts: (address: string) => boolean }

export type ClientAddress = {
  /** The client's address, IPv4 without its IPv6 mapping. */
  readonly address: string
  /** The proxies that brought the request, nearest first; empty when the client itself is connected. */
  readonly via: readonly string[]
  /** What became of X-Forwarded-For. `ignored`: it was there, but the peer is no trusted proxy. */
  readonly forwarded: 'absent' | 'used' | 'ignored'
}

/** `cidrs` as the configuration has them: validated, each with a prefix length. */
export function trustedProxies(cidrs: readonly string[]): TrustedProxies {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const slash = cidr.lastIndexOf('/')
    const address = plainAddress(cidr.slice(0, slash))
    const wasMapped = address !== cidr.slice(0, slash) && isIP(address) === 4 && cidr.includes(':')
    const bits = Number(cidr.slice(slash + 1)) - (wasMapped ? 96 : 0)
    list.addSubnet(address, Math.max(0, bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  return {
    trusts: (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'),
  }
}

/**
 * Walks X-Forwarded-For from the right, as far as the one who wrote each entry is a trusted proxy: a client can write
 * anything to the left of what our own proxy appended, and nothing of that counts.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): ClientAddress {
  let address = plainAddress(socketAddress ?? '')
  if (forwardedFor === undefined) return { address, via: [], forwarded: 'absent' }
  if (!trusted.trusts(address)) return { address, via: [], forwarded: 'ignored' }
  const via: string[] = []
  for (const entry of forwardedFor.split(',').toReversed().slice(0, maxHops)) {
    const next = plainAddress(entry)
    if (isIP(next) === 0) break
    via.push(address)
    address = next
    if (!trusted.trusts(address)) break
  }
  return { address, via, forwarded: via.length > 0 ? 'used' : 'ignored' }
}

/** The header of a trusted proxy (X-Forwarded-Host, X-Forwarded-Proto): its last value, since the nearest one wrote it. */
export function forwardedHeader(
  socketAddress: string | undefined,
  value: string | readonly string[] | undefined,
  trusted: TrustedProxies,
): string | undefined {
  if (value === undefined || !trusted.trusts(plainAddress(socketAddress ?? ''))) return undefined
  const last = (typeof value === 'string' ? value : value.join(',')).split(',').at(-1)?.trim()
  return last === '' ? undefined : last
}

/** What to count an address by: IPv4 whole, IPv6 by its /64, since one household has all of that. */
export function addressKey(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === '' ? [] : tail.split(':')
  const missing = address.includes('::') ? Math.max(0, 8 - before.length - after.length) : 0
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

// A chain longer than this is no chain of proxies.
const maxHops = 16

const portAfterIpv4 = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/
const inBrackets = /^\[([^\]]+)\](?::\d{1,5})?$/
const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

// Proxies write ports and brackets; dual-stack sockets report IPv4 peers as ::ffff:a.b.c.d.
function plainAddress(text: string): string {
  const trimmed = text.trim()
  const bare = portAfterIpv4.exec(trimmed)?.[1] ?? inBrackets.exec(trimmed)?.[1] ?? trimmed
  return mapped.exec(bare)?.[1] ?? bare
}
