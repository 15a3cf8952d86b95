import type { SiteRecord } from '../storage/store.ts'

/**
 * Where a request came to, as the browser saw it: `host` from Host (or a trusted proxy's X-Forwarded-Host), `publicUrl`
 * from the configuration. A proxy that rewrites Host needs one of the two.
 */
export type ServedAt = { readonly host: string | undefined; readonly publicUrl?: string | undefined }

/**
 * May a page of this origin talk to the site? Without an Origin header it is no browser's page: the token alone decides.
 * Our own pages always may; `null` (sandboxed frames, files) only where the site allows `*`.
 */
export function isOriginAllowed(
  origin: string | undefined,
  site: Pick<SiteRecord, 'origins'>,
  at: ServedAt,
): boolean {
  if (origin === undefined || isSameOrigin(origin, at)) return true
  if (site.origins.includes('*')) return true
  const own = originOf(origin)
  return own !== undefined && site.origins.some((allowed) => originOf(allowed) === own)
}

/**
 * True for our own pages. NOTE: without `publicUrl` the scheme is not compared, since behind a proxy that ends TLS the
 * server does not know its own; host and port are.
 */
export function isSameOrigin(origin: string, at: ServedAt): boolean {
  const own = originOf(origin)
  if (own === undefined) return false
  if (at.publicUrl !== undefined && originOf(at.publicUrl) === own) return true
  return at.host !== undefined && originOf(`${new URL(own).protocol}//${at.host}`) === own
}

// Normalises case and default ports; undefined for `null` and whatever is no web origin.
function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin : undefined
}
