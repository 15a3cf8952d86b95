/** What is known of one sent message. */
export const messageState = { pending: 0, acked: 1, late: 2, failed: 3 } as const

/**
 * Every message one generator sent, by number, in growing typed arrays: two dozen bytes a message, so that a minute at any rate
 * fits, and loss, duplicates and order are counted exactly afterwards.
 */
export class MessageLog {
  count = 0
  intended = new Float64Array(initial)
  who = new Uint16Array(initial)
  /** Which of the texts; a message that is sent again is the same message. */
  text = new Uint16Array(initial)
  /** Number of the message before it of the same sender, or -1. */
  previous = new Int32Array(initial)
  state = new Uint8Array(initial)
  /** The seq its ack named; 0 before the ack. */
  seq = new Uint32Array(initial)
  /** Acks that named another seq than the first. */
  conflictingAcks = 0

  /** Notes a send and returns its number; `previous` is the sender's message before it, or -1. */
  add(who: number, intended: number, text: number, previous: number): number {
    const index = this.count
    if (index === this.who.length) this.#grow()
    this.count = index + 1
    this.intended[index] = intended
    this.who[index] = who
    this.text[index] = text
    this.previous[index] = previous
    return index
  }

  #grow(): void {
    const size = this.who.length * 2
    this.intended = copied(new Float64Array(size), this.intended)
    this.who = copied(new Uint16Array(size), this.who)
    this.text = copied(new Uint16Array(size), this.text)
    this.previous = copied(new Int32Array(size), this.previous)
    this.state = copied(new Uint8Array(size), this.state)
    this.seq = copied(new Uint32Array(size), this.seq)
  }
}

const initial = 1 << 14

function copied<T extends { set: (from: T) => void }>(to: T, from: T): T {
  to.set(from)
  return to
}

/** Added to a seq of another history: the message was delivered, under a seq that says nothing any more. */
export const ofAnotherHistory = 2 ** 31

/** The seqs under which messages of one generator were delivered, and how often that contradicted itself. */
export class DeliveryLog {
  /** By message number; 0: not delivered. */
  seq = new Uint32Array(initial)
  count = 0
  duplicates = 0

  /** False when this message was delivered before; in the same history that is counted. */
  add(index: number, seq: number): boolean {
    if (index >= this.seq.length) {
      this.seq = copied(
        new Uint32Array(Math.max(this.seq.length * 2, 2 ** Math.ceil(Math.log2(index + 1)))),
        this.seq,
      )
    }
    const before = this.seq[index] ?? 0
    if (before !== 0) {
      if (before < ofAnotherHistory) this.duplicates += 1
      else this.seq[index] = seq
      return false
    }
    this.seq[index] = seq
    this.count += 1
    return true
  }

  /** What was delivered so far is of another history: it may come once more, under another seq. */
  forget(): void {
    const { seq } = this
    for (const [index, one] of seq.entries())
      if (one !== 0 && one < ofAnotherHistory) seq[index] = one + ofAnotherHistory
  }
}

/** The deliveries known from messages of `generator`. */
export function deliveriesFrom(logs: Map<number, DeliveryLog>, generator: number): DeliveryLog {
  let log = logs.get(generator)
  if (log === undefined) {
    log = new DeliveryLog()
    logs.set(generator, log)
  }
  return log
}
