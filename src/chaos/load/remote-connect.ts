import { connect, type TLSSocket } from 'node:tls'
import { codeOf } from '../../core/errors.ts'
import { type HostTrouble, hostError, hostTroubles } from './remote-errors.ts'
import { sharedKeyIdentity, sharedKeyTls } from './remote-secret.ts'

const connectWithinMs = 5_000

export type HostAddress = { readonly host: string; readonly port: number }

export function textOf({ host, port }: HostAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A connection to `kf bench agent` on which both sides have proved to know the token. Throws `host_…` with what to do. */
export function connectToHost(address: HostAddress, key: Buffer, signal: AbortSignal): Promise<TLSSocket> {
  const where = textOf(address)
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...sharedKeyTls,
      ...address,
      pskCallback: () => ({ psk: key, identity: sharedKeyIdentity }),
      // The key itself says who it is: there is no certificate.
      checkServerIdentity: () => undefined,
    })
    const fail = (trouble: HostTrouble, cause?: unknown): void => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(hostError(where, trouble, cause))
    }
    const onError = (error: Error): void => {
      fail(explain(codeOf(error) ?? '', error.message), error)
    }
    const onClose = (): void => {
      fail(hostTroubles.dialogue('closed'))
    }
    const onAbort = (): void => {
      fail(hostTroubles.interrupted())
    }
    const timer = setTimeout(() => {
      fail(hostTroubles.silent(connectWithinMs))
    }, connectWithinMs)
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      socket.off('close', onClose)
    }
    socket.on('error', onError)
    socket.on('close', onClose)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    socket.once('secureConnect', () => {
      settle()
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}

function explain(code: string, text: string): HostTrouble {
  if (code === 'ECONNREFUSED') return hostTroubles.absent()
  if (/BAD_RECORD_MAC|DECRYPT|ALERT_(ILLEGAL|UNKNOWN_PSK)/.test(code)) return hostTroubles.token()
  if (/^ERR_SSL_|^ECONNRESET$|^EPROTO$/.test(code)) return hostTroubles.dialogue(code)
  return hostTroubles.network(text)
}
