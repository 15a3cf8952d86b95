import { writeFileSync } from 'node:fs'
import { WebSocketServer } from 'ws'
import { delayModels } from './delays.ts'

/**
 * A target with a known delay, in a process of its own: `delay-server.ts MODEL FILE`. Machines are late, so what it really did
 * is written to FILE when it ends: for each message the instants it was meant, received and answered, in milliseconds.
 */
export type Noted = { readonly intended: number; readonly received: number; readonly answered: number }

const [name = 'fixed', file = ''] = process.argv.slice(2)
const model = name === 'bimodal' || name === 'stall' ? delayModels[name] : delayModels.fixed
const noted: Noted[] = []
let zero: number | undefined
let received = 0

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 })
})
server.on('connection', (socket) => {
  socket.on('error', () => {})
  socket.on('message', (data: Buffer) => {
    const at = performance.now()
    zero ??= at
    const due = zero + model(at - zero, received)
    received += 1
    setTimeout(() => {
      noted.push({ intended: intendedOf(data), received: at, answered: performance.now() })
      socket.send(data, { binary: false })
    }, due - at)
  })
})
process.on('SIGINT', () => {})
process.on('disconnect', () => {
  writeFileSync(file, JSON.stringify(noted))
  process.exit(0)
})

// `src/chaos/load/message-id.ts` writes it: milliseconds in the first twelve digits, their 4,096ths in three more.
function intendedOf(data: Buffer): number {
  const id = /"id":"([0-9a-f-]{36})"/.exec(data.toString())?.[1] ?? ''
  const digits = id.replaceAll('-', '')
  return Number.parseInt(digits.slice(0, 12), 16) + Number.parseInt(digits.slice(13, 16), 16) / 4096
}
