import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { type FromHost, largestToHost } from './remote-messages.ts'
import { sharedKeyIdentity, sharedKeyTls } from './remote-secret.ts'
import { type HostOptions, type HostSession, startHostSession } from './remote-session.ts'
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
  /** Told what happens, for the operator: one line each. */
  readonly say: (line: string) => void
}

const handshakeWithinMs = 5_000
/** Sockets that have not proved yet that they know the token. */
const mostUnknown = 16

/** Throws `listen` when the address cannot be had. */
export async function lendGenerators(options: LendingOptions): Promise<LendingHost> {
  const { key, listen, say } = options
  let session: HostSession | undefined
  const server = createServer({
    ...sharedKeyTls,
    handshakeTimeout: handshakeWithinMs,
    pskIdentityHint: sharedKeyIdentity,
    pskCallback: (_socket, identity) => (identity === sharedKeyIdentity ? key : null),
  })
  server.maxConnections = mostUnknown
  server.on('tlsClientError', (error, socket) => {
    say(`turned away ${socket.remoteAddress ?? 'somebody'}: ${codeOf(error) ?? error.message}`)
    socket.destroy()
  })
  server.on('secureConnection', (socket) => {
    const who = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`
    if (session !== undefined) {
      turnAway(socket)
      say(`turned away ${who}: lent to ${session.who}`)
      return
    }
    socket.setNoDelay(true)
    const mine = startHostSession(socket, who, options, (why) => {
      session = undefined
      say(`free again: ${why}`)
    })
    session = mine
    say(`lent to ${who}`)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new KfError('listen', `cannot listen on ${listen.host}:${listen.port}: ${messageOf(error)}`, {
          cause: error,
          hint: 'name another with --listen',
        }),
      )
    })
    server.listen({ host: listen.host, port: listen.port, backlog: mostUnknown }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close()
      await session?.end('the host was stopped')
    },
  }
}

function turnAway(socket: TLSSocket): void {
  const refusal: FromHost = {
    t: 'refused',
    code: 'busy',
    message: 'it is lent to another coordinator',
    hint: 'wait until that run has ended',
  }
  const wire = openWire(socket, { maxBytes: largestToHost, onMessage: () => {}, onEnd: () => {} })
  wire.send(refusal)
  wire.close()
}
