import { LeanSocket } from '../../src/chaos/user/lean.ts'
import { textFrame } from '../../src/chaos/user/masked.ts'
import { subprotocol } from '../../src/protocol/frames.ts'
import type { Server } from './kf.ts'

export type Idle = { readonly connected: () => number; readonly close: () => void }

type Visitor = { socket: LeanSocket<Visitor> | undefined }

const connectPerTick = 20
const tickMs = 10
const withinMs = 60_000

/** Visitors that connect, greet where the server expects it, answer pings and say nothing more. Resolves when all are greeted. */
export function connectIdle(server: Server, count: number, greets: boolean): Promise<Idle> {
  const visitors: Visitor[] = []
  let connected = 0
  const done = Promise.withResolvers<Idle>()
  const greeted = (): void => {
    connected += 1
    if (connected === count) finish()
  }
  const handler = {
    opened: (visitor: Visitor) => {
      if (greets) visitor.socket?.send(textFrame(JSON.stringify({ type: 'hello', site: server.site })))
      else greeted()
    },
    text: (_visitor: Visitor, bytes: Buffer, start: number, end: number) => {
      if (bytes.toString('latin1', start, end).startsWith('{"type":"welcome"')) greeted()
    },
    closed: () => {
      connected -= 1
    },
  }
  const finish = (): void => {
    clearInterval(timer)
    clearTimeout(deadline)
    done.resolve({
      connected: () => connected,
      close: () => {
        for (const { socket } of visitors) socket?.destroy()
      },
    })
  }
  const timer = setInterval(() => {
    for (let n = 0; n < connectPerTick && visitors.length < count; n++) {
      const visitor: Visitor = { socket: undefined }
      visitors.push(visitor)
      const { host, port, path } = server.address
      const address = {
        host,
        port,
        path,
        subprotocol: greets ? subprotocol : undefined,
        localAddress: undefined,
      }
      visitor.socket = new LeanSocket(visitor, address, handler)
    }
  }, tickMs)
  // What is not greeted by then is missing from the count, which says so.
  const deadline = setTimeout(finish, withinMs)
  return done.promise
}
