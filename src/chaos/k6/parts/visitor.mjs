import { clientId, clock, hex, seededRandom, target, texts } from './clock.mjs'
import { count, noteAcked, noteFailed, noteSent, tally } from './metrics.mjs'
import { Outbox } from './outbox.mjs'
import { askPage, readPage } from './read-back.mjs'
import { connectTo, write } from './socket.mjs'

// ---- A visitor ----

export const never = Number.POSITIVE_INFINITY

export class Visitor {
  constructor(number) {
    this.number = number
    this.random = seededRandom(plan.seed, number)
    this.socket = undefined
    this.greeted = false
    this.ready = false
    this.over = false
    this.tries = 0
    this.token = undefined
    this.incarnation = undefined
    this.conversation = undefined
    // Up to where this visitor knows the conversation, what it knows beyond, and the last seq that came as a frame.
    this.cursor = 0
    this.ahead = new Set()
    this.lastFrame = 0
    this.catchingUp = false
    // Up to where its agent has read.
    this.agentRead = 0
    this.sent = []
    this.audit = undefined
    // The walk through a flow: its last message, when it would end and did end, and for when further ones were meant.
    this.walking = false
    this.current = undefined
    this.idealAt = 0
    this.endedAt = 0
    this.meant = []
    this.outbox = new Outbox(
      (frame) => {
        write(this, frame)
      },
      (message, why) => {
        noteFailed(message, why)
        message.look?.()
      },
    )
  }

  connect() {
    if (!this.over) connectTo(this)
  }

  hello() {
    const hello = { type: 'hello', site: target.site, locale: this.number % 5 === 4 ? 'zh-CN' : 'en' }
    if (this.token === undefined) return hello
    hello.token = this.token
    if (this.conversation !== undefined) {
      const streams = [{ conversation: this.conversation, stream: 'public', after: this.cursor }]
      hello.resume = { incarnation: this.incarnation, streams }
    }
    return hello
  }

  closed() {
    this.lostSocket()
    if (this.over) return
    count('closed')
    const bound = Math.min(15_000, 300 * 2 ** this.tries)
    this.tries += 1
    setTimeout(() => {
      this.connect()
    }, this.random() * bound)
  }

  // Cut off and back soon, as on a train; one that is on its way back already is left alone.
  cut() {
    const { socket } = this
    if (!this.greeted || this.catchingUp || this.over) return
    count('reconnects')
    this.socket = undefined
    this.lostSocket()
    socket.close()
    setTimeout(() => {
      this.connect()
    }, this.random() * 300)
  }

  lostSocket() {
    if (this.greeted && this.ready) tally.visitors -= 1
    this.greeted = false
    this.ahead.clear()
    this.outbox.disconnect()
  }

  frame(frame) {
    switch (frame.type) {
      case 'welcome':
        return this.welcomed(frame)
      case 'ack':
        return this.acked(frame.id, frame.conversation, frame.seq)
      case 'message':
        return frame.stream === 'public' ? this.heard(frame) : undefined
      case 'page':
        return this.audit === undefined ? this.caughtUp(frame) : readPage(this, frame)
      case 'error':
        return this.refused(frame)
      case 'read':
        return frame.role === 'agent' ? this.agentHasRead(frame.seq) : undefined
      case 'conversation':
        this.conversation = frame.conversation.id
    }
  }

  welcomed(frame) {
    const before = this.incarnation
    this.token = frame.token ?? this.token
    this.incarnation = frame.incarnation
    this.greeted = true
    this.tries = 0
    if (before === undefined) {
      this.outbox.connect()
      const now = clock()
      this.send(texts.mixed[this.number % texts.mixed.length], now, now)
      return
    }
    if (this.ready) tally.visitors += 1
    const mine = frame.conversations.find((summary) => summary.id === this.conversation)
    this.lastFrame = this.cursor
    this.catchingUp = mine !== undefined && mine.head > this.cursor
    if (this.catchingUp) this.pull()
    else this.resumed()
  }

  pull() {
    const ask = { type: 'history', conversation: this.conversation, after: this.cursor, limit: 200 }
    if (this.greeted) write(this, JSON.stringify(ask))
  }

  caughtUp(page) {
    for (const message of page.messages) {
      this.cursor = Math.max(this.cursor, message.seq)
      this.learnOwn(message)
    }
    if (this.cursor < page.head && page.messages.length > 0) {
      this.pull()
      return
    }
    this.catchingUp = false
    this.lastFrame = this.cursor
    this.advance()
    this.resumed()
  }

  resumed() {
    count('resumes')
    this.outbox.connect()
  }

  // `meant` is the intended instant: what is sent late is timed from then. This VU could send it from `due` on.
  send(text, meant, due) {
    const id = clientId('8', meant, hex(this.number, 5) + hex(this.sent.length, 7))
    const frame = JSON.stringify({ type: 'send', id, body: { kind: 'text', text } })
    const message = { id, meant, frame, state: 'pending', seq: 0, look: undefined }
    message.ackedAt = never
    message.answeredAt = never
    message.deliveredAt = never
    this.sent.push(message)
    noteSent(meant, due)
    this.outbox.send(message)
    return message
  }

  acked(id, conversation, seq) {
    this.conversation = conversation
    if (!this.catchingUp) this.know(seq)
    const message = this.outbox.settle(id)
    if (message === undefined) return
    const now = clock()
    noteAcked(message, now)
    message.state = message.state === 'failed' ? 'late' : 'acked'
    message.seq = seq
    message.ackedAt = now
    message.frame = undefined
    if (!this.ready) this.becomeReady()
    message.look?.()
    this.agentHasRead(this.agentRead)
  }

  becomeReady() {
    this.ready = true
    tally.visitors += 1
  }

  // Its ack counts as its seq; others may stand before it and be right behind.
  know(seq) {
    if (seq > this.cursor) this.ahead.add(seq)
    this.advance()
  }

  advance() {
    while (this.ahead.delete(this.cursor + 1)) this.cursor += 1
  }

  heard(frame) {
    if (frame.seq <= this.lastFrame) count('duplicated')
    this.lastFrame = Math.max(this.lastFrame, frame.seq)
    this.know(frame.seq)
    this.learnOwn(frame)
    if (frame.from.role === 'agent') this.happened('answeredAt')
  }

  // Its own message, told by another connection's frame or a page, is an ack as well.
  learnOwn(message) {
    if (message.from.role === 'visitor') this.acked(message.id, this.conversation, message.seq)
  }

  agentHasRead(seq) {
    this.agentRead = Math.max(this.agentRead, seq)
    const { current } = this
    if (current !== undefined && current.seq > 0 && current.seq <= this.agentRead)
      this.happened('deliveredAt')
  }

  // To the walk's last message, for the first time.
  happened(what) {
    const { current } = this
    if (current === undefined || current[what] !== never) return
    current[what] = clock()
    current.look?.()
  }

  refused(frame) {
    if (frame.id !== undefined) {
      this.outbox.error(frame)
      return
    }
    // Without an id it speaks of the history that was asked for.
    const again = () => (this.audit === undefined ? this.pull() : askPage(this))
    if (this.catchingUp || this.audit !== undefined) setTimeout(again, frame.retry_after_ms ?? 1_000)
  }

  leave() {
    this.over = true
    if (this.socket !== undefined) this.socket.close()
  }
}
