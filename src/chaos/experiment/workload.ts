import type { ThreadMessage } from '../../client/session.ts'
import type { Clock } from '../../core/clock.ts'
import type { StreamName } from '../../protocol/frames.ts'
import type { FaultClients, Side } from '../fault/fault.ts'
import { type Random, seededRandom } from '../load/random.ts'
import type { Topology } from '../topology/topology.ts'
import { DeskWork } from './desk.ts'
import type { Workload } from './experiment.ts'
import { Person } from './person.ts'
import type { OpenPlug } from './plug.ts'
import { bytesOf, pick, poisson, sample } from './random.ts'
import type { Note } from './recorder.ts'
import { question, reply } from './words-said.ts'

export type WorkloadOptions = {
  readonly plan: Workload
  readonly topology: Topology
  readonly clock: Clock
  readonly seed: number
  readonly note: (note: Note) => void
  readonly acks: () => number
  readonly openPlug: OpenPlug
}

const tickMs = 10
const connectsPerTick = 8
/** An answer takes an agent so long, at least and at most. */
const thinkMs = { least: 50, most: 400 }
/** Of an agent's words, for colleagues only. */
const notes = 0.05
/** A slow reader reads nothing for the first part of each turn. */
const slowTurn = { stopMs: 8_000, readMs: 2_000 }

/** Everybody who talks in a run: visitors at their pace, agents who answer, and what happens at the desk. */
export class Crowd {
  readonly visitors: readonly Person[]
  readonly agents: readonly Person[]
  readonly #options: WorkloadOptions
  readonly #random: Random
  #words = 0
  #running = true
  #sending = false
  #endTick: () => void = () => {}

  constructor(options: WorkloadOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed, 101)
    const { plan, topology } = options
    this.visitors = Array.from({ length: plan.visitors }, (_, n) => this.#person('visitors', n, undefined))
    this.agents = topology.agentTokens
      .slice(0, plan.agents)
      .map((token, n) => this.#person('agents', n, token))
  }

  /** Agents first, so that the first visitors find them; a few connections at a time. */
  start(): void {
    const waiting = [...this.agents, ...this.visitors]
    const { plan } = this.#options
    const desk = new DeskWork(this.agents, this.#random, () => this.#nextWord())
    const send = poisson(plan.rate * plan.visitors, this.#random)
    const act = poisson(plan.desk, this.#random)
    const reconnect = poisson((plan.reconnectPerMinute * plan.visitors) / 60, this.#random)
    const slow = this.visitors.slice(0, Math.round(plan.slowReaders * plan.visitors))
    const turn = this.#slowTurns(slow)
    const tick = (): void => {
      if (!this.#running) return
      for (const person of waiting.splice(0, connectsPerTick)) person.start()
      const now = this.#options.clock.monotonic()
      for (let due = send(now); due > 0; due--) if (this.#sending) this.#ask()
      for (let due = act(now); due > 0; due--) if (this.#sending) desk.act()
      for (let due = reconnect(now); due > 0; due--)
        if (this.#sending) pick(this.visitors, this.#random)?.cut()
      if (this.#sending) turn(now)
      this.#endTick = this.#options.clock.after(tickMs, tick)
    }
    tick()
  }

  /** From now on they talk, or, once more, only wait for answers: then everybody reads. */
  talk(talking: boolean): void {
    this.#sending = talking
    if (!talking) for (const person of [...this.visitors, ...this.agents]) person.read(true)
  }

  /** What each agent may hold, as we set it: nothing that the node says of itself can raise it. */
  noteCapacities(): void {
    const { plan, note } = this.#options
    for (const { session } of this.agents) {
      const { you } = session.state
      if (you === undefined) continue
      note({ e: 'desk', p: 'harness', agent: you.id, capacity: plan.capacity, version: 0 })
    }
  }

  connected(side: Side): number {
    return this.#side(side).filter(({ connected }) => connected).length
  }

  /** Conversations in the queue, as the server tells agents; undefined while none is connected. */
  get waiting(): number | undefined {
    return this.agents.find(({ connected }) => connected)?.session.state.queue.waiting
  }

  /** Messages and commands that nobody has answered. */
  get open(): number {
    return [...this.visitors, ...this.agents].reduce((sum, { open }) => sum + open, 0)
  }

  stop(): void {
    this.#running = false
    this.#endTick()
    for (const person of [...this.visitors, ...this.agents]) person.stop()
  }

  /** What faults may do to them. */
  get faultClients(): FaultClients {
    return {
      storm: (side, share) => {
        const there = this.#side(side).filter(({ connected }) => connected)
        return sample(there, Math.ceil(share * there.length), this.#random).filter((person) => person.cut())
          .length
      },
      stopReading: (side, share) => {
        const people = this.#side(side)
        const chosen = sample(people, Math.ceil(share * people.length), this.#random)
        const before = chosen.reduce((sum, { cutForSlowness }) => sum + cutForSlowness, 0)
        for (const person of chosen) person.read(false)
        return {
          resume: () => {
            for (const person of chosen) person.read(true)
          },
          cut: () => chosen.reduce((sum, { cutForSlowness }) => sum + cutForSlowness, 0) - before,
        }
      },
      connected: (side) => this.connected(side),
      acks: this.#options.acks,
    }
  }

  #side(side: Side): readonly Person[] {
    return side === 'visitors' ? this.visitors : this.agents
  }

  #person(side: Side, n: number, token: string | undefined): Person {
    const { topology, clock, note, openPlug, seed } = this.#options
    const nodes = topology.nodes.map(({ name }) => name)
    const random = seededRandom(seed, side === 'visitors' ? 102 : 103, n)
    return new Person({
      name: `${side === 'visitors' ? 'v' : 'a'}${n + 1}`,
      side,
      address: () => topology.addressFor(side, nodes[n % nodes.length] ?? ''),
      site: topology.site,
      token,
      clock,
      random: bytesOf(random),
      note,
      openPlug,
      ...(side === 'agents' ? { onMessage: this.#answer } : {}),
    })
  }

  #ask(): void {
    const visitor = pick(this.visitors, this.#random)
    if (visitor?.reading !== true) return
    // Which conversation it goes to is the server's affair: a closed one is followed by the next.
    visitor.say(undefined, { kind: 'text', text: question(this.#nextWord()) })
  }

  readonly #answer = (
    agent: Person,
    message: ThreadMessage,
    conversation: string,
    stream: StreamName,
  ): void => {
    if (stream !== 'public' || message.from.role !== 'visitor' || !this.#sending) return
    if (this.#random() >= this.#options.plan.answers) return
    const wait = thinkMs.least + this.#random() * (thinkMs.most - thinkMs.least)
    this.#options.clock.after(wait, () => {
      if (!this.#sending || !this.#running) return
      const { you, conversations } = agent.session.state
      const found = conversations.find(({ id }) => id === conversation)
      if (found === undefined || found.owner !== you?.id) return
      const body = { kind: 'text', text: reply(this.#nextWord()) } as const
      if (this.#random() < notes) agent.say(conversation, body, { stream: 'internal' })
      else agent.say(conversation, body, { epoch: found.epoch })
    })
  }

  #slowTurns(people: readonly Person[]): (now: number) => void {
    let reading = true
    let until = 0
    return (now) => {
      if (people.length === 0 || now < until) return
      reading = !reading
      until = now + (reading ? slowTurn.readMs : slowTurn.stopMs)
      for (const person of people) person.read(reading)
    }
  }

  #nextWord(): number {
    this.#words += 1
    return this.#words
  }
}
