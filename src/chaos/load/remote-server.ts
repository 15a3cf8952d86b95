import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { textOf } from './remote-connect.ts'
import { hostTroubles } from './remote-errors.ts'
import { type FromHost, largestToHost } from './remote-messages.ts'
import { sharedKeyIdentity, sharedKeyTls } from './remote-secret.ts'
import { type HostOptions, type HostSession, type SessionEnd, startHostSession } from './remote-session.ts'
import { openWire } from './remote-wire.ts'

/** Lends this host's generators to one coordinator at a time. */
export type LendingHost = {
  readonly port: number
  /** Ends the generators that run, and listens no more; idempotent, and bounded to a few seconds. */
  readonly stop: () => Promise<void>
}

export type LendingOptions = HostOptions & {
  readonly listen: { readonly host: string; readonly port: number }
  readonly key: Buffer
  /** Told what happens, for the operator. */
  readonly onEvent: (event: LendingEvent) => void
}

/** `who`: address and port; `said`: a code of OpenSSL or of the connection. */
export type LendingEvent =
  | { readonly t: 'lent'; readonly who: string }
  | { readonly t: 'busy'; readonly who: string; readonly lentTo: string }
  | { readonly t: 'stranger'; readonly who: string; readonly said: string }
  | { readonly t: 'free'; readonly end: SessionEnd }

const handshakeWithinMs = 5_000
/** Sockets that have not proved yet that they know the token. */
const mostUnknown = 16

/** Throws `host_listen` when the address cannot be had. */
export async function lendGenerators(options: LendingOptions): Promise<LendingHost> {
  const { key, listen, onEvent } = options
  let session: HostSession | undefined
  const server = createServer({
    ...sharedKeyTls,
    handshakeTimeout: handshakeWithinMs,
    pskIdentityHint: sharedKeyIdentity,
    pskCallback: (_socket, identity) => (identity === sharedKeyIdentity ? key : null),
  })
  server.maxConnections = mostUnknown
  server.on('tlsClientError', (error, socket) => {
    onEvent({ t: 'stranger', who: socket.remoteAddress ?? '?', said: codeOf(error) ?? error.message })
    socket.destroy()
  })
  server.on('secureConnection', (socket) => {
    const who = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`
    if (session !== undefined) {
      turnAway(socket)
      onEvent({ t: 'busy', who, lentTo: session.who })
      return
    }
    socket.setNoDelay(true)
    session = startHostSession(socket, who, options, (end) => {
      session = undefined
      onEvent({ t: 'free', end })
    })
    onEvent({ t: 'lent', who })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const at = textOf(listen)
      const reason = codeOf(error) ?? messageOf(error)
      reject(
        new KfError('host_listen', `cannot listen on ${at} (${reason})`, {
          cause: error,
          hint: 'name another with --listen',
          params: { at, reason },
        }),
      )
    })
    server.listen({ host: listen.host, port: listen.port, backlog: mostUnknown }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close()
      await session?.end({ why: 'stopped' })
    },
  }
}

function turnAway(socket: TLSSocket): void {
  const refusal: FromHost = { t: 'refused', trouble: hostTroubles.busy() }
  const wire = openWire(socket, { maxBytes: largestToHost, onMessage: () => {}, onEnd: () => {} })
  wire.send(refusal)
  wire.close()
}
