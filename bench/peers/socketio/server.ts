import { createServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import { durableLog } from './durable-log.ts'
import { type Log, memoryLog } from './log.ts'

/**
 * Entry of the peer's process: socket.io as its manual shows it, websocket transport only, connection state recovery off. Each
 * send is acknowledged with its seq once the log has it, and passed on to the visitor's agent, who only reads.
 */
type Send = { readonly id: string; readonly body: unknown }
type Ack = (answer: { readonly id: string; readonly seq: number; readonly conversation: string }) => void

const [folder] = process.argv.slice(2)
const log: Log = folder === undefined ? memoryLog() : await durableLog(folder)
const http = createServer()
const io = new Server(http, { transports: ['websocket'], allowUpgrades: false, serveClient: false })
const agents: Socket[] = []
let visitors = 0

io.on('connection', (socket) => {
  const auth = socket.handshake.auth as { readonly visitor?: number; readonly agent?: string }
  if (auth.agent !== undefined) {
    agents.push(socket)
    return
  }
  const conversation = `conversation-${auth.visitor ?? 0}`
  const from = { role: 'visitor', id: `visitor-${auth.visitor ?? 0}` }
  const agent = agents[visitors % agents.length]
  visitors += 1
  socket.on('send', ({ id, body }: Send, ack: Ack) => {
    log.append({ id, conversation, from, body }, (seq, at) => {
      ack({ id, seq, conversation })
      agent?.emit('message', { id, seq, conversation, from, body, at })
    })
  })
})
http.listen(0, '127.0.0.1', 4096, () => {
  const address = http.address()
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 })
})
process.on('SIGINT', () => {})
process.on('disconnect', () => {
  log.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
