import { WebSocket } from 'ws'
import {
  createSession,
  type OpenSocket,
  type Outcome,
  type Session,
  type ThreadMessage,
} from '../../src/client/session.ts'
import { systemClock } from '../../src/core/clock.ts'
import { cryptoRandomBytes } from '../../src/core/ids.ts'
import type { StreamName } from '../../src/protocol/frames.ts'

/** A person with kf's own client and a record of everything it was told. */
export type User = {
  readonly session: Session
  readonly sent: string[]
  readonly outcomes: Map<string, Outcome>
  /** In the order they came: what this reader was shown, by thread. */
  readonly seen: Map<string, ThreadMessage[]>
  readonly resets: string[]
  token: string | undefined
  /** Cuts the connection without a close frame. */
  readonly drop: () => void
}

/** `url` is asked at every connect, since a restarted node may have moved. */
export function createUser(
  url: string,
  credentials: { readonly token?: string; readonly site?: string },
): User {
  let socket: WebSocket | undefined
  const openSocket: OpenSocket = (address, protocol, events) => {
    const opened = new WebSocket(address, protocol)
    socket = opened
    opened.on('open', events.onopen)
    opened.on('message', (data: Buffer) => {
      events.onmessage(data.toString())
    })
    opened.on('error', () => undefined)
    opened.on('close', events.onclose)
    return {
      send: (text) => {
        opened.send(text)
      },
      close: (code) => {
        opened.close(code)
      },
    }
  }
  const user: User = {
    sent: [],
    outcomes: new Map(),
    seen: new Map(),
    resets: [],
    token: credentials.token,
    drop: () => socket?.terminate(),
    session: createSession({
      url,
      credentials: () => ({ ...credentials, ...(user.token === undefined ? {} : { token: user.token }) }),
      openSocket,
      clock: systemClock,
      random: cryptoRandomBytes,
      onToken: (token) => {
        user.token = token
      },
      taps: {
        onMessage: (message, conversation, stream) => {
          const key = threadOf(conversation, stream)
          const seen = user.seen.get(key)
          if (seen === undefined) user.seen.set(key, [message])
          else seen.push(message)
        },
        onOutcome: (outcome) => user.outcomes.set(outcome.id, outcome),
        onReset: (conversation) => user.resets.push(conversation),
      },
    }),
  }
  user.session.start()
  return user
}

export function threadOf(conversation: string, stream: StreamName): string {
  return `${conversation}/${stream}`
}
