import { encode, errorFrame, messageInPage, pageFrame, pongFrame } from '../../protocol/encode.ts'
import type { History, Read, SetStatus, Typing } from '../../protocol/frames.ts'
import { wireLimits } from '../../protocol/limits.ts'
import { mayReadStream } from '../access/authorise.ts'
import type { Identity, QueryResult, Request } from '../bus/wire.ts'
import type { Asker } from '../bus/writer-link.ts'
import type { ControlFrame } from '../pipeline/stage.ts'
import type { Reader, StoredMessage } from '../storage/store.ts'
import { type GreetingPorts, headOf, moreConversations } from './greeting.ts'
import type { Session } from './session.ts'

export type ControlPorts = GreetingPorts & {
  readonly reader: Pick<Reader, 'page'>
  readonly ask: (request: Request, asker: Asker, token: unknown) => boolean
  readonly relay: (conversation: string, by: Identity, frame: string, echo: boolean) => void
}

/** Everything a session may say that is not a message or a command. */
export function createControls(ports: ControlPorts): (session: Session, frame: ControlFrame) => void {
  return (session, frame) => {
    switch (frame.type) {
      case 'ping':
        session.write(pongFrame)
        return
      case 'history':
        history(session, frame, ports)
        return
      case 'conversations':
        moreConversations(session, frame.next, ports)
        return
      case 'typing':
        typing(session, frame, ports)
        return
      case 'read':
        read(session, frame, ports)
        return
      case 'status':
        setStatus(session, frame, ports)
        return
      case 'hello':
        session.invalid('second_hello', 'hello: this connection has said hello already')
    }
  }
}

function history(session: Session, frame: History, ports: ControlPorts): void {
  ports.query({ kind: 'conversation', conversation: frame.conversation }, (result) => {
    sendPage(session, frame, result, ports)
  })
}

function sendPage(session: Session, frame: History, result: QueryResult, ports: ControlPorts): void {
  const { conversation, limit } = frame
  const stream = frame.stream ?? 'public'
  if (result.failed !== undefined) {
    session.write(
      errorFrame({
        code: 'unavailable',
        message: `history: ${result.failed}; ask again`,
        retryAfterMs: 1_000,
      }),
    )
    return
  }
  const view = result.conversations[0]
  if (view === undefined || !mayReadStream(session.caller, view, stream)) {
    session.write(
      errorFrame({ code: 'not_found', message: `history: no conversation ${conversation} for you` }),
    )
    return
  }
  const head = headOf(view, stream)
  const bound = frame.before === undefined ? { after: frame.after ?? 0 } : { before: frame.before }
  const messages = boundedPage(
    ports.reader.page({
      conversation,
      stream,
      head,
      ...bound,
      limit: Math.min(limit, wireLimits.page_messages),
    }),
    bound.after === undefined ? 'last' : 'first',
  )
  session.write(
    pageFrame({
      conversation,
      stream,
      ...bound,
      head: head.head,
      messages: messages.map(({ body, ...message }) => messageInPage({ ...message, bodyJson: body })),
    }),
  )
  if (bound.after !== undefined)
    session.pulled(conversation, stream, bound.after, messages.at(-1)?.seq ?? bound.after, head.head)
}

/** A page of long texts must not fill the outbox of someone who reads: it ends early, and the next one goes on. */
const pageChars = 64 * 1024

function boundedPage(messages: readonly StoredMessage[], kept: 'first' | 'last'): readonly StoredMessage[] {
  const nearestFirst = kept === 'first' ? messages : messages.toReversed()
  let chars = 0
  let count = 0
  for (const { body } of nearestFirst) {
    chars += body.length
    // One message always fits: it came in a frame.
    if (chars > pageChars && count > 0) break
    count++
  }
  return kept === 'first' ? messages.slice(0, count) : messages.slice(messages.length - count)
}

function typing(session: Session, frame: Typing, ports: ControlPorts): void {
  const { conversation, preview } = frame
  const { caller } = session
  // Before the first send there is nobody to tell.
  if (conversation === undefined || !session.holds(conversation)) return
  const from = { role: caller.role, id: caller.id, ...(caller.role === 'agent' ? { name: caller.name } : {}) }
  // Only visitors' half-written texts are shown: what an agent deletes again is nobody's business.
  const shown = caller.role === 'visitor' && preview !== undefined ? { preview } : {}
  ports.relay(conversation, session.identity, encode({ type: 'typing', conversation, from, ...shown }), false)
}

function read(session: Session, frame: Read, ports: ControlPorts): void {
  const { conversation, seq } = frame
  if (!session.holds(conversation)) {
    session.write(
      errorFrame({ code: 'not_found', message: `read: no conversation ${conversation} in your view` }),
    )
    return
  }
  const { role } = session.caller
  ports.ask({ kind: 'mark_read', conversation, role, seq }, nobody, undefined)
  ports.relay(conversation, session.identity, encode({ type: 'read', conversation, role, seq }), true)
}

function setStatus(session: Session, frame: SetStatus, ports: ControlPorts): void {
  const { caller } = session
  if (caller.role !== 'agent') {
    session.write(errorFrame({ code: 'forbidden', message: 'status: only agents have one' }))
    return
  }
  const { status } = frame
  const asked = ports.ask({ kind: 'set_status', agent: caller.id, status }, statusAsker, { session, status })
  if (!asked)
    session.write(
      errorFrame({ code: 'busy', message: 'status: too much waits to be stored', retryAfterMs: 250 }),
    )
}

// Read cursors only grow and are written lazily: nobody waits for them.
const nobody: Asker = { answered: () => undefined }

const statusAsker: Asker = {
  answered: (token, _request, answer) => {
    const { session, status } = token as { readonly session: Session; readonly status: SetStatus['status'] }
    session.write(
      answer.status === 'done'
        ? encode({ type: 'status', status })
        : errorFrame({
            code: 'unavailable',
            message: 'status: could not be stored; send it again',
            retryAfterMs: 250,
          }),
    )
  },
}
