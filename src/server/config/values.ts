import { isIP } from 'node:net'

export type Address = { readonly host: string; readonly port: number }

/** A parsed value, or what is wrong with it and how to write it. Flags and files are read by the same functions. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly what: string; readonly fix: string }

/** `7000`, `127.0.0.1:7000`, `:7000` (all addresses), `[::1]:7000`, `localhost:0` (any free port). */
export function parseListen(text: string): Parsed<Address> {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^\s:[\]/]*):)?(\d{1,5})$/.exec(text.trim())
  const port = Number(match?.[2])
  if (match === null || port > 65_535) {
    return {
      ok: false,
      what: `${quote(text)} is not an address`,
      fix: 'write host:port, for example 127.0.0.1:7000',
    }
  }
  const host = match[1]
  if (host === '') return { ok: true, value: { host: '0.0.0.0', port } }
  return { ok: true, value: { host: host?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port } }
}

/**
 * The base of every link that leaves the server: http or https, maybe with a path. The result ends with a slash, so that
 * `new URL('api/v1/…', publicUrl)` keeps the path.
 */
export function parsePublicUrl(text: string): Parsed<string> {
  const fix = 'write it as visitors see it, for example https://example.com/chat/'
  if (!URL.canParse(text)) return { ok: false, what: `${quote(text)} is not a URL`, fix }
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return {
      ok: false,
      what: `${quote(text)} starts with ${quote(url.protocol)}; only http: and https: are served`,
      fix,
    }
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    return { ok: false, what: `${quote(text)} has a query, a fragment or a login`, fix }
  }
  return { ok: true, value: url.href.endsWith('/') ? url.href : `${url.href}/` }
}

/** One address or a CIDR block, IPv4 or IPv6: `10.0.0.0/8`, `::1`. The result always has a prefix length. */
export function parseCidr(text: string): Parsed<string> {
  const [address = '', prefix, ...rest] = text.trim().split('/')
  const family = isIP(address)
  const widest = family === 4 ? 32 : 128
  const bits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (family === 0 || rest.length > 0 || !(bits <= widest)) {
    return {
      ok: false,
      what: `${quote(text)} is not an address block`,
      fix: 'write it as 10.0.0.0/8, 192.0.2.7 or fd00::/8',
    }
  }
  return { ok: true, value: `${address}/${bits}` }
}

export const workerBounds = { min: 1, max: 64 } as const

export function parseWorkers(value: number | string): Parsed<number> {
  const count = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  if (Number.isInteger(count) && count >= workerBounds.min && count <= workerBounds.max)
    return { ok: true, value: count }
  return {
    ok: false,
    what: `${quote(String(value))} is not a number of workers`,
    fix: `write a whole number from ${workerBounds.min} to ${workerBounds.max}; leave it out for the default`,
  }
}

/** `host:port`, an IPv6 host in brackets. */
export function formatAddress(address: Address): string {
  return `${hostInUrl(address.host)}:${address.port}`
}

/** The address a person on this machine opens; an unspecified host becomes loopback. */
export function urlOf(address: Address): string {
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host
  return `http://${hostInUrl(host)}:${address.port}/`
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text)
}
