import type { ErrorCode } from '../../protocol/codes.ts'
import { ackFrame, encode, errorFrame, messageFrame } from '../../protocol/encode.ts'
import type { ConversationSummary, StreamName } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import type { Answer, Delivered, Identity, Request } from '../bus/wire.ts'
import type { ControlFrame, Durable, Origin } from '../pipeline/stage.ts'
import type { Handles, Reader, Stored, StoredMessage } from '../storage/store.ts'

/** Where a session's frames go: a WebSocket's outbox or a server-sent events stream. Frames are JSON text. */
export type Sink = {
  readonly write: (json: string) => void
  /** A code of protocol/codes.ts. */
  readonly close: (code: number, reason: string) => void
  /** What a frame of this client's may have; absent: as much as the wire allows. */
  readonly frameBytes?: number
}

export type SessionPorts = {
  readonly reader: Pick<Reader, 'page'>
  readonly control: (session: Session, frame: ControlFrame) => void
}

/** After `unavailable`: the writer may be back in a moment. */
const defaultRetryMs = 1_000
const badFramesAllowed = 20

/**
 * One caller's live view, on whatever transport: its cursors decide which committed message it gets.
 *
 * A cursor names the last seq of a stream that this session holds. What follows directly is sent, what lies below is dropped,
 * what lies beyond shows a gap and is read back from the store. A session that resumed behind the head pulls pages first;
 * until its cursor meets the head, live messages of that stream are not sent.
 */
export class Session implements Origin {
  readonly caller: Caller
  readonly identity: Identity
  readonly source: Origin['source']
  refused: Origin['refused'] = undefined
  visitorStored = false
  /** Nothing live is sent before the welcome: its heads count what was committed until then. */
  welcomed = false
  readonly #sink: Sink
  readonly #ports: SessionPorts
  // The first conversation in view has its place, since a visitor seldom has two: a map costs 290 bytes and a look-up a message.
  #cursorKey: string | undefined = undefined
  #firstCursor: Cursor | undefined = undefined
  #cursors: Map<string, Cursor> | undefined = undefined
  #badFrames = 0
  /** A visitor's, of the conversation it last wrote in. */
  #own: { readonly conversation: string; readonly handles: Handles } | undefined
  /** An agent's, by conversation. */
  #handles: Map<string, Handles> | undefined
  /** All sessions of this caller on this worker, while it is in the hub, which keeps it: a sender's need no look-up. */
  peers: readonly Session[] | undefined = undefined
  /** What the hello asked to resume and no summary has answered yet: stream key → after. */
  resume: Map<string, number> | undefined = undefined

  /** `source`: where a socket is from; a session that only listens has none. */
  constructor(caller: Caller, sink: Sink, ports: SessionPorts, source?: Origin['source']) {
    this.caller = caller
    this.source = source
    this.identity = { id: caller.id, role: caller.role, site: caller.site }
    this.#sink = sink
    this.#ports = ports
  }

  get frameBytes(): number | undefined {
    return this.#sink.frameBytes
  }

  write(json: string): void {
    this.#sink.write(json)
  }

  close(code: number, reason: string): void {
    this.forgetHandles()
    this.#sink.close(code, reason)
  }

  control(frame: ControlFrame): void {
    this.#ports.control(this, frame)
  }

  limited(type: ControlFrame['type'], retryAfterMs: number): void {
    const message = `${type}: too many frames; send it again after ${retryAfterMs} ms`
    this.write(errorFrame({ code: 'rate_limited', message, retryAfterMs }))
  }

  invalid(code: ErrorCode, message: string, id?: string): void {
    this.write(errorFrame({ id, code, message }))
    if (++this.#badFrames > badFramesAllowed) this.close(4400, `${this.#badFrames} bad frames`)
  }

  handlesIn(conversation: string | undefined): Handles | undefined {
    if (this.caller.role === 'agent') return this.#handles?.get(conversation ?? '')
    const own = this.#own
    return conversation === undefined || conversation === own?.conversation ? own?.handles : undefined
  }

  /** NOTE: in another incarnation of the store the same numbers name somebody else. */
  forgetHandles(): void {
    this.#own = undefined
    this.#handles = undefined
  }

  /** True once a summary, or an own message, brought the conversation into this session's view. */
  holds(conversation: string): boolean {
    return this.#cursor(conversation) !== undefined
  }

  /**
   * A summary is about to be sent: live frames begin behind what the client asked to resume, else behind the summary's head.
   * Returns false when the client must forget what it holds of the conversation.
   */
  enter(summary: ConversationSummary, resumable: boolean): boolean {
    const entered = this.#enterStream(summary.id, 'public', summary.head, resumable)
    if (summary.internal_head === undefined) return entered
    return this.#enterStream(summary.id, 'internal', summary.internal_head, resumable) && entered
  }

  /** A page that begins at the cursor or beyond was sent up to `last`; the stream's head was `head` then. */
  pulled(conversation: string, stream: StreamName, after: number, last: number, head: number): void {
    const cursor = this.#cursor(keyOf(conversation, stream))
    // A client may hold more than the cursor says: its own acks, for one.
    if (cursor?.pulling !== true || after < cursor.seq) return
    cursor.seq = last
    cursor.pulling = last < head
  }

  /** A frame that is not sequenced. */
  relay(json: string): void {
    if (this.welcomed) this.write(json)
  }

  deliver(message: Delivered, json: string): void {
    if (!this.welcomed) return
    const { conversation, stream, seq } = message
    if (message.summary?.owner === this.caller.id) {
      const known = this.holds(conversation)
      if (!known) this.enter(message.summary, false)
      this.write(encode({ type: 'conversation', conversation: message.summary }))
      if (!known) return
    }
    const key = keyOf(conversation, stream)
    let cursor = this.#cursor(key)
    if (cursor === undefined) {
      // Another session of this visitor opened the conversation: it enters the view with its first message.
      if (this.caller.role !== 'visitor' || seq !== 1) return
      cursor = this.#enterAt(key, 0)
    }
    if (!this.#closeGap(cursor, message)) return
    cursor.seq = seq
    this.write(json)
  }

  answered(frame: Durable, request: Request | undefined, answer: Answer): void {
    switch (answer.status) {
      case 'stored':
        this.#acknowledge(frame, request, answer)
        return
      case 'duplicate':
        this.write(ackOf(frame, answer))
        return
      case 'rejected':
        this.write(errorFrame({ id: frame.id, code: answer.code, message: answer.message }))
        return
      case 'failed':
        this.write(
          errorFrame({
            id: frame.id,
            code: answer.code,
            message: answer.message,
            retryAfterMs: answer.retryAfterMs ?? defaultRetryMs,
          }),
        )
        return
      default:
        this.write(
          errorFrame({ id: frame.id, code: 'internal', message: `unexpected answer ${answer.status}` }),
        )
    }
  }

  // The own ack counts as that seq, when it follows the cursor.
  #acknowledge(frame: Durable, request: Request | undefined, stored: Stored): void {
    this.visitorStored = true
    this.#keepHandles(stored)
    const { conversation, stream, seq } = stored
    const key = keyOf(conversation, stream)
    if (request?.kind === 'append') {
      const cursor = this.#cursor(key) ?? (stored.opened === true ? this.#enterAt(key, 0) : undefined)
      if (cursor !== undefined && this.#closeGap(cursor, stored)) cursor.seq = seq
    }
    this.write(ackOf(frame, stored))
    if (stored.opened === true) this.write(openedFrame(stored))
  }

  #keepHandles({ conversation, handles }: Stored): void {
    if (handles === undefined) return
    if (this.caller.role === 'visitor') {
      this.#own = { conversation, handles }
      return
    }
    this.#handles ??= new Map()
    this.#handles.set(conversation, handles)
  }

  // True when the message directly follows what this session holds now. Reads back what is missing between.
  #closeGap(cursor: Cursor, message: GapEnd): boolean {
    const { seq } = message
    if (seq <= cursor.seq || cursor.pulling) return false
    if (seq === cursor.seq + 1) return true
    const missing = this.#ports.reader.page({
      conversation: message.conversation,
      stream: message.stream,
      head: { head: seq, headPosition: message.position },
      after: cursor.seq,
      limit: seq - cursor.seq - 1,
    })
    for (const earlier of missing) this.write(storedFrame(message.conversation, message.stream, earlier))
    return true
  }

  #enterStream(conversation: string, stream: StreamName, head: number, resumable: boolean): boolean {
    const key = keyOf(conversation, stream)
    const after = resumable ? this.resume?.get(key) : undefined
    this.resume?.delete(key)
    // In view already, as when a page of the list is asked for again: the cursor stands where it stands.
    if (after === undefined && this.#cursor(key) !== undefined) return true
    const possible = after === undefined || after <= head
    const seq = possible ? (after ?? head) : head
    this.#enterAt(key, seq).pulling = seq < head
    return possible
  }

  #cursor(key: string): Cursor | undefined {
    return key === this.#cursorKey ? this.#firstCursor : this.#cursors?.get(key)
  }

  #enterAt(key: string, seq: number): Cursor {
    const cursor = { seq, pulling: false }
    this.#cursorKey ??= key
    if (key === this.#cursorKey) this.#firstCursor = cursor
    else {
      this.#cursors ??= new Map()
      this.#cursors.set(key, cursor)
    }
    return cursor
  }
}

type Cursor = {
  /** The last seq that this session holds. */
  seq: number
  /** The client is behind the head and asks for pages. */
  pulling: boolean
}

type GapEnd = {
  readonly conversation: string
  readonly stream: StreamName
  readonly seq: number
  readonly position: number
}

export function keyOf(conversation: string, stream: StreamName): string {
  return stream === 'public' ? conversation : `${conversation}/internal`
}

function storedFrame(
  conversation: string,
  stream: StreamName,
  { seq, id, from, body, at }: StoredMessage,
): string {
  return messageFrame({ conversation, stream, seq, id, from, bodyJson: body, at })
}

function ackOf(frame: Durable, { conversation, stream, seq, at, epoch }: Stored): string {
  return ackFrame({
    id: frame.id,
    conversation,
    stream,
    seq,
    at,
    ...(frame.type === 'send' ? {} : { epoch }),
  })
}

/** What a visitor is told of a conversation that its message has just opened. */
export function openedFrame({
  conversation,
  seq,
  epoch,
  owner,
  at,
}: Pick<Stored, 'conversation' | 'seq' | 'epoch' | 'owner' | 'at'>): string {
  return encode({
    type: 'conversation',
    conversation: {
      id: conversation,
      head: seq,
      state: 'queued',
      epoch,
      owner,
      read: { visitor: 0, agent: 0 },
      waiting_since: at,
    },
  })
}
