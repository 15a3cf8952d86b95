import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Addresses } from '../../src/chaos/load/ipc.ts'
import { uuidv7 } from '../../src/core/ids.ts'
import { subprotocol } from '../../src/protocol/frames.ts'
import { bodyText } from './store.ts'

/** One visitor that waits for each ack before it says more. */
export type Talker = {
  /** Resolves with the ack. */
  readonly send: () => Promise<void>
  readonly close: () => void
}

/** Connects and greets. */
export async function connectTalker({ host, port, path }: Addresses[number], site: string): Promise<Talker> {
  const socket = new WebSocket(`ws://${host}:${port}${path}`, subprotocol)
  let heard: (text: string) => void = () => {}
  socket.on('message', (data: Buffer) => {
    heard(data.toString())
  })
  const next = (type: string): Promise<void> =>
    new Promise((resolve, reject) => {
      heard = (text) => {
        if (text.startsWith(`{"type":"${type}"`)) resolve()
        else if (text.startsWith('{"type":"error"')) reject(new Error(text))
      }
    })
  await once(socket, 'open')
  const welcome = next('welcome')
  socket.send(JSON.stringify({ type: 'hello', site }))
  await welcome
  return {
    send: () => {
      const ack = next('ack')
      socket.send(
        JSON.stringify({ type: 'send', id: uuidv7(Date.now()), body: { kind: 'text', text: bodyText } }),
      )
      return ack
    },
    close: () => {
      socket.close()
    },
  }
}
