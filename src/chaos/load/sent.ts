import { MessageLog, messageState } from './message-log.ts'
import { Outbox } from './outbox.ts'
import { isUnknown } from './surroundings.ts'

/** Who sends in one conversation: a visitor, or an agent there. */
export type Sender = {
  /** Its number in the log. */
  readonly number: number
  readonly outbox: Outbox
  /** Its newest message, or -1. */
  last: number
}

export const newSender = (): { readonly outbox: Outbox; last: number } => ({ outbox: new Outbox(), last: -1 })

export type SentPorts<Who extends Sender> = {
  readonly senderOf: (number: number) => Who | undefined
  /** What it writes now can reach the target. */
  readonly canWrite: (who: Who) => boolean
  readonly write: (who: Who, index: number) => void
  /** Message `index` was given up; called once for each. */
  readonly gaveUp: (who: Who | undefined, index: number, reason: string) => void
}

/** What the first ack of a message says; `known` is every later one. */
export type AckNews = 'first' | 'late' | 'known'

/**
 * The messages that visitors, or agents, of one generator have sent: each is written, refused for now and tried again, carried
 * over to the next connection, and at last acked or given up. None is forgotten, none skipped.
 */
export class Sent<Who extends Sender> {
  readonly log = new MessageLog()
  readonly #ports: SentPorts<Who>
  readonly #ackWithinMs: number
  readonly #holding = new Set<Who>()
  #oldest = 0
  #over = false

  constructor(ackWithinMs: number, ports: SentPorts<Who>) {
    this.#ackWithinMs = ackWithinMs
    this.#ports = ports
  }

  /** Nothing awaits its ack. */
  get idle(): boolean {
    return this.#oldest === this.log.count
  }

  /** Nothing is tried again, and acks change nothing any more. */
  get over(): boolean {
    return this.#over
  }

  /** Sends message number … of `who`, and returns that number. It waits where it cannot be written now. */
  add(who: Who, intended: number, text: number): number {
    const index = this.log.add(who.number, intended, text, who.last)
    who.last = index
    if (who.outbox.empty && this.#ports.canWrite(who)) this.#ports.write(who, index)
    else who.outbox.wait(index)
    return index
  }

  acked(who: Who, index: number, seq: number): AckNews {
    const { log } = this
    const state = log.state[index]
    if (state === messageState.acked || state === messageState.late) {
      if (log.seq[index] !== seq) log.conflictingAcks += 1
      return 'known'
    }
    if (!who.outbox.empty) this.#goOn(who, index)
    log.seq[index] = seq
    log.state[index] = state === messageState.failed ? messageState.late : messageState.acked
    return state === messageState.failed ? 'late' : 'first'
  }

  /** The target refused message `index`. True: for now, it comes again; even one that was given up, since all that follow it are refused until it does. */
  refused(who: Who, index: number, now: number, frame: Refusal): boolean {
    if (this.#over) return false
    const state = this.log.state[index]
    if (state !== messageState.pending && state !== messageState.failed) return false
    if (isUnknown(frame.code)) {
      who.outbox.refused(index, now, frame.retry_after_ms)
      this.#holding.add(who)
      return true
    }
    if (state === messageState.pending) {
      this.#goOn(who, index)
      this.giveUp(index, `error ${frame.code}`)
    }
    return false
  }

  /** Counts a message as an error now, for `reason`. False: it is one already. */
  giveUp(index: number, reason: string): boolean {
    const { log } = this
    const state = log.state[index]
    if (state === messageState.failed || state === messageState.late) return false
    log.state[index] = state === messageState.acked ? messageState.late : messageState.failed
    const who = this.#ports.senderOf(log.who[index] ?? 0)
    // What nobody can send now is not kept for later: a target that is away for long would get it all at once.
    if (who !== undefined && !this.#ports.canWrite(who)) who.outbox.drop(index)
    this.#ports.gaveUp(who, index, reason)
    return true
  }

  /** The connection of `who` is gone: what has no ack comes again on the next one. */
  lost(who: Who): void {
    for (let index = who.last; index >= this.#oldest; index = this.log.previous[index] ?? -1)
      if (this.log.state[index] === messageState.pending) who.outbox.wait(index)
  }

  /** `who` can write again, on a new connection. */
  back(who: Who): void {
    for (const index of who.outbox.take()) this.#ports.write(who, index)
  }

  /** The seqs that acks named to `who` are of another history: they say nothing of what is acked from now on. */
  forget(who: Who): void {
    const { seq, previous } = this.log
    for (let index = who.last; index >= 0; index = previous[index] ?? -1) seq[index] = 0
  }

  /** Gives up what has waited too long and repeats what was refused for now; call it every few tens of milliseconds. */
  tend(now: number): void {
    const { log } = this
    for (; this.#oldest < log.count; this.#oldest += 1) {
      const index = this.#oldest
      if (log.state[index] !== messageState.pending) continue
      if ((log.intended[index] ?? 0) + this.#ackWithinMs > now) break
      this.giveUp(index, `no ack within ${this.#ackWithinMs} ms`)
    }
    for (const who of this.#holding) this.#tryAgain(who, now)
  }

  /** Tries nothing again any more: what has no ack by now stays without. */
  end(): void {
    this.#over = true
    for (const who of this.#holding) who.outbox.take()
    this.#holding.clear()
  }

  #tryAgain(who: Who, now: number): void {
    const index = this.#ports.canWrite(who) ? who.outbox.due(now) : undefined
    if (index !== undefined) this.#ports.write(who, index)
    if (who.outbox.empty || !this.#ports.canWrite(who)) this.#holding.delete(who)
  }

  #goOn(who: Who, index: number): void {
    for (const next of who.outbox.settled(index)) this.#ports.write(who, next)
  }
}

type Refusal = { readonly code: string; readonly retry_after_ms?: number }
