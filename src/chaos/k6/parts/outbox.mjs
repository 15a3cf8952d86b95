import { count } from './metrics.mjs'

// ---- What was sent and has no definite answer yet ----

// Same id again: nobody knows whether it is stored.
const unknownOutcomes = new Set(['busy', 'rate_limited', 'unavailable', 'internal'])

// The messages of one sender in one conversation, in the order sent. After a refusal the server refuses all that follow until
// the refused one comes again: so everything from it on is written again, in order, and until then nothing new is.
export class Outbox {
  // `failed` hears of each message that is given up, once.
  constructor(write, failed) {
    this.write = write
    this.failed = failed
    this.waiting = []
    this.refusedId = undefined
    this.connected = false
  }

  send(message) {
    this.waiting.push(message)
    if (this.refusedId === undefined && this.connected) this.write(message.frame)
  }

  // Takes a message off that was acked or refused for good.
  settle(id) {
    const place = this.waiting.findIndex((message) => message.id === id)
    if (place < 0) return undefined
    return this.waiting.splice(place, 1)[0]
  }

  error(frame) {
    if (!unknownOutcomes.has(frame.code)) {
      const message = this.settle(frame.id)
      if (message !== undefined && message.state === 'pending') this.fail(message, 'rejected')
      return
    }
    if (this.refusedId !== undefined) return
    this.refusedId = frame.id
    setTimeout(() => {
      this.retry(frame.id)
    }, frame.retry_after_ms ?? 250)
  }

  retry(id) {
    if (this.refusedId !== id) return
    this.refusedId = undefined
    const place = this.waiting.findIndex((message) => message.id === id)
    const again = this.waiting.slice(Math.max(0, place))
    count('busy_retries', again.length)
    for (const message of again) this.write(message.frame)
  }

  // A new connection knows of no refusal, and gets all that has no answer.
  connect() {
    this.connected = true
    this.refusedId = undefined
    for (const message of this.waiting) this.write(message.frame)
  }

  disconnect() {
    this.connected = false
    this.refusedId = undefined
  }

  // What has waited too long is an error. It stays here all the same, since only its retry lifts a refusal; but nothing is
  // kept for a server that is away, which would get it all at once.
  tend(now) {
    for (const message of [...this.waiting]) {
      if (message.state === 'pending' && message.meant + plan.ackWithinMs <= now) this.fail(message, 'no_ack')
      if (message.state === 'failed' && !this.connected) this.settle(message.id)
    }
  }

  fail(message, why) {
    message.state = 'failed'
    this.failed(message, why)
  }
}
