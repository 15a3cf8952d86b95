import { connect, type TLSSocket } from 'node:tls'
import { codeOf, KfError } from '../../core/errors.ts'
import { sharedKeyIdentity, sharedKeyTls } from './remote-secret.ts'

const connectWithinMs = 5_000

export type HostAddress = { readonly host: string; readonly port: number }

export function textOf({ host, port }: HostAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A connection to `kf bench agent` on which both sides have proved to know the token. Throws `host` with what to do. */
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
    const fail = (message: string, hint: string, cause?: unknown): void => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(new KfError('host', `host ${where}: ${message}`, { hint, cause }))
    }
    const onError = (error: Error): void => {
      const { message, hint } = explain(codeOf(error) ?? '', error.message)
      fail(message, hint, error)
    }
    const onClose = (): void => {
      fail('it ended the connection before the token was checked', unlikely)
    }
    const onAbort = (): void => {
      fail('interrupted', 'let it finish')
    }
    const timer = setTimeout(() => {
      fail(
        `no answer within ${connectWithinMs} ms`,
        'is the address right, and does a firewall let it through?',
      )
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

const unlikely = 'is it `kf bench agent` that listens there?'

function explain(code: string, text: string): { readonly message: string; readonly hint: string } {
  if (code === 'ECONNREFUSED')
    return { message: 'nobody listens there', hint: 'start `kf bench agent` on it first' }
  if (/BAD_RECORD_MAC|DECRYPT|ALERT_(ILLEGAL|UNKNOWN_PSK)/.test(code))
    return { message: 'it has another token', hint: 'give --host-token-file a copy of its token file' }
  if (/^ERR_SSL_|^ECONNRESET$|^EPROTO$/.test(code))
    return { message: `it does not speak what \`kf bench agent\` does (${code})`, hint: unlikely }
  return { message: text, hint: 'is the address right?' }
}
