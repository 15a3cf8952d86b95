import type { Random } from '../../load/random.ts'
import type { Invoke, OwnerEvent, Placed, Stream } from '../history.ts'

type Row = Omit<Placed, 'conversation' | 'stream'>
export type Conversation = {
  readonly id: string
  readonly visitor: Person
  readonly public: Row[]
  readonly internal: Row[]
  epoch: number
  owner: Person | undefined
  state: 'queued' | 'assigned' | 'closed'
}
export type Send = Omit<Invoke, 't' | 'p' | 'e' | 'conn'> & {
  readonly to?: Person | undefined
  readonly retracts?: number | undefined
}
export type Place = { readonly conversation: Conversation; readonly stream: Stream; readonly seq: number }
export type Person = {
  readonly p: string
  readonly id: string
  readonly role: 'visitor' | 'agent'
  /** Its own messages come by their acks alone. */
  readonly raw: boolean
  conn: number
  up: boolean
  readonly cursors: Map<string, number>
  readonly waiting: Send[]
  version: number
  capacity: number
}

/** A store and a desk that keep every promise. */
export class ModelServer {
  readonly conversations: Conversation[] = []
  readonly stored = new Map<string, Place>()
  isDown = false
  readonly #random: Random
  readonly #newId: () => string
  readonly #agents: () => readonly Person[]
  #events = 0

  constructor(random: Random, newId: () => string, agents: () => readonly Person[]) {
    this.#random = random
    this.#newId = newId
    this.#agents = agents
  }

  process(person: Person, send: Send): Place | string {
    if (person.role === 'visitor') {
      const conversation = this.openOf(person) ?? this.#open(person)
      return this.#append(conversation, 'public', send.id, person.id, 'visitor', send.hash)
    }
    const conversation = this.conversations.find(({ id }) => id === send.conversation)
    if (conversation === undefined) return 'not_found'
    if (send.stream === 'internal')
      return this.#append(conversation, 'internal', send.id, person.id, 'agent', send.hash)
    if (conversation.epoch !== send.epoch) return 'stale_epoch'
    if (send.command === undefined)
      return this.#append(conversation, 'public', send.id, person.id, 'agent', send.hash)
    return this.#carryOut(person, send, conversation)
  }

  #carryOut(person: Person, send: Send, conversation: Conversation): Place | string {
    const { command, id, to } = send
    if (command === 'accept' || command === 'transfer') {
      if (to === undefined || this.load(to) >= to.capacity) return 'at_capacity'
      const kind = command === 'accept' ? 'assigned' : 'transferred'
      return this.change(conversation, kind, to, id, person.id, 'agent')
    }
    if (command === 'retract') {
      const seq = send.retracts ?? 0
      const row = conversation.public[seq - 1]
      if (row === undefined || row.retracted === true) return 'retract_too_late'
      conversation.public[seq - 1] = { ...row, hash: 0, retracted: true }
      const event = { kind: 'retracted', epoch: conversation.epoch, seq } as const
      return this.#append(conversation, 'public', id, person.id, 'agent', this.#eventHash(), event)
    }
    const kind = command === 'release' ? 'released' : 'closed'
    return this.change(conversation, kind, undefined, id, person.id, 'agent')
  }

  desk(): void {
    const waits = this.conversations.find(({ state }) => state === 'queued')
    const free = this.#agents().find((agent) => this.load(agent) < agent.capacity)
    if (waits === undefined || free === undefined || this.isDown) return
    this.change(waits, 'assigned', free, this.#newId(), 'desk', 'system')
  }

  change(
    conversation: Conversation,
    kind: 'assigned' | 'transferred' | 'released' | 'closed',
    to: Person | undefined,
    id: string,
    by: string,
    role: Row['role'],
  ): Place {
    const { owner } = conversation
    conversation.epoch += 1
    conversation.owner = to
    conversation.state = kind === 'closed' ? 'closed' : to === undefined ? 'queued' : 'assigned'
    // Who lets go of a conversation forgets it, or goes on where it was; the server allows both.
    if (owner !== undefined && this.#random() < 0.5)
      for (const stream of ['public', 'internal']) owner.cursors.delete(`${conversation.id}/${stream}`)
    const { epoch } = conversation
    const stated = to && {
      owner: to.id,
      load: this.load(to),
      capacity: to.capacity,
      agentVersion: to.version,
    }
    return this.#append(conversation, 'public', id, by, role, this.#eventHash(), { kind, epoch, ...stated })
  }

  #append(
    conversation: Conversation,
    stream: Stream,
    id: string,
    from: string,
    role: Row['role'],
    hash: number,
    event?: OwnerEvent,
  ): Place {
    const rows = conversation[stream]
    rows.push({ seq: rows.length + 1, id, from, role, hash, ...(event === undefined ? {} : { event }) })
    const place = { conversation, stream, seq: rows.length }
    this.stored.set(id, place)
    return place
  }

  #open(visitor: Person): Conversation {
    const conversation: Conversation = {
      id: `c${this.conversations.length}`,
      visitor,
      public: [],
      internal: [],
      epoch: 0,
      owner: undefined,
      state: 'queued',
    }
    this.conversations.push(conversation)
    return conversation
  }

  openOf(visitor: Person): Conversation | undefined {
    return this.conversations.find((one) => one.visitor === visitor && one.state !== 'closed')
  }

  load(agent: Person): number {
    return this.conversations.filter(({ owner }) => owner === agent).length
  }

  // ── the record ────────────────────────────────────────────────────────────

  #eventHash(): number {
    this.#events += 1
    return this.#events
  }
}
