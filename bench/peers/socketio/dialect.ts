import type { Dialect, Found } from '../../../src/chaos/targets/dialect.ts'

/**
 * Socket.IO 5 in Engine.IO 4 (github.com/socketio/socket.io-protocol, engine.io-protocol), as plain texts: `0` open, `2` ping,
 * `3` pong, `40` connect, `42` an event, `42n` one that asks for an acknowledgement, `43n` that. Frames are looked at by their
 * bytes and laid out as `server.ts` sends them, so that the generator costs what it costs with kf.
 */
export const socketIoDialect: Dialect = {
  name: 'socketio',
  subprotocol: undefined,
  sequenced: true,
  delivers: true,
  opens: false,
  stores: false,
  pong: '3',
  hello: (user) =>
    `40${JSON.stringify(user.role === 'visitor' ? { visitor: user.number } : { agent: user.token })}`,
  message: (slot, text) => `420${JSON.stringify(['send', { id: slot, body: { kind: 'text', text } }])}`,
  answer: () => '',
  classify: (bytes, start, end, found) => {
    const type = bytes[start]
    if (type === ping) return 'ping'
    if (type !== message) return 'other'
    const kind = bytes[start + 1]
    if (kind === connected) return 'welcome'
    if (kind === acknowledgement) return read(bytes, start + ackHead.length, end, found) ? 'ack' : 'other'
    return read(bytes, start + messageHead.length, end, found) ? 'message' : 'other'
  },
}

const ping = 0x32
const message = 0x34
const connected = 0x30
const acknowledgement = 0x33
const ackHead = '430[{"id":"'
const messageHead = '42["message",{"id":"'
const idLength = 36
const afterId = '","seq":'
const afterSeq = ',"conversation":"'
const quote = 0x22

// From the id on: `ID","seq":N,"conversation":"C"`.
function read(bytes: Buffer, at: number, end: number, found: Found): boolean {
  found.idAt = at
  let place = at + idLength + afterId.length
  let seq = 0
  for (; place < end; place++) {
    const digit = (bytes[place] ?? 0) - 0x30
    if (digit < 0 || digit > 9) break
    seq = seq * 10 + digit
  }
  found.seq = seq
  found.conversationAt = place + afterSeq.length
  found.conversationEnd = bytes.indexOf(quote, found.conversationAt)
  return seq > 0 && found.conversationEnd > found.conversationAt && found.conversationEnd < end
}
