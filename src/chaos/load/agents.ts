import { decodeServerFrame } from '../../protocol/decode-server.ts'
import type { ConversationSummary, ErrorFrame, MessageInPage, ServerFrame } from '../../protocol/frames.ts'
import { type Dialect, noFinding } from '../targets/dialect.ts'
import { FrameTemplate, textFrame } from '../user/masked.ts'
import { Crowd } from './crowd.ts'
import { type Agent, forgetHeld, type Held, HeldConversations, newAgent, setOwner } from './held.ts'
import type { GeneratorPlan } from './ipc.ts'
import { type MessageIds, maxUsers } from './message-id.ts'
import { type DeliveryLog, deliveriesFrom } from './message-log.ts'
import type { Meter } from './meter.ts'
import { seededRandom } from './random.ts'
import { Sent } from './sent.ts'
import { addressOf, isUnknown, randomFor, type Surroundings, slot } from './surroundings.ts'

/** The agents of one generator: they take what the desk gives them, time each delivery, and answer. */
export class Agents {
  /** Visitors' messages received, by the generator that sent them. */
  readonly received = new Map<number, DeliveryLog>()
  readonly crowd: Crowd<Agent>
  /** Their answers. */
  readonly sent: Sent<Held>
  readonly #plan: GeneratorPlan
  readonly #dialect: Dialect
  readonly #around: Surroundings
  readonly #meter: Meter
  readonly #ids: MessageIds
  readonly #texts: readonly string[]
  readonly #held = new HeldConversations()
  readonly #found = noFinding()
  /** Agents whose page was refused, and when they ask again. */
  readonly #askAgain = new Map<Agent, number>()
  /** The incarnation whose deliveries were forgotten last. */
  #forgotten = ''

  constructor(plan: GeneratorPlan, dialect: Dialect, around: Surroundings, texts: readonly string[]) {
    this.#plan = plan
    this.#dialect = dialect
    this.#around = around
    this.#meter = around.meter
    this.#ids = around.ids
    this.#texts = texts
    this.crowd = this.#gather()
    this.sent = new Sent(plan.ackWithinMs, {
      senderOf: (number) => this.#held.all[number],
      canWrite: ({ agent }) => agent.stage === 'ready' && agent.socket?.open === true,
      write: (held, index) => {
        this.#write(held, index)
      },
      gaveUp: (_held, _index, reason) => {
        this.#meter.noteReason(`answer: ${reason}`)
      },
    })
  }

  connect(n: number, settled: () => void): void {
    this.crowd.enter(newAgent(n), settled)
  }

  /** Sends again what was refused for now, and asks again for such pages; call it every few tens of milliseconds. */
  tend(now: number): void {
    this.sent.tend(now)
    for (const [agent, at] of this.#askAgain) {
      if (now < at) continue
      this.#askAgain.delete(agent)
      for (const held of agent.conversations.values()) {
        held.asked = Math.min(held.asked, held.track.cursor)
        if (held.historyTo > held.track.cursor) this.#askHistory(held)
      }
    }
  }

  /** Holes in what agents read that never closed, and messages that came in another order than their seqs. */
  get holes(): number {
    return this.#held.all.reduce((holes, { track }) => holes + track.missing + track.disorder, 0)
  }

  #heard(agent: Agent, bytes: Buffer, start: number, end: number, now: number): void {
    const found = this.#found
    const kind = this.#dialect.classify(bytes, start, end, found)
    if (kind === 'ack' && this.#ids.read(bytes, found.idAt)) this.#ack(found.seq)
    else if (kind === 'message' && this.#ids.read(bytes, found.idAt)) {
      const { agent: fromAgent, generator, who } = this.#ids.last
      const { conversationAt: at, conversationEnd: to } = found
      const held = fromAgent
        ? this.#held.of(agent, bytes.toString('latin1', at, to))
        : this.#held.ofMessage(agent, generator * maxUsers + who, bytes, at, to)
      this.#message(held, found.seq, now)
    } else if (kind === 'ping') agent.socket?.send(textFrame(this.#dialect.pong ?? ''))
    else if (kind !== 'welcome') this.#other(agent, bytes.toString('utf8', start, end), now)
    else if (agent.stage === 'greeting') this.#ready(agent)
  }

  #message(held: Held, seq: number, now: number): void {
    if (this.#dialect.sequenced) held.track.message(seq)
    if (!this.#ids.last.agent) this.#delivered(held, seq, now)
  }

  #delivered(held: Held, seq: number, now: number): void {
    const { index, generator, intended } = this.#ids.last
    if (!deliveriesFrom(this.received, generator).add(index, seq)) return
    this.#meter.noteDelivery(intended, now)
    this.#around.delivered?.(generator, index, now)
    if (this.#plan.answers && held.owned && held.agent.socket?.open === true) this.sent.add(held, now, 0)
  }

  // One text for each conversation, so that an answer which is sent again says the same.
  #write(held: Held, index: number): void {
    const { agent, number, id, epoch } = held
    held.template ??= new FrameTemplate(
      this.#dialect.answer(slot, id, epoch, this.#texts[number % this.#texts.length] ?? '…'),
      slot,
    )
    const intended = this.sent.log.intended[index] ?? 0
    held.template.put(this.#ids.write(true, intended, this.#plan.generator, index, number))
    if (agent.socket?.send(held.template.bytes) === false) held.template.renew()
  }

  #ack(seq: number): void {
    const { agent, generator, index, who } = this.#ids.last
    const held = this.#held.all[who]
    if (!agent || generator !== this.#plan.generator || held === undefined) return
    if (index >= this.sent.log.count) return
    held.track.ack(seq)
    if (!this.sent.over) this.sent.acked(held, index, seq)
  }

  #other(agent: Agent, text: string, now: number): void {
    const frame = decodeServerFrame(text)
    if (frame === undefined) return
    if (frame.type === 'welcome') this.#welcomed(agent, frame)
    else if (frame.type === 'conversations') this.#listed(agent, frame)
    else if (frame.type === 'conversation') this.#adopt(agent, frame.conversation)
    else if (frame.type === 'message') this.#event(agent, frame, now)
    else if (frame.type === 'page') this.#page(agent, frame, now)
    else if (frame.type === 'error') this.#refused(agent, frame, now)
    else if (frame.type === 'ack' && this.#ids.read(Buffer.from(frame.id), 0)) this.#ack(frame.seq)
    else if (frame.type === 'drain' || frame.type === 'reset') {
      this.#meter.noteReason(`the server sent ${frame.type}`)
      if (frame.type === 'drain') agent.returnInMs = frame.reconnect_after_ms
    }
  }

  #welcomed(agent: Agent, frame: Extract<ServerFrame, { type: 'welcome' }>): void {
    agent.id = frame.you.id
    agent.stage = 'settling'
    if (agent.incarnation !== '' && agent.incarnation !== frame.incarnation) this.#forget(agent)
    agent.incarnation = frame.incarnation
    if (frame.status !== undefined && frame.status !== 'online')
      agent.socket?.send(textFrame('{"type":"status","status":"online"}'))
    this.#listed(agent, frame)
  }

  // The store has another history, which is read from its beginning.
  #forget(agent: Agent): void {
    for (const held of agent.conversations.values()) {
      forgetHeld(held)
      this.sent.forget(held)
    }
    if (agent.incarnation === this.#forgotten) return
    this.#forgotten = agent.incarnation
    for (const log of this.received.values()) log.forget()
  }

  #listed(agent: Agent, { conversations, next }: Listing): void {
    for (const summary of conversations) this.#adopt(agent, summary)
    if (next !== undefined) agent.socket?.send(textFrame(JSON.stringify({ type: 'conversations', next })))
    else if (agent.stage === 'settling') this.#ready(agent)
  }

  // What stands before the conversation came into view is read from history; from its head on, frames come live.
  #adopt(agent: Agent, summary: ConversationSummary): void {
    const held = this.#held.of(agent, summary.id)
    setOwner(held, summary)
    if (held.historyTo === 0 && summary.head > held.track.cursor) {
      held.asked = held.track.cursor
      held.historyTo = summary.head
      this.#askHistory(held)
    }
  }

  #askHistory(held: Held): void {
    const after = held.asked
    const limit = Math.min(200, held.historyTo - after)
    if (limit <= 0) return
    held.asked = after + limit
    held.agent.socket?.send(
      textFrame(JSON.stringify({ type: 'history', conversation: held.id, after, limit })),
    )
  }

  #event(agent: Agent, frame: Extract<ServerFrame, { type: 'message' }>, now: number): void {
    if (frame.stream !== 'public') return
    const held = this.#held.of(agent, frame.conversation)
    if (frame.from.role !== 'system' && this.#ids.read(Buffer.from(frame.id), 0)) {
      this.#message(held, frame.seq, now)
      return
    }
    held.track.message(frame.seq)
    const { body } = frame
    if (body.kind !== 'event') return
    if (body.event === 'assigned' || body.event === 'transferred') setOwner(held, body)
    else if (body.event === 'released' || body.event === 'closed')
      setOwner(held, { owner: null, epoch: body.epoch })
  }

  #page(agent: Agent, page: Extract<ServerFrame, { type: 'page' }>, now: number): void {
    if (page.stream !== 'public') return
    const held = this.#held.of(agent, page.conversation)
    for (const message of page.messages) this.#read(held, message, now)
    // A page may end before its limit: at so many characters, for one.
    held.asked = Math.min(held.asked, page.messages.at(-1)?.seq ?? held.asked)
    this.#askHistory(held)
  }

  #read(held: Held, message: MessageInPage, now: number): void {
    if (!held.track.page(message.seq)) return
    if (
      message.from.role === 'visitor' &&
      this.#ids.read(Buffer.from(message.id), 0) &&
      !this.#ids.last.agent
    )
      this.#delivered(held, message.seq, now)
  }

  #refused(agent: Agent, frame: ErrorFrame, now: number): void {
    this.#meter.noteReason(`agent: error ${frame.code}`)
    if (frame.id === undefined || !this.#ids.read(Buffer.from(frame.id), 0) || !this.#ids.last.agent) {
      if (agent.stage === 'greeting') agent.socket?.destroy(`hello: error ${frame.code}`)
      else if (isUnknown(frame.code)) this.#askAgain.set(agent, now + askAgainMs)
      return
    }
    const held = this.#held.all[this.#ids.last.who]
    if (held !== undefined) this.sent.refused(held, this.#ids.last.index, now, frame)
  }

  #ready(agent: Agent): void {
    this.crowd.ready(agent)
    for (const held of agent.conversations.values()) this.sent.back(held)
  }

  #gather(): Crowd<Agent> {
    const { agentTokens, firstAgent, seed, generator } = this.#plan
    const dialect = this.#dialect
    return new Crowd(agentTokens.length, this.#around, seededRandom(seed, generator, randomFor.agents), {
      addressOf: ({ number }) => addressOf(this.#plan, dialect, firstAgent + number),
      hello: ({ number }) =>
        dialect.hello({ role: 'agent', token: agentTokens[number] ?? '', number: firstAgent + number }),
      greeted: (agent) => {
        this.#ready(agent)
      },
      heard: (agent, bytes, start, end, now) => {
        this.#heard(agent, bytes, start, end, now)
      },
      lost: (agent) => {
        for (const held of agent.conversations.values()) {
          this.sent.lost(held)
          held.historyTo = 0
        }
      },
      back: () => {
        this.#meter.noteReason('agent came back')
      },
      reasonPrefix: 'agent ',
    })
  }
}

const askAgainMs = 250

type Listing = { readonly conversations: readonly ConversationSummary[]; readonly next?: string }
