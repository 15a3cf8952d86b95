import { KfError } from '../../core/errors.ts'
import { Client, type Pass } from './client.ts'
import type {
  Fail,
  Info,
  Invoke,
  Link,
  Ok,
  Placed,
  Read,
  ReadEnd,
  Reset,
  Seen,
  Stream as StreamKind,
} from './history.ts'
import { copied, flag, Messages } from './messages.ts'
import { Places, Stream, type Stream as StreamOf } from './places.ts'

/** What the ledger made of the entry at hand; one object for all of them. */
export class At {
  line = 0
  client: Client
  /** -1: an answer to something that nobody sent. */
  message = -1
  stream: StreamOf
  seq = 0
  /** Who stands at (stream, seq), and the first line that says so: other than `message` where two claim the place. */
  occupant = -1
  occupantLine = 0
  /** Where the reader stood before, -1: nowhere yet; and the line that said so. */
  previous = -1
  previousLine = 0
  /** Of `read`: this seq was not read back before, by anyone. `gap`: nor was the one before it. */
  firstRead = false
  gap = false
  /** Of `read-end`. */
  pass: Pass | undefined

  constructor(client: Client, stream: StreamOf) {
    this.client = client
    this.stream = stream
  }
}

/** What all rules need to know of a history, noted once an entry. */
export class Ledger {
  readonly messages = new Messages()
  readonly places = new Places()
  readonly streams: StreamOf[] = []
  readonly clients: Client[] = []
  readonly conversations: string[] = []
  readonly at: At
  acks = 0
  retries = 0
  resumes = 0
  /** Messages in the order in which each was first sent. */
  sendOrder = new Uint32Array(1 << 10)
  sends = 0
  /** How many instants were marked: `ackedBeforeMark`. */
  marks = 0
  readonly #clients = new Map<string, Client>()
  readonly #incarnations: string[] = []
  /** By incarnation: conversations' numbers. */
  readonly #conversations: Map<string, number>[] = []

  constructor() {
    this.at = new At(new Client(-1, ''), new Stream(-1, -1, '', 'public', -1))
  }

  client(name: string): Client {
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    const client = new Client(this.clients.length, name)
    this.clients.push(client)
    this.#clients.set(name, client)
    return client
  }

  /** The stream in the incarnation that the client knows; the newest one for a client that was told of none. */
  stream(client: Client, conversation: string, kind: StreamKind): StreamOf {
    const number = this.conversation(client, conversation)
    // Both streams are made together: 2n is the public one.
    return this.streams[2 * number + (kind === 'internal' ? 1 : 0)] ?? this.at.stream
  }

  conversation(client: Client, name: string): number {
    // Most clients speak of one conversation: comparing two texts is cheaper than hashing one.
    if (client.lastConversation === name) return client.lastNumber
    const number = this.#numberOf(client, name)
    client.lastConversation = name
    client.lastNumber = number
    return number
  }

  invoke(entry: Invoke, line: number): void {
    const { messages, at } = this
    const client = this.client(entry.p)
    const message = messages.intern(entry.id)
    if ((messages.client[message] ?? -1) >= 0) {
      throw new KfError(
        'history',
        `history, line ${line}: ${entry.id} is invoked a second time, first on line ${messages.invokeLine[message] ?? 0}`,
        { hint: 'an id is invoked once; sending it again is an info with why "retry"' },
      )
    }
    messages.client[message] = client.index
    messages.invokeLine[message] = line
    messages.hash[message] = entry.hash
    if (entry.epoch !== undefined) messages.epoch[message] = entry.epoch
    if (entry.conversation !== undefined)
      messages.conversation[message] = this.conversation(client, entry.conversation)
    if (entry.stream === 'internal') messages.mark(message, flag.internal)
    if (entry.command !== undefined) messages.mark(message, flag.command)
    if (entry.conn > 0) this.#sent(message, entry.conn)
    at.client = client
    at.message = message
    at.line = line
  }

  ok(entry: Ok, line: number): void {
    const { messages, at } = this
    this.#answer(entry.p, entry.id, line)
    if (at.message < 0) return
    const stream = this.stream(at.client, entry.conversation, entry.stream)
    this.#place(stream, entry.seq, at.message, line)
    if (messages.ackLine[at.message] === 0) {
      messages.ackLine[at.message] = line
      this.acks += 1
    }
    if (stream.mark !== this.marks) {
      stream.mark = this.marks
      stream.ackedBefore = stream.maxAcked
    }
    if (entry.seq > stream.maxAcked) {
      stream.maxAcked = entry.seq
      stream.maxAckedLine = line
    }
  }

  fail(entry: Fail, line: number): void {
    this.#answer(entry.p, entry.id, line)
  }

  info(entry: Info, line: number): void {
    this.#answer(entry.p, entry.id, line)
    const { message } = this.at
    if (message < 0 || entry.why !== 'retry') return
    // What was written while there was no connection is sent for the first time now.
    if (this.messages.connection[message] === 0) this.#sent(message, entry.conn ?? 0)
    else this.retries += 1
  }

  seen(entry: Seen, line: number): void {
    const { at } = this
    at.client = this.client(entry.p)
    const stream = this.stream(at.client, entry.conversation, entry.stream)
    this.#sighted(entry, stream, line)
    const cursor = at.client.cursors.get(stream)
    if (cursor === undefined || cursor.generation !== at.client.generation) {
      at.previous = -1
      at.previousLine = 0
      at.client.cursors.set(stream, { seq: entry.seq, line, generation: at.client.generation })
      return
    }
    at.previous = cursor.seq
    at.previousLine = cursor.line
    if (entry.seq > cursor.seq) {
      cursor.seq = entry.seq
      cursor.line = line
    }
  }

  read(entry: Read, line: number): void {
    const { at } = this
    at.client = this.client(entry.p)
    const stream = this.stream(at.client, entry.conversation, entry.stream)
    this.#sighted(entry, stream, line)
    this.messages.mark(at.message, flag.readBack)
    const pass = this.#pass(at.client, stream, line)
    at.previous = pass.seq
    at.previousLine = pass.seq === 0 ? 0 : pass.line
    pass.seq = entry.seq
    pass.line = line
    at.firstRead = entry.seq > stream.readUpTo
    at.gap = entry.seq > stream.readUpTo + 1
    if (at.firstRead) stream.readUpTo = entry.seq
  }

  readEnd(entry: ReadEnd, line: number): void {
    const { at } = this
    at.client = this.client(entry.p)
    at.stream = this.stream(at.client, entry.conversation, entry.stream)
    at.line = line
    at.pass = this.#pass(at.client, at.stream, line)
    at.client.passes.delete(at.stream)
  }

  reset(entry: Reset, line: number): void {
    const { at } = this
    at.client = this.client(entry.p)
    at.line = line
    for (const kind of ['public', 'internal'] as const)
      at.client.cursors.delete(this.stream(at.client, entry.conversation, kind))
  }

  link(entry: Link, line: number): void {
    const { at } = this
    const client = this.client(entry.p)
    at.client = client
    at.line = line
    client.connected = entry.e === 'up'
    if (entry.e === 'down') return
    if (entry.you !== undefined) {
      client.you = entry.you
      client.role = entry.you.role
    }
    const moved = entry.incarnation !== undefined && this.#enter(client, entry.incarnation)
    if (entry.resumed === true) this.resumes += 1
    if (entry.resumed === true && entry.after === undefined && !moved) return
    client.generation += 1
    if (moved || entry.resumed !== true) return
    for (const [key, seq] of Object.entries(entry.after ?? {})) {
      const slash = key.lastIndexOf('/')
      const kind = key.slice(slash + 1) === 'internal' ? 'internal' : 'public'
      const stream = this.stream(client, key.slice(0, slash), kind)
      client.cursors.set(stream, { seq, line, generation: client.generation })
    }
  }

  /** Acks from now on come after it. */
  mark(): void {
    this.marks += 1
  }

  /** The largest seq of the stream that was acked before the last mark. */
  ackedBeforeMark(stream: StreamOf): number {
    return stream.mark === this.marks ? stream.ackedBefore : stream.maxAcked
  }

  #numberOf(client: Client, name: string): number {
    const incarnation =
      client.incarnation >= 0 ? client.incarnation : Math.max(0, this.#incarnations.length - 1)
    const numbers = this.#numbersIn(incarnation)
    const known = numbers.get(name)
    if (known !== undefined) return known
    const number = this.conversations.length
    this.conversations.push(name)
    numbers.set(name, number)
    for (const kind of ['public', 'internal'] as const)
      this.streams.push(new Stream(this.streams.length, number, name, kind, incarnation))
    return number
  }

  #numbersIn(incarnation: number): Map<string, number> {
    const known = this.#conversations[incarnation]
    if (known !== undefined) return known
    const made = new Map<string, number>()
    this.#conversations[incarnation] = made
    return made
  }

  /** True when it knew another one before. */
  #enter(client: Client, name: string): boolean {
    let number = this.#incarnations.indexOf(name)
    if (number < 0) {
      number = this.#incarnations.push(name) - 1
      // Who was told of none speaks of the newest.
      for (const other of this.clients) other.lastConversation = undefined
    }
    const moved = client.incarnation >= 0 && client.incarnation !== number
    client.incarnation = number
    client.lastConversation = undefined
    return moved
  }

  #answer(p: string, id: string, line: number): void {
    const { at, messages } = this
    at.client = this.client(p)
    at.line = line
    const message = messages.find(id)
    at.message = message >= 0 && (messages.client[message] ?? -1) >= 0 ? message : -1
  }

  #sighted(entry: Placed, stream: StreamOf, line: number): void {
    const { messages } = this
    const message = this.#messageOf(entry, stream)
    const sender = this.clients[messages.client[message] ?? -1]
    if (sender !== undefined && sender.role === undefined && entry.role !== 'system') sender.role = entry.role
    this.#place(stream, entry.seq, message, line)
  }

  #messageOf({ id, seq, hash }: Placed, stream: StreamOf): number {
    const { messages, places } = this
    const place = places.find(stream, seq)
    const occupant = place < 0 ? -1 : places.messageAt(place)
    if (occupant >= 0 && messages.is(occupant, id)) return occupant
    const { count } = messages
    const message = messages.intern(id)
    if (message === count) messages.hash[message] = hash
    return message
  }

  #place(stream: StreamOf, seq: number, message: number, line: number): void {
    const { messages, places, at } = this
    const place = places.occupy(stream, seq, message, line)
    const known = this.streams[messages.stream[message] ?? -1]
    if (known === undefined || known.incarnation !== stream.incarnation) {
      // After a restore it may stand elsewhere: that is another store, and older answers say nothing of it.
      if (known !== undefined) messages.mark(message, flag.moved)
      messages.stream[message] = stream.index
      messages.seq[message] = seq
    }
    at.message = message
    at.stream = stream
    at.seq = seq
    at.line = line
    at.occupant = places.messageAt(place)
    at.occupantLine = places.lineAt(place)
  }

  #pass(client: Client, stream: StreamOf, line: number): Pass {
    const known = client.passes.get(stream)
    if (known !== undefined) return known
    const pass = { seq: 0, line, beganLine: line, ackedBefore: stream.maxAcked }
    client.passes.set(stream, pass)
    return pass
  }

  #sent(message: number, connection: number): void {
    this.messages.connection[message] = connection
    if (connection === 0) return
    if (this.sends === this.sendOrder.length)
      this.sendOrder = copied(new Uint32Array(2 * this.sends), this.sendOrder)
    this.sendOrder[this.sends++] = message
  }
}
