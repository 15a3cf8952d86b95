import { type Random, seededRandom } from '../../load/random.ts'
import type { HistoryEntry } from '../history.ts'
import type { CheckOptions } from '../verdict.ts'
import { ModelServer, type Person, type Send } from './model-server.ts'

export const modelOptions: CheckOptions = {
  resetsAllowed: 0,
  convergeWithinMs: 5_000,
  maxRssGrowthBytes: 1_000,
  minimum: { acks: 1, retries: 0, resumes: 0 },
}

/**
 * A small correct system with its clients, driven by a seed: sends, timeouts, refusals, retries on other connections, resumes,
 * assignments, transfers, retractions, changed capacities, a fault of the store. What its clients record breaks no invariant.
 */
export function validHistory(seed: number): readonly HistoryEntry[] {
  return new World(seededRandom(seed)).run()
}

class World {
  readonly #random: Random
  readonly #entries: HistoryEntry[] = []
  readonly #people: readonly Person[]
  readonly #server: ModelServer
  readonly #acked = new Set<string>()
  #t = 0
  #ids = 0

  constructor(random: Random) {
    this.#random = random
    this.#server = new ModelServer(
      random,
      () => this.#id(),
      () => this.#agents(),
    )
    const person = (p: string, role: Person['role']): Person => ({
      p,
      id: `id-${p}`,
      role,
      raw: this.#chance(0.3),
      conn: 0,
      up: false,
      cursors: new Map(),
      waiting: [],
      version: 1,
      capacity: 2,
    })
    this.#people = [
      ...['v1', 'v2', 'v3'].map((p) => person(p, 'visitor')),
      ...['a1', 'a2'].map((p) => person(p, 'agent')),
    ]
  }

  run(): readonly HistoryEntry[] {
    this.#add({ e: 'phase', p: 'harness', phase: 'baseline' })
    for (const agent of this.#agents()) this.#tellDesk(agent)
    for (const person of this.#people) this.#connect(person)
    this.#sample()
    this.#steps(50)
    this.#add({ e: 'phase', p: 'harness', phase: 'fault' })
    const fault = { p: 'harness', n: 1, fault: 'disk_full', on: 'node', storeCannotCommit: true } as const
    this.#add({ e: 'inject', ...fault })
    this.#server.isDown = true
    this.#add({ e: 'verified', ...fault })
    for (const visitor of this.#visitors()) this.#message(visitor)
    this.#steps(15)
    this.#add({ e: 'healing', ...fault })
    this.#server.isDown = false
    this.#add({ e: 'healed', ...fault })
    this.#steps(50)
    this.#recover()
    this.#readBack()
    this.#add({ e: 'phase', p: 'harness', phase: 'end' })
    return this.#entries
  }

  #steps(count: number): void {
    for (let i = 0; i < count; i++) this.#step()
  }

  #step(): void {
    const person = this.#pick(this.#people)
    if (person === undefined) return
    const dice = this.#random()
    if (dice < 0.3) this.#message(person)
    else if (dice < 0.55) this.#pump(person, false)
    else if (dice < 0.7) this.#deliver(person, 3)
    else if (dice < 0.78) this.#server.desk()
    else if (dice < 0.88 && person.role === 'agent') this.#command(person)
    else if (dice < 0.93) this.#cut(person)
    else if (dice < 0.98) this.#connect(person)
    else if (person.role === 'agent') {
      person.version += 1
      person.capacity = 1 + Math.floor(this.#random() * 3)
      this.#tellDesk(person)
    }
  }

  #recover(): void {
    this.#add({ e: 'phase', p: 'harness', phase: 'recovery' })
    for (const person of this.#people) {
      while (person.waiting.length > 0 || !person.up) {
        this.#connect(person)
        this.#pump(person, true)
      }
    }
    while (this.#server.conversations.some(({ state }) => state === 'queued')) {
      this.#server.desk()
      const waits = this.#server.conversations.find(({ state }) => state === 'queued')
      if (waits !== undefined) this.#server.change(waits, 'closed', undefined, this.#id(), 'desk', 'system')
    }
    for (const person of this.#people) this.#deliver(person, Number.POSITIVE_INFINITY)
    this.#sample()
    this.#t += modelOptions.convergeWithinMs
    this.#sample()
    this.#add({ e: 'phase', p: 'harness', phase: 'drain' })
    this.#t += 2_000
  }

  #readBack(): void {
    this.#add({ e: 'phase', p: 'harness', phase: 'read-back' })
    for (const p of ['reader', 'store']) {
      for (const conversation of this.#server.conversations) {
        for (const stream of ['public', 'internal'] as const) {
          const rows = conversation[stream]
          for (const row of rows) this.#add({ e: 'read', p, conversation: conversation.id, stream, ...row })
          this.#add({
            e: 'read-end',
            p,
            conversation: conversation.id,
            stream,
            head: rows.length,
            ...(stream === 'public'
              ? { owner: conversation.owner?.id ?? null, state: conversation.state }
              : {}),
          })
        }
      }
    }
  }

  // ── clients ───────────────────────────────────────────────────────────────

  #message(person: Person): void {
    const hash = Math.floor(this.#random() * 2 ** 40)
    const send = { id: this.#id(), hash }
    if (person.role === 'visitor') {
      const open = this.#server.openOf(person)
      const named = open !== undefined && this.#chance(0.5) ? { conversation: open.id } : {}
      this.#send(person, { ...send, stream: 'public', ...named })
      return
    }
    const mine = this.#pick(this.#server.conversations.filter(({ owner }) => owner === person))
    if (mine === undefined) return
    const note = this.#chance(0.2)
    this.#send(person, {
      ...send,
      conversation: mine.id,
      stream: note ? 'internal' : 'public',
      ...(note ? {} : { epoch: mine.epoch }),
    })
  }

  #command(person: Person): void {
    const mine = this.#pick(this.#server.conversations.filter(({ owner }) => owner === person))
    const queued = this.#pick(this.#server.conversations.filter(({ state }) => state === 'queued'))
    const conversation = this.#chance(0.3) ? queued : mine
    if (conversation === undefined) return
    const retracts = conversation.public.find(
      ({ from, event }) => from === person.id && event === undefined,
    )?.seq
    const command =
      conversation === queued
        ? 'accept'
        : (this.#pick(['transfer', 'release', 'close', ...(retracts ? ['retract' as const] : [])] as const) ??
          'close')
    this.#send(person, {
      id: this.#id(),
      hash: 0,
      conversation: conversation.id,
      stream: 'public',
      epoch: conversation.epoch,
      command,
      to: command === 'accept' ? person : this.#agents().find((other) => other !== person),
      retracts: command === 'retract' ? retracts : undefined,
    })
  }

  #send(person: Person, send: Send): void {
    const { to: _, retracts: __, ...told } = send
    this.#add({ e: 'invoke', p: person.p, conn: person.up ? person.conn : 0, ...told })
    const isBehind = person.waiting.length > 0
    person.waiting.push(send)
    if (!person.up) return
    if (isBehind) this.#add({ e: 'info', p: person.p, id: send.id, why: 'refused', code: 'busy' })
    else this.#attempt(person, send, false)
  }

  /** Sends the oldest one again. */
  #pump(person: Person, surely: boolean): void {
    const [send] = person.waiting
    if (!person.up || send === undefined) return
    this.#add({ e: 'info', p: person.p, id: send.id, why: 'retry', conn: person.conn })
    this.#attempt(person, send, surely)
  }

  #attempt(person: Person, send: Send, surely: boolean): void {
    const dice = surely ? 1 : this.#random()
    const info = { e: 'info', p: person.p, id: send.id } as const
    if (dice < 0.1) this.#cut(person)
    else if (dice < 0.2 || (this.#server.isDown && !this.#server.stored.has(send.id)))
      this.#add({ ...info, why: 'refused', code: 'busy' })
    else {
      const answer = this.#server.stored.get(send.id) ?? this.#server.process(person, send)
      if (dice < 0.3) this.#add({ ...info, why: 'timeout' })
      else if (dice < 0.35) this.#cut(person)
      else {
        person.waiting.shift()
        if (typeof answer === 'string') {
          this.#add({ e: 'fail', p: person.p, id: send.id, code: answer })
          return
        }
        const { conversation, stream, seq } = answer
        this.#acked.add(send.id)
        this.#add({ e: 'ok', p: person.p, id: send.id, conversation: conversation.id, stream, seq })
        // A second answer, of an attempt that was given up.
        if (this.#chance(0.05))
          this.#add({ e: 'ok', p: person.p, id: send.id, conversation: conversation.id, stream, seq })
      }
    }
  }

  #deliver(person: Person, most: number): void {
    if (!person.up) return
    let left = most
    for (const conversation of this.#server.conversations) {
      const isVisitors = conversation.visitor === person
      if (!isVisitors && conversation.owner !== person) continue
      for (const stream of isVisitors ? (['public'] as const) : (['public', 'internal'] as const)) {
        const key = `${conversation.id}/${stream}`
        const rows = conversation[stream]
        // An agent begins at the head, a visitor at its first message.
        const start = isVisitors ? 0 : rows.length
        let cursor = person.cursors.get(key) ?? start
        person.cursors.set(key, cursor)
        for (const row of rows.slice(cursor)) {
          const comesByAck = person.raw && row.from === person.id && row.event === undefined
          if (left === 0 || (comesByAck && !this.#acked.has(row.id))) break
          if (!comesByAck) {
            this.#add({ e: 'seen', p: person.p, conversation: conversation.id, stream, ...row })
            left -= 1
          }
          cursor = row.seq
          person.cursors.set(key, cursor)
        }
      }
    }
  }

  #connect(person: Person): void {
    if (person.up) return
    person.conn += 1
    person.up = true
    const after = Object.fromEntries(person.cursors)
    const you = { role: person.role, id: person.id }
    const resumed = Object.keys(after).length > 0
    const known = { e: 'up', p: person.p, conn: person.conn, incarnation: 'first', you } as const
    this.#add(resumed ? { ...known, resumed, after } : known)
    this.#sendAll(person)
  }

  /** All that waits goes out at once; what stands behind an unknown answer is refused. */
  #sendAll(person: Person): void {
    const { p, conn } = person
    const all = [...person.waiting]
    for (const { id } of all) this.#add({ e: 'info', p, id, why: 'retry', conn })
    const [first, ...behind] = all
    if (first === undefined) return
    this.#attempt(person, first, false)
    if (!person.up) return
    for (const { id } of behind) this.#add({ e: 'info', p, id, why: 'refused', code: 'busy' })
  }

  #cut(person: Person): void {
    if (!person.up) return
    person.up = false
    const [send] = person.waiting
    if (send !== undefined) this.#add({ e: 'info', p: person.p, id: send.id, why: 'lost' })
    this.#add({ e: 'down', p: person.p, conn: person.conn, code: 1006 })
  }

  // ── the server ────────────────────────────────────────────────────────────

  #tellDesk({ id, capacity, version }: Person): void {
    this.#add({ e: 'desk', p: 'harness', agent: id, capacity, version })
  }

  #sample(): void {
    const queued = this.#server.conversations.filter(({ state }) => state === 'queued').length
    const rssBytes = 10_000 + Math.floor(this.#random() * 900)
    this.#add({ e: 'sample', p: 'node', rssBytes, connections: 5, queued })
  }

  #add<Entry extends HistoryEntry>(entry: WithoutTime<Entry>): void {
    this.#t += this.#random() * 5
    this.#entries.push({ t: this.#t, ...entry })
  }

  #agents(): readonly Person[] {
    return this.#people.filter(({ role }) => role === 'agent')
  }

  #visitors(): readonly Person[] {
    return this.#people.filter(({ role }) => role === 'visitor')
  }

  #id(): string {
    this.#ids += 1
    const tail = String(this.#ids).padStart(12, '0')
    return `018bcfe5-6800-7000-8000-${tail}`
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)]
  }
}

type WithoutTime<Entry> = Entry extends unknown ? Omit<Entry, 't'> : never
