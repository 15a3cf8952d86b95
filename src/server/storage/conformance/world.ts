import { type ManualClock, manualClock } from '../../../core/clock.ts'
import { cryptoRandomBytes, uuidv7 } from '../../../core/ids.ts'
import type { StreamName } from '../../../protocol/frames.ts'
import {
  type AgentRecord,
  type Append,
  type Fence,
  hashBody,
  type Operation,
  type Outcome,
  type Reader,
  type Rejected,
  type Reserve,
  type Store,
  type Stored,
  type StoredMessage,
} from '../store.ts'

/** A place that holds one store. */
export type Place = {
  readonly open: () => Promise<Store>
  readonly reader: () => Reader
  /** The store as one finds it after everything of it was killed now. */
  readonly afterKill: () => Promise<Store>
  readonly dispose: () => Promise<void>
}

export type OpenPlace = (clock: ManualClock) => Promise<Place>

/** One store under test, with short words for what tests do. */
export class World {
  readonly clock: ManualClock
  readonly place: Place
  store: Store
  readonly #closeLater: (() => void | Promise<void>)[] = []

  private constructor(clock: ManualClock, place: Place, store: Store) {
    this.clock = clock
    this.place = place
    this.store = store
  }

  static async create(openPlace: OpenPlace): Promise<World> {
    const clock = manualClock()
    const place = await openPlace(clock)
    const world = new World(clock, place, await place.open())
    await world.store.commit([
      { kind: 'put_agent', agent: agentRecord('ann') },
      { kind: 'put_agent', agent: agentRecord('bob') },
      { kind: 'put_agent', agent: { ...agentRecord('eve'), site: 'other' } },
    ])
    return world
  }

  async do(operation: Operation): Promise<Outcome> {
    const [outcome] = await this.store.commit([operation])
    if (outcome === undefined) throw new Error('The store answered nothing.')
    return outcome
  }

  async stored(operation: Operation): Promise<Stored> {
    const outcome = await this.do(operation)
    if (outcome.status !== 'stored' && outcome.status !== 'duplicate')
      throw new Error(JSON.stringify(outcome))
    return outcome
  }

  async code(operation: Operation): Promise<string> {
    const outcome = await this.do(operation)
    return outcome.status === 'rejected' ? outcome.code : outcome.status
  }

  /** A conversation opened by `visitor`, queued. */
  async opened(visitor = 'vic'): Promise<string> {
    return (await this.stored(this.send(visitor))).conversation
  }

  /** A conversation opened by `visitor` and assigned to `agent` by the desk, at epoch 1. */
  async assigned(agent = 'ann', visitor = 'vic'): Promise<string> {
    const conversation = await this.opened(visitor)
    await this.assign(conversation, agent, 0)
    return conversation
  }

  /** Both halves, by the desk or, as a transfer, by the owner. */
  async assign(conversation: string, agent: string, epoch: number, by: Fence['by'] = desk): Promise<Stored> {
    const id = this.id()
    const reserved = await this.do(this.reserve(conversation, agent, epoch, { id, by }))
    if (reserved.status !== 'reserved') throw new Error(JSON.stringify(reserved))
    return this.stored(this.fence(conversation, epoch, { to: 'assigned', agent }, { id, by }))
  }

  send(visitor: string, change: Partial<Append> = {}): Append {
    return this.#append(
      { role: 'visitor', id: visitor },
      { visitor: { id: visitor, site: 'site', tokenHash: `hash of ${visitor}` }, ...change },
    )
  }

  answer(agent: string, conversation: string, change: Partial<Append> = {}): Append {
    return this.#append({ role: 'agent', id: agent }, { conversation, ...change })
  }

  reserve(conversation: string, agent: string, epoch: number, change: Partial<Reserve> = {}): Reserve {
    return { kind: 'reserve', id: this.id(), conversation, epoch, agent, by: desk, ...change }
  }

  fence(conversation: string, epoch: number, change: Fence['change'], more: Partial<Fence> = {}): Fence {
    return { kind: 'fence', id: this.id(), conversation, epoch, by: desk, change, ...more }
  }

  id(): string {
    return uuidv7(this.clock.now(), cryptoRandomBytes)
  }

  record(conversation: string): NonNullable<ReturnType<Store['conversation']>> {
    const record = this.store.conversation(conversation)
    if (record === undefined) throw new Error(`No conversation ${conversation}.`)
    return record
  }

  /** The whole stream as a worker reads it. */
  read(conversation: string, stream: StreamName = 'public'): readonly StoredMessage[] {
    const reader = this.reader()
    const head = this.record(conversation)[stream]
    return reader.page({ conversation, stream, head, after: 0, limit: 100_000 })
  }

  reader(): Reader {
    const reader = this.place.reader()
    this.#closeLater.push(reader.close)
    return reader
  }

  async restart(): Promise<void> {
    await this.store.close()
    this.store = await this.place.open()
  }

  async kill(): Promise<void> {
    const killed = this.store
    this.#closeLater.push(() => killed.close())
    this.store = await this.place.afterKill()
  }

  async end(): Promise<void> {
    for (const close of this.#closeLater) await close()
    await this.store.close()
    await this.place.dispose()
  }

  #append(sender: Append['sender'], change: Partial<Append>): Append {
    const body = change.body ?? textBody('你好, hello')
    const stream = change.stream ?? 'public'
    return {
      kind: 'append',
      id: this.id(),
      site: 'site',
      sender,
      stream,
      body,
      bodyHash: hashBody(stream, body),
      ...change,
    }
  }
}

export const desk = { role: 'system', id: 'desk' } as const

export function agentRecord(id: string): Omit<AgentRecord, 'version'> {
  return {
    id,
    site: 'site',
    login: `${id}@example.com`,
    name: `Agent ${id}`,
    role: 'agent',
    passwordHash: '$argon2id$…',
    mustChangePassword: false,
    capacity: 2,
    status: 'online',
    disabled: false,
  }
}

export function textBody(text: string): string {
  return JSON.stringify({ kind: 'text', text })
}

export function rejection(code: Rejected['code']): { readonly status: 'rejected'; readonly code: string } {
  return { status: 'rejected', code }
}
