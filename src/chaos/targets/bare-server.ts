import { type WebSocket, WebSocketServer } from 'ws'

/**
 * Entry of one process of a bare target: `echo` sends every frame back; `relay` acks it and passes it to the visitor's
 * agent, storing nothing. Plain `ws` as its manual shows it: the ceilings that kf is measured against.
 */

const kind = process.argv[2] === 'relay' ? 'relay' : 'echo'
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  backlog: 4096,
  maxPayload: 65_536,
})

server.on('listening', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 })
})
server.on('connection', kind === 'echo' ? echo : relay)
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})

function echo(socket: WebSocket): void {
  socket.on('error', () => {})
  socket.on('message', (data) => {
    socket.send(data, { binary: false })
  })
}

type Hello = { readonly type: 'hello'; readonly token?: string }
type Send = { readonly type: 'send'; readonly id: string; readonly body: unknown }

const agents: WebSocket[] = []
let visitors = 0

function relay(socket: WebSocket): void {
  let agent: WebSocket | undefined
  let conversation = ''
  let from = { role: 'visitor', id: '' }
  let seq = 0
  socket.on('error', () => {})
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString('utf8')) as Hello | Send
    if (frame.type === 'send') {
      seq += 1
      const at = Date.now()
      socket.send(JSON.stringify({ type: 'ack', id: frame.id, conversation, stream: 'public', seq, at }))
      agent?.send(
        JSON.stringify({
          type: 'message',
          conversation,
          stream: 'public',
          seq,
          id: frame.id,
          from,
          body: frame.body,
          at,
        }),
      )
      return
    }
    if (frame.token === undefined) {
      visitors += 1
      from = { role: 'visitor', id: `visitor-${visitors}-of-the-relay` }
      conversation = `conversation-${visitors}`
      agent = agents[visitors % agents.length]
    } else {
      agents.push(socket)
      from = { role: 'agent', id: frame.token }
    }
    socket.send(
      JSON.stringify({
        type: 'welcome',
        incarnation: 'relay',
        you: from,
        site: { id: 'relay', name: 'relay' },
        limits: {},
        conversations: [],
      }),
    )
  })
}
