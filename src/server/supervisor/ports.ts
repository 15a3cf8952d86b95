import { createServer } from 'node:net'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { type Address, formatAddress } from '../config/values.ts'

/**
 * Fails when anything listens on this address. NOTE: asks without `reusePort`: with it a second kf would bind happily and
 * the kernel would split the connections between the two. For up to `waitMs` it asks again, since the workers of a
 * supervisor that was killed need a moment to go.
 * Throws `port_in_use`, `port_forbidden`, `address_unknown`.
 */
export async function probePort(
  address: Address,
  options: { readonly flag: string; readonly waitMs: number },
): Promise<void> {
  if (address.port === 0) return
  const deadline = performance.now() + options.waitMs
  for (;;) {
    const error = await tryListen(address)
    if (error === undefined) return
    if (codeOf(error) !== 'EADDRINUSE' || performance.now() >= deadline)
      throw listenError(error, address, options.flag)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** What a person can do about a failed listen. `flag` is the option that names the address. */
export function listenError(error: unknown, address: Address, flag: string): KfError {
  const at = formatAddress(address)
  const params = { at, flag }
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new KfError('port_in_use', `${at} is taken: another program, maybe another kf, listens there`, {
        hint: `stop it, or choose another address with ${flag}`,
        cause: error,
        params,
      })
    case 'EACCES':
      return new KfError('port_forbidden', `this user may not listen on ${at}`, {
        hint: `choose a port above 1023 with ${flag}, and let a reverse proxy serve port 443`,
        cause: error,
        params,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new KfError('address_unknown', `${at} is not an address of this machine`, {
        hint: `choose one with ${flag}: 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses`,
        cause: error,
        params,
      })
    default:
      return new KfError('listen_failed', `cannot listen on ${at}: ${messageOf(error)}`, {
        hint: `choose another address with ${flag}`,
        cause: error,
        params,
      })
  }
}

function tryListen(address: Address): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const server = createServer()
  server.once('error', resolve)
  server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
    server.close(() => {
      resolve(undefined)
    })
  })
  return promise
}
