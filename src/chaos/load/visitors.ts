import { decodeServerFrame } from '../../protocol/decode-server.ts'
import type { ServerFrame } from '../../protocol/frames.ts'
import { type Dialect, noFinding } from '../targets/dialect.ts'
import { type LeanHandler, LeanSocket } from '../user/lean.ts'
import { FrameTemplate, textFrame } from '../user/masked.ts'
import type { GeneratorPlan } from './ipc.ts'
import type { MessageIds } from './message-id.ts'
import { type DeliveryLog, deliveriesFrom, MessageLog, messageState } from './message-log.ts'
import type { Meter } from './meter.ts'
import { Outbox } from './outbox.ts'
import { Reader } from './read-back.ts'
import { StreamTrack } from './stream-track.ts'
import { addressOf, isUnknown, type Surroundings, slot } from './surroundings.ts'

export type Visitor = {
  readonly number: number
  socket: LeanSocket<Visitor> | undefined
  /** `greeting`: waits for welcome. `opening`: its first message is on its way. */
  stage: 'connecting' | 'greeting' | 'opening' | 'ready' | 'gone'
  readonly track: StreamTrack
  conversation: string
  readonly outbox: Outbox
}

/** The visitors of one generator: they connect, open their conversations, send when told or when acked, and hear answers. */
export class Visitors {
  readonly log = new MessageLog()
  /** Answers received, by the generator whose agent sent them. */
  readonly answers = new Map<number, DeliveryLog>()
  readonly reader: Reader
  /** Greeted, and open. */
  connected = 0
  readonly #plan: GeneratorPlan
  readonly #dialect: Dialect
  readonly #around: Surroundings
  readonly #meter: Meter
  readonly #ids: MessageIds
  readonly #visitors: Visitor[] = []
  readonly #templates: readonly FrameTemplate[]
  readonly #found = noFinding()
  readonly #handler: LeanHandler<Visitor>
  readonly #holding = new Set<Visitor>()
  #oldest = 0
  #over = false
  #sending = false
  #settled: () => void = () => {}

  constructor(plan: GeneratorPlan, dialect: Dialect, around: Surroundings, texts: readonly string[]) {
    this.#plan = plan
    this.#dialect = dialect
    this.#around = around
    this.#meter = around.meter
    this.#ids = around.ids
    this.reader = new Reader(around.ids, plan.visitors)
    this.#templates = texts.map((text) => new FrameTemplate(dialect.message(slot, text), slot))
    this.#handler = {
      opened: (visitor) => {
        this.#opened(visitor)
      },
      text: (visitor, bytes, start, end) => {
        this.#text(visitor, bytes, start, end)
      },
      closed: (visitor, code, reason) => {
        this.#closed(visitor, code, reason)
      },
    }
  }

  get all(): readonly Visitor[] {
    return this.#visitors
  }

  /** Nothing sent awaits its ack. */
  get idle(): boolean {
    return this.#oldest === this.log.count
  }

  /** Starts visitor `n` of this generator; `settled` is called when it is ready or has failed. */
  connect(n: number, settled: () => void): void {
    this.#settled = settled
    const visitor: Visitor = {
      number: n,
      socket: undefined,
      stage: 'connecting',
      track: new StreamTrack(),
      conversation: '',
      outbox: new Outbox(),
    }
    this.#visitors[n] = visitor
    visitor.socket = new LeanSocket(
      visitor,
      addressOf(this.#plan, this.#dialect, this.#plan.firstVisitor + n),
      this.#handler,
    )
  }

  /** Closed mode: one message in flight for each visitor from now on, until `stopSending`. */
  startClosed(): void {
    this.#sending = true
    for (const visitor of this.#visitors) {
      if (visitor.stage === 'ready') this.send(visitor.number, this.#around.now())
    }
  }

  stopSending(): void {
    this.#sending = false
  }

  /** Tries nothing again any more: what has no ack by now stays without. */
  giveUp(): void {
    this.#over = true
    for (const visitor of this.#holding) visitor.outbox.clear()
    this.#holding.clear()
  }

  /** Sends the message that visitor `n` intended at `intended`. One that cannot be sent is an error at once, never skipped. */
  send(n: number, intended: number): void {
    const visitor = this.#visitors[n]
    const index = this.log.add(n, intended)
    this.#meter.noteSend(intended, this.#around.now())
    if (visitor?.socket?.open !== true) this.#fail(index, 'not connected')
    else if (visitor.outbox.empty) this.#write(visitor.socket, index)
    else visitor.outbox.wait(index)
  }

  /** Gives up what has waited too long and repeats what was refused for now; call it every few tens of milliseconds. */
  tend(now: number): void {
    while (this.#oldest < this.log.count) {
      const index = this.#oldest
      if (this.log.state[index] === messageState.pending) {
        if ((this.log.intended[index] ?? 0) + this.#plan.ackWithinMs > now) break
        this.#fail(index, `no ack within ${this.#plan.ackWithinMs} ms`)
      }
      this.#oldest += 1
    }
    for (const visitor of this.#holding) this.#sendAgain(visitor, now)
    this.reader.tend(now)
  }

  leave(): void {
    for (const visitor of this.#visitors) visitor.socket?.close()
  }

  #write(socket: LeanSocket<Visitor>, index: number): void {
    const template = this.#templates[index % this.#templates.length]
    if (template === undefined) return
    template.put(
      this.#ids.write(
        false,
        this.log.intended[index] ?? 0,
        this.#plan.generator,
        index,
        this.log.who[index] ?? 0,
      ),
    )
    if (!socket.send(template.bytes)) template.renew()
  }

  #opened(visitor: Visitor): void {
    const hello = this.#dialect.hello({
      role: 'visitor',
      site: this.#plan.site,
      number: this.#plan.firstVisitor + visitor.number,
    })
    if (hello === undefined) {
      this.#becomeReady(visitor)
      return
    }
    visitor.stage = 'greeting'
    visitor.socket?.send(textFrame(hello))
  }

  #text(visitor: Visitor, bytes: Buffer, start: number, end: number): void {
    const now = this.#around.now()
    const found = this.#found
    const kind = this.#dialect.classify(bytes, start, end, found)
    if (kind === 'ack' && this.#ids.read(bytes, found.idAt)) {
      if (visitor.stage === 'opening')
        visitor.conversation = bytes.toString('latin1', found.conversationAt, found.conversationEnd)
      this.#ack(visitor, found.seq, now)
    } else if (kind === 'message' && this.#ids.read(bytes, found.idAt)) this.#message(visitor, found.seq)
    else if (kind === 'ping') visitor.socket?.send(textFrame(this.#dialect.pong ?? ''))
    else if (kind === 'welcome') {
      if (visitor.stage === 'greeting') this.#welcomed(visitor, now)
    } else this.#other(visitor, bytes.toString('utf8', start, end), now)
    if (now >= this.#around.due()) this.#around.advance(now)
  }

  #ack(visitor: Visitor, seq: number, now: number): void {
    const { index } = this.#ids.last
    if (this.#ids.last.generator !== this.#plan.generator || index >= this.log.count) return
    if (this.#dialect.sequenced) visitor.track.ack(seq)
    if (this.#over) return
    const state = this.log.state[index]
    if (state === messageState.acked || state === messageState.late) {
      if (this.log.seq[index] !== seq) this.log.conflictingAcks += 1
      return
    }
    if (!visitor.outbox.empty) this.#settleOutbox(visitor, index)
    const late = state === messageState.failed
    const intended = this.log.intended[index] ?? 0
    this.log.state[index] = late ? messageState.late : messageState.acked
    this.log.seq[index] = seq
    this.#meter.noteAck(intended, now, late)
    if (visitor.stage === 'opening') this.#becomeReady(visitor)
    else if (this.#sending && !late) this.#next(visitor, now)
  }

  // Closed mode keeps exactly one in flight; an answer that came too late had its successor sent when it was given up.
  #next(visitor: Visitor, now: number): void {
    if (this.#plan.mode === 'closed' && now < this.#meter.window.measureTo) this.send(visitor.number, now)
  }

  #message(visitor: Visitor, seq: number): void {
    if (this.#dialect.sequenced) visitor.track.message(seq)
    const { last } = this.#ids
    if (last.agent) deliveriesFrom(this.answers, last.generator).add(last.index, seq)
  }

  #other(visitor: Visitor, text: string, now: number): void {
    const frame = decodeServerFrame(text)
    if (frame === undefined) return
    if (frame.type === 'welcome' && visitor.stage === 'greeting') this.#welcomed(visitor, now)
    else if (frame.type === 'message' && frame.stream === 'public') visitor.track.message(frame.seq)
    else if (frame.type === 'error') this.#refused(visitor, frame, now)
    else if (frame.type === 'page') this.reader.page(visitor, frame)
    else if (frame.type === 'conversation') visitor.conversation = frame.conversation.id
    else if (frame.type === 'ack') this.#slowAck(visitor, frame, now)
    else if (frame.type === 'drain' || frame.type === 'reset')
      this.#meter.noteReason(`the server sent ${frame.type}`)
  }

  #slowAck(visitor: Visitor, frame: Extract<ServerFrame, { type: 'ack' }>, now: number): void {
    visitor.conversation = frame.conversation
    if (this.#ids.read(Buffer.from(frame.id), 0)) this.#ack(visitor, frame.seq, now)
  }

  #welcomed(visitor: Visitor, now: number): void {
    if (!this.#dialect.opens) {
      this.#becomeReady(visitor)
      return
    }
    visitor.stage = 'opening'
    this.send(visitor.number, now)
  }

  #refused(visitor: Visitor, frame: Extract<ServerFrame, { type: 'error' }>, now: number): void {
    if (frame.id === undefined || !this.#ids.read(Buffer.from(frame.id), 0)) {
      this.#meter.noteReason(`error ${frame.code}`)
      this.reader.refused(visitor, now)
      if (visitor.stage === 'greeting') visitor.socket?.destroy()
      return
    }
    const { index } = this.#ids.last
    const state = this.log.state[index]
    if (state !== messageState.pending && state !== messageState.failed) return
    if (isUnknown(frame.code)) {
      // Even one that was given up and counted comes again: until it does, the server refuses all that follow it.
      visitor.outbox.refused(index, now, frame.retry_after_ms)
      this.#holding.add(visitor)
      this.#meter.noteReason(`error ${frame.code}, sent again`)
    } else if (state === messageState.pending) {
      this.#settleOutbox(visitor, index)
      this.#fail(index, `error ${frame.code}`)
    }
  }

  #sendAgain(visitor: Visitor, now: number): void {
    const { socket } = visitor
    const index = socket?.open === true ? visitor.outbox.due(now) : undefined
    if (socket !== undefined && index !== undefined) this.#write(socket, index)
    if (visitor.outbox.empty || socket?.open !== true) this.#holding.delete(visitor)
  }

  #settleOutbox(visitor: Visitor, index: number): void {
    for (const next of visitor.outbox.settled(index))
      if (visitor.socket !== undefined) this.#write(visitor.socket, next)
  }

  #fail(index: number, reason: string): void {
    this.log.state[index] = messageState.failed
    this.#meter.noteFailure(this.log.intended[index] ?? 0, reason)
    const visitor = this.#visitors[this.log.who[index] ?? 0]
    if (visitor?.stage === 'opening') this.#becomeReady(visitor)
    else if (this.#sending && visitor?.socket?.open === true) this.#next(visitor, this.#around.now())
  }

  #becomeReady(visitor: Visitor): void {
    visitor.stage = 'ready'
    this.connected += 1
    this.#settled()
  }

  #closed(visitor: Visitor, code: number, reason: string): void {
    const before = visitor.stage
    visitor.stage = 'gone'
    this.reader.lost(visitor)
    if (before === 'ready') this.connected -= 1
    if (code !== 1000) this.#meter.noteReason(reason === '' ? `closed ${code}` : `closed ${code}: ${reason}`)
    if (before !== 'ready' && before !== 'gone') this.#settled()
  }
}
