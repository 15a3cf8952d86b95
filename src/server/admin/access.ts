import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'

/** Where a request to the administrative listener came from, and what it showed. */
export type Caller =
  /** The socket file's mode (0600) has decided already. */
  | { readonly via: 'socket' }
  | { readonly via: 'tcp'; readonly host: string | undefined; readonly authorization: string | undefined }

/**
 * A name that resolves to loopback lets a web page reach it (DNS rebinding): only an address, `localhost` or the name the
 * listener was configured with may stand in Host.
 */
export function hostAllowed(caller: Caller, configuredHost: string): boolean {
  if (caller.via === 'socket') return true
  const host = /^(\[[^\]]+\]|[^:]*)(?::\d+)?$/
    .exec(caller.host ?? '')?.[1]
    ?.replace(/^\[|\]$/g, '')
    .toLowerCase()
  if (host === undefined || host === '') return false
  return host === 'localhost' || host === configuredHost.toLowerCase() || isIP(host) !== 0
}

/** Other users of the machine and sibling containers reach loopback too: administration over TCP needs the token. */
export function tokenShown(caller: Caller, token: string): boolean {
  if (caller.via === 'socket') return true
  const shown = /^Bearer ([\w-]{1,200})$/.exec(caller.authorization ?? '')?.[1]
  return shown !== undefined && timingSafeEqual(digest(shown), digest(token))
}

// Digests have one length, whatever was shown.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
