import { decodeServerFrame } from '../../protocol/decode-server.ts'
import type { ConversationSummary, ErrorFrame, MessageInPage, ServerFrame } from '../../protocol/frames.ts'
import { type Dialect, noFinding } from '../targets/dialect.ts'
import { type LeanHandler, LeanSocket } from '../user/lean.ts'
import { FrameTemplate, textFrame } from '../user/masked.ts'
import type { GeneratorPlan } from './ipc.ts'
import type { MessageIds } from './message-id.ts'
import { type DeliveryLog, deliveriesFrom, MessageLog, messageState } from './message-log.ts'
import type { Meter } from './meter.ts'
import { Outbox } from './outbox.ts'
import { StreamTrack } from './stream-track.ts'
import { addressOf, isUnknown, type Surroundings, slot } from './surroundings.ts'

type Agent = {
  readonly number: number
  socket: LeanSocket<Agent> | undefined
  stage: 'connecting' | 'greeting' | 'ready' | 'gone'
  id: string
  readonly conversations: Map<string, Held>
}

/** A conversation an agent sees. */
type Held = {
  readonly id: string
  /** Its place in this generator; stands as the sender in the ids of answers. */
  readonly number: number
  readonly agent: Agent
  epoch: number
  owned: boolean
  readonly track: StreamTrack
  /** Seqs up to here lie before the live frames and come by history. */
  historyTo: number
  asked: number
  template: FrameTemplate | undefined
  readonly outbox: Outbox
}

/** The agents of one generator: they take what the desk gives them, time each delivery, and answer. */
export class Agents {
  readonly log = new MessageLog()
  /** Visitors' messages received, by the generator that sent them. */
  readonly received = new Map<number, DeliveryLog>()
  /** Greeted, and open. */
  connected = 0
  readonly #plan: GeneratorPlan
  readonly #dialect: Dialect
  readonly #around: Surroundings
  readonly #meter: Meter
  readonly #ids: MessageIds
  readonly #texts: readonly string[]
  readonly #agents: Agent[] = []
  readonly #found = noFinding()
  readonly #held: Held[] = []
  readonly #holding = new Set<Held>()
  readonly #handler: LeanHandler<Agent>
  #oldest = 0
  #over = false
  #settled: () => void = () => {}

  constructor(plan: GeneratorPlan, dialect: Dialect, around: Surroundings, texts: readonly string[]) {
    this.#plan = plan
    this.#dialect = dialect
    this.#around = around
    this.#meter = around.meter
    this.#ids = around.ids
    this.#texts = texts
    this.#handler = {
      opened: (agent) => {
        this.#opened(agent)
      },
      text: (agent, bytes, start, end) => {
        this.#text(agent, bytes, start, end)
      },
      closed: (agent, code, reason) => {
        this.#closed(agent, code, reason)
      },
    }
  }

  /** No answer awaits its ack. */
  get idle(): boolean {
    return this.#oldest === this.log.count
  }

  connect(n: number, settled: () => void): void {
    this.#settled = settled
    const agent: Agent = {
      number: n,
      socket: undefined,
      stage: 'connecting',
      id: '',
      conversations: new Map(),
    }
    this.#agents[n] = agent
    agent.socket = new LeanSocket(
      agent,
      addressOf(this.#plan, this.#dialect, this.#plan.firstAgent + n),
      this.#handler,
    )
  }

  /** Repeats answers that were refused for now, and gives up those that have waited too long for their ack. */
  tend(now: number): void {
    for (const held of this.#holding) this.#sendAgain(held, now)
    for (; this.#oldest < this.log.count; this.#oldest += 1) {
      if (this.log.state[this.#oldest] !== messageState.pending) continue
      if ((this.log.intended[this.#oldest] ?? 0) + this.#plan.ackWithinMs > now) break
      this.log.state[this.#oldest] = messageState.failed
      this.#meter.noteReason(`answer without ack within ${this.#plan.ackWithinMs} ms`)
    }
  }

  /** Holes in what agents read that never closed, and messages that came in another order than their seqs. */
  get holes(): number {
    return this.#held.reduce((holes, { track }) => holes + track.missing + track.disorder, 0)
  }

  /** Tries nothing again any more. */
  giveUp(): void {
    this.#over = true
    for (const held of this.#holding) held.outbox.clear()
    this.#holding.clear()
  }

  leave(): void {
    for (const agent of this.#agents) agent.socket?.close()
  }

  #opened(agent: Agent): void {
    agent.stage = 'greeting'
    const token = this.#plan.agentTokens[agent.number] ?? ''
    const hello = this.#dialect.hello({ role: 'agent', token, number: this.#plan.firstAgent + agent.number })
    if (hello === undefined) this.#becomeReady(agent)
    else agent.socket?.send(textFrame(hello))
  }

  #text(agent: Agent, bytes: Buffer, start: number, end: number): void {
    const now = this.#around.now()
    const found = this.#found
    const kind = this.#dialect.classify(bytes, start, end, found)
    if (kind === 'ping') agent.socket?.send(textFrame(this.#dialect.pong ?? ''))
    else if (kind === 'welcome') {
      if (agent.stage === 'greeting') this.#becomeReady(agent)
    } else if (kind !== 'other' && this.#ids.read(bytes, found.idAt)) {
      const held = this.#find(agent, bytes.toString('latin1', found.conversationAt, found.conversationEnd))
      if (kind === 'message') this.#message(agent, held, found.seq, now)
      else this.#ack(held, found.seq)
    } else {
      this.#other(agent, bytes.toString('utf8', start, end), now)
    }
    if (now >= this.#around.due()) this.#around.advance(now)
  }

  #message(agent: Agent, held: Held, seq: number, now: number): void {
    const { last } = this.#ids
    if (this.#dialect.sequenced) held.track.message(seq)
    if (!last.agent) this.#delivered(agent, held, seq, now)
  }

  #delivered(agent: Agent, held: Held, seq: number, now: number): void {
    const { index, generator, intended } = this.#ids.last
    if (!deliveriesFrom(this.received, generator).add(index, seq)) return
    this.#meter.noteDelivery(intended, now)
    if (this.#plan.answers && held.owned) this.#answer(agent, held, now)
  }

  #answer(agent: Agent, held: Held, now: number): void {
    if (agent.socket?.open !== true) return
    const index = this.log.add(held.number, now)
    if (held.outbox.empty) this.#write(agent.socket, held, index)
    else held.outbox.wait(index)
  }

  #write(socket: LeanSocket<Agent>, held: Held, index: number): void {
    held.template ??= new FrameTemplate(
      this.#dialect.answer(slot, held.id, held.epoch, this.#texts[index % this.#texts.length] ?? '…'),
      slot,
    )
    const intended = this.log.intended[index] ?? 0
    held.template.put(this.#ids.write(true, intended, this.#plan.generator, index, held.number))
    if (!socket.send(held.template.bytes)) held.template.renew()
  }

  #ack(held: Held, seq: number): void {
    const { last } = this.#ids
    if (!last.agent || last.generator !== this.#plan.generator || last.index >= this.log.count) return
    held.track.ack(seq)
    if (this.#over) return
    const state = this.log.state[last.index]
    if (state === messageState.acked || state === messageState.late) {
      if (this.log.seq[last.index] !== seq) this.log.conflictingAcks += 1
      return
    }
    if (!held.outbox.empty) this.#settleOutbox(held, last.index)
    this.log.state[last.index] = state === messageState.failed ? messageState.late : messageState.acked
    this.log.seq[last.index] = seq
  }

  #other(agent: Agent, text: string, now: number): void {
    const frame = decodeServerFrame(text)
    if (frame === undefined) return
    if (frame.type === 'welcome') this.#welcomed(agent, frame)
    else if (frame.type === 'conversation') this.#adopt(agent, frame.conversation)
    else if (frame.type === 'message') this.#event(agent, frame, now)
    else if (frame.type === 'page') this.#page(agent, frame, now)
    else if (frame.type === 'error') this.#refused(agent, frame, now)
    else if (frame.type === 'ack' && this.#ids.read(Buffer.from(frame.id), 0))
      this.#ack(this.#find(agent, frame.conversation), frame.seq)
    else if (frame.type === 'drain' || frame.type === 'reset')
      this.#meter.noteReason(`the server sent ${frame.type}`)
  }

  #welcomed(agent: Agent, frame: Extract<ServerFrame, { type: 'welcome' }>): void {
    agent.id = frame.you.id
    for (const summary of frame.conversations) this.#adopt(agent, summary)
    if (frame.status !== undefined && frame.status !== 'online')
      agent.socket?.send(textFrame('{"type":"status","status":"online"}'))
    if (agent.stage === 'greeting') this.#becomeReady(agent)
  }

  // What stands before the conversation came into view is read from history; from its head on, frames come live.
  #adopt(agent: Agent, summary: ConversationSummary): void {
    const held = this.#find(agent, summary.id)
    this.#own(held, summary.owner === agent.id, summary.epoch)
    if (held.asked === 0 && summary.head > held.track.cursor) {
      held.historyTo = summary.head
      this.#askHistory(agent, held)
    }
  }

  #askHistory(agent: Agent, held: Held): void {
    const after = held.asked
    const limit = Math.min(200, held.historyTo - after)
    if (limit <= 0) return
    held.asked = after + limit
    agent.socket?.send(textFrame(JSON.stringify({ type: 'history', conversation: held.id, after, limit })))
  }

  #event(agent: Agent, frame: Extract<ServerFrame, { type: 'message' }>, now: number): void {
    if (frame.stream !== 'public') return
    const held = this.#find(agent, frame.conversation)
    if (frame.from.role !== 'system' && this.#ids.read(Buffer.from(frame.id), 0)) {
      this.#message(agent, held, frame.seq, now)
      return
    }
    held.track.message(frame.seq)
    const { body } = frame
    if (body.kind !== 'event') return
    if (body.event === 'assigned' || body.event === 'transferred')
      this.#own(held, body.owner === agent.id, body.epoch)
    else if (body.event === 'released' || body.event === 'closed') this.#own(held, false, body.epoch)
  }

  #page(agent: Agent, page: Extract<ServerFrame, { type: 'page' }>, now: number): void {
    if (page.stream !== 'public') return
    const held = this.#find(agent, page.conversation)
    for (const message of page.messages) this.#read(agent, held, message, now)
    this.#askHistory(agent, held)
  }

  #read(agent: Agent, held: Held, message: MessageInPage, now: number): void {
    if (!held.track.page(message.seq)) return
    if (
      message.from.role === 'visitor' &&
      this.#ids.read(Buffer.from(message.id), 0) &&
      !this.#ids.last.agent
    )
      this.#delivered(agent, held, message.seq, now)
  }

  #refused(agent: Agent, frame: ErrorFrame, now: number): void {
    this.#meter.noteReason(`agent: error ${frame.code}`)
    if (frame.id === undefined || !this.#ids.read(Buffer.from(frame.id), 0) || !this.#ids.last.agent) {
      if (agent.stage === 'greeting') agent.socket?.destroy()
      return
    }
    const { index } = this.#ids.last
    const held = this.#held[this.log.who[index] ?? 0]
    if (held !== undefined && isUnknown(frame.code)) {
      held.outbox.refused(index, now, frame.retry_after_ms)
      this.#holding.add(held)
    } else if (this.log.state[index] === messageState.pending) {
      this.log.state[index] = messageState.failed
      if (held !== undefined) this.#settleOutbox(held, index)
    }
  }

  #sendAgain(held: Held, now: number): void {
    const { socket } = held.agent
    const index = socket?.open === true ? held.outbox.due(now) : undefined
    if (socket !== undefined && index !== undefined) this.#write(socket, held, index)
    if (held.outbox.empty || socket?.open !== true) this.#holding.delete(held)
  }

  #settleOutbox(held: Held, index: number): void {
    const { socket } = held.agent
    for (const next of held.outbox.settled(index)) if (socket !== undefined) this.#write(socket, held, next)
  }

  #own(held: Held, owned: boolean, epoch: number): void {
    if (epoch < held.epoch) return
    held.owned = owned
    if (epoch !== held.epoch) held.template = undefined
    held.epoch = epoch
  }

  #find(agent: Agent, id: string): Held {
    let held = agent.conversations.get(id)
    if (held === undefined) {
      held = {
        id,
        number: this.#held.length,
        agent,
        epoch: 0,
        owned: false,
        track: new StreamTrack(),
        historyTo: 0,
        asked: 0,
        template: undefined,
        outbox: new Outbox(),
      }
      agent.conversations.set(id, held)
      this.#held.push(held)
    }
    return held
  }

  #becomeReady(agent: Agent): void {
    agent.stage = 'ready'
    this.connected += 1
    this.#settled()
  }

  #closed(agent: Agent, code: number, reason: string): void {
    const before = agent.stage
    agent.stage = 'gone'
    if (before === 'ready') this.connected -= 1
    if (code !== 1000)
      this.#meter.noteReason(reason === '' ? `agent closed ${code}` : `agent closed ${code}: ${reason}`)
    if (before !== 'ready' && before !== 'gone') this.#settled()
  }
}
