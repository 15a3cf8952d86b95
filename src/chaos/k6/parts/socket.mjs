import { WebSocket } from 'k6/websockets'
import { target } from './clock.mjs'

// ---- A socket that speaks kf.v1 ----

export function connectTo(owner) {
  // k6 does not implement the protocols argument; the header is what offers a subprotocol.
  const socket = new WebSocket(target.url, null, { headers: { 'Sec-WebSocket-Protocol': 'kf.v1' } })
  owner.socket = socket
  socket.onopen = () => {
    if (owner.socket === socket) socket.send(JSON.stringify(owner.hello()))
  }
  socket.onmessage = (event) => {
    if (owner.socket === socket) owner.frame(JSON.parse(event.data))
  }
  socket.onerror = () => {}
  socket.onclose = () => {
    if (owner.socket !== socket) return
    owner.socket = undefined
    owner.closed()
  }
}

// Not every k6 names it.
const openState = 1

// What is written to a socket that just broke is lost, and comes again on the next one.
export function write(owner, text) {
  const { socket } = owner
  if (socket !== undefined && socket.readyState === openState) socket.send(text)
}
