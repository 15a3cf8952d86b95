import { answers, clientId, clock, meantBy, seededRandom, tailOf, tokens } from './clock.mjs'
import { count, counts, deliveredMs, tally } from './metrics.mjs'
import { Outbox } from './outbox.mjs'
import { connectTo, write } from './socket.mjs'

// ---- An agent ----

export class Agent {
  constructor(number) {
    this.number = number
    this.random = seededRandom(plan.seed, plan.visitors + number)
    this.socket = undefined
    this.greeted = false
    this.over = false
    this.tries = 0
    this.id = ''
    this.held = new Map()
  }

  connect() {
    if (!this.over) connectTo(this)
  }

  hello() {
    return { type: 'hello', token: tokens[this.number] }
  }

  closed() {
    if (this.greeted) tally.agents -= 1
    this.greeted = false
    for (const held of this.held.values()) held.outbox.disconnect()
    if (this.over) return
    count('closed')
    const bound = Math.min(15_000, 300 * 2 ** this.tries)
    this.tries += 1
    setTimeout(() => {
      this.connect()
    }, this.random() * bound)
  }

  say(frame) {
    if (this.greeted) write(this, JSON.stringify(frame))
  }

  frame(frame) {
    switch (frame.type) {
      case 'welcome':
        return this.welcomed(frame)
      case 'conversation':
        return this.adopt(frame.conversation)
      case 'message':
        return frame.stream === 'public' ? this.heard(frame) : undefined
      case 'page':
        return frame.stream === 'public' ? this.readPage(frame) : undefined
      case 'ack':
        return this.acked(this.hold(frame.conversation), frame.id)
      case 'error':
        return this.refused(frame)
    }
  }

  welcomed(frame) {
    this.id = frame.you.id
    this.greeted = true
    this.tries = 0
    tally.agents += 1
    if (frame.status !== undefined && frame.status !== 'online')
      this.say({ type: 'status', status: 'online' })
    for (const summary of frame.conversations) this.adopt(summary)
    for (const held of this.held.values()) held.outbox.connect()
  }

  hold(id) {
    let held = this.held.get(id)
    if (held === undefined) {
      const outbox = new Outbox(
        (frame) => {
          write(this, frame)
        },
        () => {},
      )
      outbox.connected = this.greeted
      held = { id, epoch: 0, owned: false, seen: new Set(), asked: 0, historyTo: 0, outbox }
      this.held.set(id, held)
    }
    return held
  }

  // What stands before the conversation came into view is pulled; from its head on, frames come live.
  adopt(summary) {
    const held = this.hold(summary.id)
    this.own(held, summary.owner === this.id, summary.epoch)
    held.historyTo = summary.head
    this.pull(held)
  }

  pull(held) {
    const after = held.asked
    const limit = Math.min(200, held.historyTo - after)
    if (limit <= 0) return
    held.asked = after + limit
    this.say({ type: 'history', conversation: held.id, after, limit })
  }

  readPage(page) {
    const held = this.hold(page.conversation)
    for (const message of page.messages) {
      if (!held.seen.has(message.seq)) this.take(held, message)
    }
    this.pull(held)
  }

  heard(frame) {
    const held = this.hold(frame.conversation)
    held.asked = Math.max(held.asked, frame.seq)
    if (held.seen.has(frame.seq)) count('duplicated')
    else this.take(held, frame)
  }

  take(held, message) {
    held.seen.add(message.seq)
    const { body, from, id, seq } = message
    if (from.role === 'visitor') this.delivered(held, id, seq)
    else if (from.role === 'agent' && from.id === this.id) this.acked(held, id)
    if (body.kind !== 'event') return
    if (body.event === 'assigned' || body.event === 'transferred')
      this.own(held, body.owner === this.id, body.epoch)
    else if (body.event === 'released' || body.event === 'closed') this.own(held, false, body.epoch)
  }

  delivered(held, id, seq) {
    const meant = meantBy(id)
    count('delivered_total')
    if (counts(meant)) deliveredMs.add(clock() - meant)
    if (plan.marksRead) this.say({ type: 'read', conversation: held.id, seq })
    if (plan.answers && held.owned) this.answer(held, id)
  }

  // The answer's id ends as the message's does: so the visitor knows what is answered.
  answer(held, to) {
    const meant = clock()
    const id = clientId('9', meant, tailOf(to))
    const text = answers[Math.floor(this.random() * answers.length)]
    const body = { kind: 'text', text }
    const frame = JSON.stringify({ type: 'send', id, conversation: held.id, epoch: held.epoch, body })
    count('answers_sent')
    held.outbox.send({ id, meant, frame, state: 'pending' })
  }

  acked(held, id) {
    if (held.outbox.settle(id) !== undefined) count('answers_acked')
  }

  refused(frame) {
    for (const { outbox } of this.held.values()) {
      if (outbox.waiting.some((message) => message.id === frame.id)) outbox.error(frame)
    }
  }

  own(held, owned, epoch) {
    if (epoch < held.epoch) return
    held.owned = owned
    held.epoch = epoch
  }

  leave() {
    this.over = true
    if (this.socket !== undefined) this.socket.close()
  }
}
