import { encode, errorFrame } from '../../protocol/encode.ts'
import type { ConversationSummary, Hello, QueuePosition, WireLimits } from '../../protocol/frames.ts'
import { serverLimits, wireLimits } from '../../protocol/limits.ts'
import { mayReadConversation } from '../access/authorise.ts'
import { agentSummary, summaryFor } from '../access/summary.ts'
import type { ConversationView, Query, QueryResult } from '../bus/wire.ts'
import type { SiteRecord, StreamHead } from '../storage/store.ts'
import { keyOf, type Session } from './session.ts'

export type GreetingPorts = {
  readonly query: (query: Query, done: (result: QueryResult) => void) => void
  /** The store's incarnation; undefined until the writer was heard. */
  readonly incarnation: () => string | undefined
}

/**
 * Answers a hello with welcome, the first page of the caller's conversations, and a reset for each that cannot be resumed.
 * `token` is the one minted now, if any. The session must be in the hub already, so that nothing committed after the answer is missed.
 * `welcomed` runs right behind the welcome, `failed` when the store could not be asked.
 */
export function welcome(
  session: Session,
  site: SiteRecord,
  hello: Hello,
  token: string | undefined,
  ports: GreetingPorts,
  welcomed: () => void,
  failed: () => void,
): void {
  const wanted = hello.resume
  if (wanted !== undefined) {
    session.resume = new Map(
      wanted.streams.map(({ conversation, stream, after }) => [keyOf(conversation, stream), after]),
    )
  }
  readPage(session, undefined, ports, (page) => {
    const incarnation = ports.incarnation()
    if (page === undefined || incarnation === undefined) failed()
    else {
      greet(session, site, token, page, incarnation, wanted?.incarnation === incarnation)
      welcomed()
    }
  })
}

function greet(
  session: Session,
  site: SiteRecord,
  token: string | undefined,
  page: ConversationPage,
  incarnation: string,
  resumable: boolean,
): void {
  const { caller } = session
  session.welcomed = true
  // Nothing of another history can be resumed, on the pages that follow neither.
  if (!resumable)
    for (const key of session.resume?.keys() ?? []) session.resume?.set(key, Number.POSITIVE_INFINITY)
  if (caller.role === 'visitor' && page.views.length > 0) session.visitorStored = true
  const own = page.agents.find((agent) => agent.id === caller.id)
  session.write(
    encode({
      type: 'welcome',
      incarnation,
      you: { role: caller.role, id: caller.id, ...(caller.role === 'agent' ? { name: caller.name } : {}) },
      site: { id: site.id, name: site.name },
      ...(token === undefined ? {} : { token }),
      limits: limitsOf(session),
      conversations: page.summaries,
      ...(page.next === undefined ? {} : { next: page.next }),
      ...(caller.role === 'agent' ? { agents: page.agents.map(agentSummary) } : {}),
      ...(own === undefined ? {} : { status: own.status }),
    }),
  )
  enterAll(session, page.summaries, resumable)
  if (page.next === undefined) forgetTheRest(session)
  if (page.place !== undefined) session.write(encode(page.place))
  if (page.queue !== undefined) {
    session.write(encode({ type: 'queue', waiting: page.waiting, conversations: page.queue }))
  }
}

function limitsOf({ frameBytes }: Session): WireLimits {
  if (frameBytes === undefined || frameBytes === wireLimits.frame_bytes) return wireLimits
  return { ...wireLimits, frame_bytes: frameBytes }
}

/** Answers `conversations {next}` with the next page. */
export function moreConversations(session: Session, next: string, ports: GreetingPorts): void {
  if (session.caller.role === 'visitor' && !pageMark.test(next)) {
    session.invalid('bad_frame', 'conversations: next must be the next of an earlier answer')
    return
  }
  readPage(session, next, ports, (page) => {
    sendMore(session, page)
  })
}

function sendMore(session: Session, page: ConversationPage | undefined): void {
  if (page === undefined) {
    session.write(
      errorFrame({
        code: 'unavailable',
        message: 'the store did not answer in time; ask again',
        retryAfterMs: 1_000,
      }),
    )
    return
  }
  session.write(
    encode({
      type: 'conversations',
      conversations: page.summaries,
      ...(page.next === undefined ? {} : { next: page.next }),
    }),
  )
  // What was resumable at the hello still is: another incarnation would have closed the session.
  enterAll(session, page.summaries, true)
  if (page.next === undefined) forgetTheRest(session)
}

// A visitor's pages go on before an instant.
const pageMark = /^\d{1,15}$/

type ConversationPage = {
  readonly views: readonly ConversationView[]
  readonly summaries: readonly ConversationSummary[]
  readonly agents: NonNullable<QueryResult['agents']>
  readonly next: string | undefined
  readonly place: QueuePosition | undefined
  readonly queue: readonly ConversationSummary[] | undefined
  readonly waiting: number
}

function readPage(
  session: Session,
  next: string | undefined,
  ports: GreetingPorts,
  done: (page: ConversationPage | undefined) => void,
): void {
  const { caller } = session
  const query: Query =
    caller.role === 'visitor'
      ? { kind: 'visitor', visitor: caller.id, ...(next === undefined ? {} : { before: Number(next) }) }
      : { kind: 'agent', agent: caller.id, site: caller.site, also: resumedConversations(session) }
  ports.query(query, (result) => {
    done(pageOf(session, next, result))
  })
}

function pageOf(
  session: Session,
  next: string | undefined,
  result: QueryResult,
): ConversationPage | undefined {
  const { caller } = session
  if (result.failed !== undefined) return undefined
  const readable = result.conversations.filter((view) => mayReadConversation(caller, view))
  const { views, more } =
    caller.role === 'visitor' ? { views: readable, more: result.more } : pageById(readable, next)
  return {
    views,
    summaries: views.map((view) => summaryFor(caller, view)),
    agents: result.agents ?? [],
    place: result.place,
    queue: result.queue?.map((view) => summaryFor(caller, view)),
    waiting: result.waiting ?? 0,
    next: more === undefined ? undefined : String(more),
  }
}

// An agent's conversations are few (its capacity); pages go by id, since an order of waiting changes between pages.
function pageById(
  views: readonly ConversationView[],
  after: string | undefined,
): { views: readonly ConversationView[]; more?: string } {
  const sorted = views
    .filter((view) => after === undefined || view.id > after)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const page = sorted.slice(0, serverLimits.conversations_page)
  const last = page.at(-1)
  return sorted.length > page.length && last !== undefined ? { views: page, more: last.id } : { views: page }
}

function resumedConversations(session: Session): string[] {
  return [...new Set(Array.from(session.resume?.keys() ?? [], (key) => key.split('/')[0] ?? key))]
}

function enterAll(session: Session, summaries: readonly ConversationSummary[], resumable: boolean): void {
  for (const summary of summaries) {
    const asked =
      session.resume?.has(summary.id) === true || session.resume?.has(keyOf(summary.id, 'internal')) === true
    const entered = session.enter(summary, resumable)
    if (asked && (!entered || !resumable)) session.write(encode({ type: 'reset', conversation: summary.id }))
  }
}

// Asked for, but not this caller's (any more), or of another history: nothing of it will come.
function forgetTheRest(session: Session): void {
  for (const conversation of resumedConversations(session))
    session.write(encode({ type: 'reset', conversation }))
  session.resume = undefined
}

/** The stream's head as the writer knew it when it answered. */
export function headOf(view: ConversationView, stream: 'public' | 'internal'): StreamHead {
  return stream === 'public' ? view.public : view.internal
}
