import { readUuid } from '../../core/uuid.ts'
import type { PackedAppend, Stored } from '../storage/store.ts'
import { ByteWriter, viewOf } from './bytes.ts'
import type { Answer, Delivered } from './wire.ts'

/**
 * What a commit brings to one worker. Common answers and messages travel as fixed records of bytes, and name their conversation
 * by the store's handle: who is in it was told before, with its epoch (`Facts`), and is told again when that changed.
 *
 * Layout: kind, length of the JSON (4), the JSON, records of answers, records of messages. In the JSON's lists a number stands for
 * so many records. An answer: n, position, at (8 each), seq, conversation (4 each). A message: position, at (8 each), seq,
 * conversation, body's length, whether an agent's (4 each), id (16), body.
 */
export const batchKind = 2

/** Who is in a conversation, under the handle. */
export type Facts = {
  readonly handle: number
  readonly conversation: string
  readonly visitor: string
  readonly owner: string | null
  readonly ownerName: string
  readonly epoch: number
}

export type NumberedAnswer = { readonly n: number; readonly answer: Answer }

type Listed<T> = (T | number)[]

type BatchHead = {
  readonly to: number
  /** What was told of conversations before counts no more. */
  readonly forget?: true
  readonly facts: readonly Facts[]
  readonly answers: Listed<NumberedAnswer>
  readonly messages: Listed<Delivered>
}

const answerAt = { n: 0, position: 8, at: 16, seq: 24, conversation: 28 }
const answerBytes = 32
const messageAt = { position: 0, at: 8, seq: 16, conversation: 20, length: 24, agent: 28, id: 32 }
const messageBytes = 48
/** How many conversations a worker is told of at most, before it forgets them all. */
const maxFacts = 200_000

export class BatchWriter {
  readonly #answerRecords = new ByteWriter(16 * 1024)
  readonly #messageRecords = new ByteWriter(16 * 1024)
  readonly #ownerName: (agent: string) => string
  /** Handle → epoch that the worker was told. */
  readonly #told = new Map<number, number>()
  #facts: Facts[] = []
  #answers: Listed<NumberedAnswer> = []
  #messages: Listed<Delivered> = []
  #forget = false

  constructor(ownerName: (agent: string) => string) {
    this.#ownerName = ownerName
  }

  get empty(): boolean {
    return this.#answers.length === 0 && this.#messages.length === 0
  }

  /** True when the worker was told something else of this conversation: what is queued must go before. */
  contradicts({ epoch, handles }: Stored): boolean {
    const told = handles === undefined ? undefined : this.#told.get(handles.conversation)
    return told !== undefined && told !== epoch
  }

  answer(n: number, answer: Answer): void {
    this.#answers.push({ n, answer })
  }

  /** A message that its asker knows all of but its place. */
  stored(n: number, conversation: number, stored: Stored): void {
    this.#tell(conversation, stored)
    const out = this.#answerRecords
    out.reserve(answerBytes)
    const { size, view } = out
    view.setFloat64(size + answerAt.n, n, true)
    view.setFloat64(size + answerAt.position, stored.position, true)
    view.setFloat64(size + answerAt.at, stored.at, true)
    view.setUint32(size + answerAt.seq, stored.seq, true)
    view.setUint32(size + answerAt.conversation, conversation, true)
    out.size = size + answerBytes
    countOne(this.#answers)
  }

  message(message: Delivered): void {
    this.#messages.push(message)
  }

  packedMessage({ body, handles, id, role }: PackedAppend, stored: Stored): void {
    this.#tell(handles.conversation, stored)
    const out = this.#messageRecords
    out.reserve(messageBytes + body.length)
    const { bytes, size, view } = out
    view.setFloat64(size + messageAt.position, stored.position, true)
    view.setFloat64(size + messageAt.at, stored.at, true)
    view.setUint32(size + messageAt.seq, stored.seq, true)
    view.setUint32(size + messageAt.conversation, handles.conversation, true)
    view.setUint32(size + messageAt.length, body.length, true)
    view.setUint32(size + messageAt.agent, role === 'agent' ? 1 : 0, true)
    bytes.set(id, size + messageAt.id)
    bytes.set(body, size + messageBytes)
    out.size = size + messageBytes + body.length
    countOne(this.#messages)
  }

  /** An agent's name changed: all is told anew. */
  forget(): void {
    this.#told.clear()
    this.#forget = true
  }

  /** The message for the link, with its length in front; starts anew. */
  take(to: number): Buffer {
    const [answers, messages] = [this.#answerRecords, this.#messageRecords]
    const head: BatchHead = {
      to,
      ...(this.#forget ? { forget: true } : {}),
      facts: this.#facts,
      answers: this.#answers,
      messages: this.#messages,
    }
    const json = Buffer.from(JSON.stringify(head))
    const frame = Buffer.allocUnsafe(9 + json.length + answers.size + messages.size)
    frame.writeUInt32BE(frame.length - 4, 0)
    frame[4] = batchKind
    frame.writeUInt32LE(json.length, 5)
    json.copy(frame, 9)
    answers.bytes.copy(frame, 9 + json.length, 0, answers.size)
    messages.bytes.copy(frame, 9 + json.length + answers.size, 0, messages.size)
    answers.size = 0
    messages.size = 0
    this.#facts = []
    this.#answers = []
    this.#messages = []
    this.#forget = false
    if (this.#told.size > maxFacts) this.forget()
    return frame
  }

  #tell(handle: number, { conversation, epoch, owner, visitor }: Stored): void {
    if (this.#told.get(handle) === epoch) return
    this.#told.set(handle, epoch)
    const ownerName = owner === null ? '' : this.#ownerName(owner)
    this.#facts.push({ handle, conversation, visitor, owner, ownerName, epoch })
  }
}

function countOne(list: Listed<unknown>): void {
  const last = list.at(-1)
  if (typeof last === 'number') list[list.length - 1] = last + 1
  else list.push(1)
}

export type Batch = {
  readonly to: number
  readonly answers: readonly NumberedAnswer[]
  readonly messages: readonly Delivered[]
}

/** The worker's end. One for each connection: what was told counts on that one only. */
export class BatchReader {
  readonly #facts = new Map<number, Facts>()

  /** `bytes` from the kind on. */
  read(bytes: Buffer): Batch {
    const view = viewOf(bytes)
    const jsonLength = view.getUint32(1, true)
    // The writer's own words, written by the class above.
    const head = JSON.parse(bytes.toString('utf8', 5, 5 + jsonLength)) as BatchHead
    if (head.forget === true) this.#facts.clear()
    for (const facts of head.facts) this.#facts.set(facts.handle, facts)
    let at = 5 + jsonLength
    const answers: NumberedAnswer[] = []
    for (const listed of head.answers) {
      if (typeof listed !== 'number') answers.push(listed)
      else
        for (let i = 0; i < listed; i++, at += answerBytes)
          answers.push({ n: view.getFloat64(at + answerAt.n, true), answer: this.#stored(view, at) })
    }
    const messages: Delivered[] = []
    for (const listed of head.messages) {
      if (typeof listed !== 'number') messages.push(listed)
      else
        for (let i = 0; i < listed; i++) {
          messages.push(this.#message(bytes, view, at))
          at += messageBytes + view.getUint32(at + messageAt.length, true)
        }
    }
    return { to: head.to, answers, messages }
  }

  #stored(view: DataView, at: number): Stored {
    const facts = this.#factsOf(view.getUint32(at + answerAt.conversation, true))
    return {
      status: 'stored',
      position: view.getFloat64(at + answerAt.position, true),
      conversation: facts.conversation,
      stream: 'public',
      seq: view.getUint32(at + answerAt.seq, true),
      at: view.getFloat64(at + answerAt.at, true),
      epoch: facts.epoch,
      visitor: facts.visitor,
      owner: facts.owner,
    }
  }

  #message(bytes: Buffer, view: DataView, at: number): Delivered {
    const { conversation, owner, ownerName, visitor } = this.#factsOf(
      view.getUint32(at + messageAt.conversation, true),
    )
    const fromAgent = view.getUint32(at + messageAt.agent, true) === 1
    const body = at + messageBytes
    return {
      conversation,
      stream: 'public',
      seq: view.getUint32(at + messageAt.seq, true),
      id: readUuid(bytes, at + messageAt.id),
      from: fromAgent
        ? { role: 'agent', id: owner ?? '', name: ownerName }
        : { role: 'visitor', id: visitor },
      body: bytes.toString('utf8', body, body + view.getUint32(at + messageAt.length, true)),
      at: view.getFloat64(at + messageAt.at, true),
      position: view.getFloat64(at + messageAt.position, true),
      to: owner === null ? [visitor] : [visitor, owner],
    }
  }

  #factsOf(handle: number): Facts {
    const facts = this.#facts.get(handle)
    if (facts === undefined) throw new TypeError(`The writer told nothing of conversation ${handle}.`)
    return facts
  }
}
