import { decodeServerFrame } from '../../protocol/decode-server.ts'
import type {
  ConversationSummary,
  ErrorFrame,
  MessageInPage,
  ServerFrame,
  Welcome,
} from '../../protocol/frames.ts'
import { type Dialect, noFinding } from '../targets/dialect.ts'
import type { LeanSocket } from '../user/lean.ts'
import { FrameTemplate, textFrame } from '../user/masked.ts'
import { Crowd } from './crowd.ts'
import type { GeneratorPlan } from './ipc.ts'
import type { MessageIds } from './message-id.ts'
import { type DeliveryLog, deliveriesFrom, type MessageLog } from './message-log.ts'
import type { Meter } from './meter.ts'
import { Pages } from './pages.ts'
import { seededRandom } from './random.ts'
import { Sent } from './sent.ts'
import { addressOf, randomFor, type Surroundings, slot } from './surroundings.ts'
import type { TroublePorts } from './trouble.ts'
import { newVisitor, type Visitor } from './visitor.ts'

/** What is told of a visitor's messages, once each, and of what it hears. */
export type VisitorWatcher = {
  /** Acked in time, or given up. */
  readonly settled: (visitor: Visitor, index: number, now: number, acked: boolean) => void
  readonly answered: (visitor: Visitor, now: number) => void
}

/** The visitors of one generator: they connect, open their conversations, send when told, hear answers, and come back. */
export class Visitors {
  /** Answers received, by the generator whose agent sent them. */
  readonly answers = new Map<number, DeliveryLog>()
  readonly crowd: Crowd<Visitor>
  readonly sent: Sent<Visitor>
  readonly pages = new Pages()
  /** Of these the response time says nothing: they do not read when they could. By number; 1 for each. */
  readonly untimed: Uint8Array
  watcher: VisitorWatcher | undefined
  readonly #plan: GeneratorPlan
  readonly #dialect: Dialect
  readonly #around: Surroundings
  readonly #meter: Meter
  readonly #ids: MessageIds
  readonly #log: MessageLog
  readonly #templates: readonly FrameTemplate[]
  readonly #found = noFinding()
  /** The incarnation whose deliveries were forgotten last. */
  #forgotten = ''

  constructor(plan: GeneratorPlan, dialect: Dialect, around: Surroundings, texts: readonly string[]) {
    this.#plan = plan
    this.#dialect = dialect
    this.#around = around
    this.#meter = around.meter
    this.#ids = around.ids
    this.#templates = texts.map((text) => new FrameTemplate(dialect.message(slot, text), slot))
    this.untimed = new Uint8Array(plan.visitors)
    this.crowd = this.#gather()
    this.sent = new Sent(plan.ackWithinMs, {
      senderOf: (number) => this.crowd.all[number],
      canWrite: (visitor) => (visitor.stage === 'ready' || visitor.opening) && visitor.socket?.open === true,
      write: (visitor, index) => {
        if (visitor.socket !== undefined) this.#write(visitor.socket, index)
      },
      gaveUp: (visitor, index, reason) => {
        this.#gaveUp(visitor, index, reason)
      },
    })
    this.#log = this.sent.log
  }

  /** Starts visitor `n` of this generator; `settled` is called when it is ready or its first connection has failed. */
  connect(n: number, settled: () => void): void {
    this.crowd.enter(newVisitor(n), settled)
  }

  /**
   * Sends the message that visitor `n` intended at `intended`, and returns its number. Where it cannot be sent now it waits,
   * and its time runs. `due`: from when on it is the generator that is late. `text`: which of the texts.
   */
  send(n: number, intended: number, due: number, text: number): number {
    const visitor = this.crowd.all[n]
    if (this.untimed[n] === 0) this.#meter.noteSend(intended, due, this.#around.now())
    return visitor === undefined ? -1 : this.sent.add(visitor, intended, text)
  }

  /** A text of its own for each message, all of them in turn. */
  nextText(): number {
    return this.#log.count % this.#templates.length
  }

  /** How trouble gets at them. */
  get sufferings(): TroublePorts {
    const { crowd } = this
    return {
      isReady: (n) => crowd.all[n]?.stage === 'ready',
      cut: (n) => {
        const visitor = crowd.all[n]
        if (visitor !== undefined) crowd.cut(visitor)
      },
      pause: (n) => {
        crowd.all[n]?.socket?.pause()
      },
      resume: (n) => {
        crowd.all[n]?.socket?.resume()
      },
    }
  }

  #write(socket: LeanSocket<Visitor>, index: number): void {
    const log = this.#log
    const template = this.#templates[log.text[index] ?? 0]
    if (template === undefined) return
    const intended = log.intended[index] ?? 0
    template.put(this.#ids.write(false, intended, this.#plan.generator, index, log.who[index] ?? 0))
    if (!socket.send(template.bytes)) template.renew()
  }

  #heard(visitor: Visitor, bytes: Buffer, start: number, end: number, now: number): void {
    const found = this.#found
    const kind = this.#dialect.classify(bytes, start, end, found)
    if (kind === 'ack' && this.#ids.read(bytes, found.idAt)) {
      if (visitor.opening)
        visitor.conversation = bytes.toString('latin1', found.conversationAt, found.conversationEnd)
      this.#ack(visitor, found.seq, now)
    } else if (kind === 'message' && this.#ids.read(bytes, found.idAt)) this.#message(visitor, found.seq, now)
    else if (kind === 'ping') visitor.socket?.send(textFrame(this.#dialect.pong ?? ''))
    else if (kind !== 'welcome') this.#other(visitor, bytes.toString('utf8', start, end), now)
    else if (visitor.stage === 'greeting') this.#greeted(visitor, now)
  }

  #ack(visitor: Visitor, seq: number, now: number): void {
    const { index, agent, generator } = this.#ids.last
    if (agent || generator !== this.#plan.generator || index >= this.#log.count) return
    if (this.#dialect.sequenced) visitor.track.ack(seq)
    if (this.sent.over) return
    const news = this.sent.acked(visitor, index, seq)
    if (news === 'known') return
    if (this.untimed[visitor.number] === 0)
      this.#meter.noteAck(this.#log.intended[index] ?? 0, now, news === 'late')
    if (visitor.opening) this.#ready(visitor)
    else if (news === 'first') this.watcher?.settled(visitor, index, now, true)
  }

  #message(visitor: Visitor, seq: number, now: number): void {
    if (this.#dialect.sequenced) visitor.track.message(seq)
    this.#answer(visitor, seq, now)
  }

  #answer(visitor: Visitor, seq: number, now: number): void {
    const { last } = this.#ids
    if (!last.agent) return
    deliveriesFrom(this.answers, last.generator).add(last.index, seq)
    this.watcher?.answered(visitor, now)
  }

  #other(visitor: Visitor, text: string, now: number): void {
    const frame = decodeServerFrame(text)
    if (frame === undefined) return
    if (frame.type === 'welcome' && visitor.stage === 'greeting') this.#welcomed(visitor, frame, now)
    else if (frame.type === 'message' && frame.stream === 'public') this.#slowMessage(visitor, frame, now)
    else if (frame.type === 'error') this.#refused(visitor, frame, now)
    else if (frame.type === 'page') this.pages.page(visitor, frame)
    else if (frame.type === 'conversation') visitor.conversation = frame.conversation.id
    else if (frame.type === 'ack') this.#slowAck(visitor, frame, now)
    else if (frame.type === 'drain' || frame.type === 'reset') {
      this.#meter.noteReason(`the server sent ${frame.type}`)
      if (frame.type === 'drain') visitor.returnInMs = frame.reconnect_after_ms
    }
  }

  #slowAck(visitor: Visitor, frame: Extract<ServerFrame, { type: 'ack' }>, now: number): void {
    visitor.conversation = frame.conversation
    if (this.#ids.read(Buffer.from(frame.id), 0)) this.#ack(visitor, frame.seq, now)
  }

  #slowMessage(visitor: Visitor, frame: Extract<ServerFrame, { type: 'message' }>, now: number): void {
    if (frame.from.role !== 'system' && this.#ids.read(Buffer.from(frame.id), 0))
      this.#message(visitor, frame.seq, now)
    else visitor.track.message(frame.seq)
  }

  #welcomed(visitor: Visitor, frame: Welcome, now: number): void {
    visitor.token = frame.token ?? visitor.token
    const summary = frame.conversations.find(({ id }) => id === visitor.conversation)
    const isReset = this.#isReset(visitor, frame, summary)
    if (isReset) this.#forget(visitor, summary)
    visitor.incarnation = frame.incarnation
    if (summary === undefined || summary.head <= visitor.track.cursor) {
      this.#greeted(visitor, now)
      return
    }
    visitor.stage = 'settling'
    this.#catchUp(visitor, isReset ? summary.head : Number.POSITIVE_INFINITY)
  }

  // What the server says with `reset`, too; the welcome before it has all that is needed to follow.
  #isReset(visitor: Visitor, frame: Welcome, summary: ConversationSummary | undefined): boolean {
    if (visitor.conversation === '') return false
    return visitor.incarnation !== frame.incarnation || (summary?.head ?? 0) < visitor.track.cursor
  }

  // What is there now is read from its beginning; where nothing is, the visitor opens a conversation once more.
  #forget(visitor: Visitor, summary: ConversationSummary | undefined): void {
    visitor.track.forget()
    this.sent.forget(visitor)
    if (summary === undefined) visitor.conversation = ''
    if (visitor.incarnation === this.#forgotten) return
    this.#forgotten = visitor.incarnation
    for (const log of this.answers.values()) log.forget()
  }

  #greeted(visitor: Visitor, now: number): void {
    visitor.stage = 'settling'
    if (this.#dialect.opens && visitor.conversation === '') this.#open(visitor, now)
    else this.#ready(visitor)
  }

  #open(visitor: Visitor, now: number): void {
    visitor.opening = true
    if (visitor.outbox.empty) this.send(visitor.number, now, now, this.nextText())
    else this.sent.back(visitor)
  }

  // What was sent to it while it was away; live frames begin where that ends, or behind `head`.
  #catchUp(visitor: Visitor, head: number): void {
    const take = (message: MessageInPage): void => {
      if (message.seq > head || !visitor.track.page(message.seq) || message.from.role === 'system') return
      if (this.#ids.read(Buffer.from(message.id), 0)) this.#answer(visitor, message.seq, this.#around.now())
    }
    this.pages.pull(visitor, visitor.track.cursor, take, (complete) => {
      if (complete) this.#ready(visitor)
    })
  }

  #refused(visitor: Visitor, frame: ErrorFrame, now: number): void {
    if (frame.id === undefined || !this.#ids.read(Buffer.from(frame.id), 0)) {
      this.#meter.noteReason(`error ${frame.code}`)
      this.pages.refused(visitor, now)
      if (visitor.stage === 'greeting') visitor.socket?.destroy(`hello: error ${frame.code}`)
    } else if (this.sent.refused(visitor, this.#ids.last.index, now, frame)) {
      this.#meter.noteReason(`error ${frame.code}, sent again`)
    }
  }

  #gaveUp(visitor: Visitor | undefined, index: number, reason: string): void {
    if (visitor === undefined || this.untimed[visitor.number] === 0)
      this.#meter.noteFailure(this.#log.intended[index] ?? 0, reason)
    if (visitor === undefined) return
    if (visitor.opening && visitor.stage === 'settling') this.#ready(visitor)
    else this.watcher?.settled(visitor, index, this.#around.now(), false)
  }

  #ready(visitor: Visitor): void {
    visitor.opening = false
    this.crowd.ready(visitor)
    this.sent.back(visitor)
  }

  #gather(): Crowd<Visitor> {
    const { site, firstVisitor, visitors, seed, generator } = this.#plan
    const dialect = this.#dialect
    return new Crowd(visitors, this.#around, seededRandom(seed, generator, randomFor.visitors), {
      addressOf: ({ number }) => addressOf(this.#plan, dialect, firstVisitor + number),
      hello: ({ number, token, incarnation, conversation, track }) =>
        dialect.hello({
          role: 'visitor',
          site,
          number: firstVisitor + number,
          ...(token === '' ? {} : { token }),
          ...(conversation === '' ? {} : { resume: { incarnation, conversation, after: track.cursor } }),
        }),
      greeted: (visitor) => {
        this.#ready(visitor)
      },
      heard: (visitor, bytes, start, end, now) => {
        this.#heard(visitor, bytes, start, end, now)
      },
      lost: (visitor, wasReady) => {
        visitor.opening = false
        this.pages.lost(visitor)
        this.sent.lost(visitor)
        if (wasReady) this.#meter.noteReconnect()
      },
      back: () => {
        this.#meter.noteResume()
      },
      reasonPrefix: '',
    })
  }
}
