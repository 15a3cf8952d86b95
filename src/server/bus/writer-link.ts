import { connect } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { Break } from '../config/break.ts'
import { asBroken } from './broken-batch.ts'
import { createLink, type Link } from './link.ts'
import { type Batch, BatchReader } from './packed-batch.ts'
import { Pending } from './pending.ts'
import { type NumberedRequest, requestSender } from './request-sender.ts'
import type {
  Answer,
  Delivered,
  FromWorker,
  FromWriter,
  Identity,
  Query,
  QueryResult,
  Request,
} from './wire.ts'

/** Who gets the answer to a request; `token` is the asker's own key for it. Called once, in the order of the store's log. */
export type Asker = { readonly answered: (token: unknown, request: Request, answer: Answer) => void }

export type WriterLink = {
  /** Queues a request for the next batch. False when `maxPending` requests wait already: answer `busy`. */
  readonly ask: (request: Request, asker: Asker, token: unknown) => boolean
  /**
   * Asks the writer; `done` runs in its place among the batches, so that heads in the result and messages that follow it fit.
   * NOTE: that is why it is no promise: a continuation would run behind a batch that came in the same chunk.
   */
  readonly query: (query: Query, done: (result: QueryResult) => void) => void
  /** A frame to the others of a conversation; `echo` includes the other sessions of `by`. */
  readonly relay: (conversation: string, by: Identity, frame: string, echo: boolean) => void
  readonly present: (identity: Identity) => void
  readonly absent: (identity: Identity) => void
  /** Sends what is queued; called on size, on age, on the writer's reply and once a tick. */
  readonly flush: () => void
  readonly pending: () => number
  /** How long the oldest unanswered request has waited, ms; 0 when none does. */
  readonly waitedMs: () => number
  readonly connected: () => boolean
  readonly close: () => void
}

export type WriterLinkEvents = {
  /** Committed messages for this worker's sessions, merged with `answered` calls in the order of the log. */
  readonly message: (message: Delivered) => void
  readonly relay: (to: readonly string[], frame: string) => void
  readonly revoke: (agent: string) => void
  /** The link is up: `incarnation` is the store's. */
  readonly up: (incarnation: string) => void
  /** The store has another history, or too much was missed: all sessions must come back and resume. */
  readonly reset: () => void
  /** After each batch: time to write to sockets. */
  readonly settled: () => void
}

export type WriterLinkOptions = {
  readonly path: string
  readonly worker: number
  readonly run: string
  readonly clock: Clock
  readonly maxPending: number
  /** A request without an answer for so long is answered `unavailable`: unknown, the sender retries with the same id. */
  /** From one batch of requests to the next at least, ms: each wakes the writer. The writer's reply and a full batch wait for nothing. */
  readonly paceMs?: number
  readonly requestWithinMs: number
  readonly onReconnect?: (reason: string) => void
  /** Test builds only. */
  readonly broken?: Break
}

const flushAtRequests = 128
/**
 * A full disk closes the link at each try: so the pause grows while nothing was answered. `starting`: until the writer was
 * there once, since it starts beside its workers.
 */
const retryConnectMs = { starting: 10, first: 50, most: 1_000 }
const sweepEveryMs = 1_000
/** The writer repeats its position every second; silent for so long, it hangs or is gone. */
const silentForMs = 10_000

type Waiting = {
  readonly request: Request
  readonly asker: Asker
  readonly token: unknown
  readonly askedAt: number
}
type Asked = { readonly done: (result: QueryResult) => void; readonly query: Query; readonly askedAt: number }

/** The worker's end of the link; reconnects for ever, resends what was not answered, asks for what it missed. */
export function createWriterLink(options: WriterLinkOptions, events: WriterLinkEvents): WriterLink {
  const { clock } = options
  const { paceMs = 0 } = options
  const pending = new Pending<Waiting>()
  const queries = new Map<number, Asked>()
  const present = new Map<string, Identity>()
  let link: Link<FromWorker> | undefined
  // The writer was told who is present; from then on it is told what changes, though that waits until it has greeted.
  let told = false
  let greeted = false
  let closed = false
  let incarnation: string | null = null
  let position = 0
  let nextQuery = 1
  let queued: NumberedRequest[] = []
  const sendRequests = requestSender()
  let queuedAt = 0
  // Only the last word on each counts: undefined is down.
  let changes = new Map<string, Identity | undefined>()
  let sentAt = Number.NEGATIVE_INFINITY
  let cancelFlush: (() => void) | undefined
  let heardAt = clock.monotonic()
  let pauseMs = retryConnectMs.first
  // Why this end closed the link.
  let gaveUp: string | undefined

  const open = (): void => {
    if (closed) return
    const socket = connect({ path: options.path })
    heardAt = clock.monotonic()
    const batches = new BatchReader()
    const opened = createLink<FromWriter, FromWorker>(socket, {
      message: (message) => {
        heardAt = clock.monotonic()
        receive(message)
      },
      packed: (bytes) => {
        heardAt = clock.monotonic()
        receiveBatch(batches.read(bytes))
      },
      closed: (error) => {
        if (link !== opened) return
        link = undefined
        told = false
        greeted = false
        if (closed) return
        if (incarnation === null) {
          clock.after(retryConnectMs.starting, open)
          return
        }
        options.onReconnect?.(error?.message ?? gaveUp ?? 'closed by the writer')
        gaveUp = undefined
        clock.after(pauseMs, open)
        pauseMs = Math.min(pauseMs * 2, retryConnectMs.most)
      },
    })
    link = opened
    socket.once('connect', () => {
      changes = new Map()
      told = true
      opened.send({
        t: 'hello',
        worker: options.worker,
        run: options.run,
        incarnation,
        position,
        present: [...present.values()],
      })
    })
  }

  const receive = (message: FromWriter): void => {
    switch (message.t) {
      case 'hello':
        if (message.reset || incarnation === null) position = message.position
        if (message.reset) events.reset()
        incarnation = message.incarnation
        greeted = true
        events.up(message.incarnation)
        resend()
        return
      case 'answer': {
        const asked = queries.get(message.q)
        queries.delete(message.q)
        asked?.done(message.result)
        events.settled()
        return
      }
      case 'relay':
        events.relay(message.to, message.frame)
        events.settled()
        return
      case 'position':
        position = message.position
        return
      case 'revoke':
        events.revoke(message.agent)
    }
  }

  const receiveBatch = ({ answers, messages, to }: Batch): void => {
    pauseMs = retryConnectMs.first
    merge(answers, asBroken(messages, options.broken))
    position = to
    flush()
    events.settled()
  }

  // Both lists ascend by position; a stream's messages must be handed on in the order of its seqs.
  const merge = (answers: Batch['answers'], messages: Batch['messages']): void => {
    let next = 0
    for (const { n, answer } of answers) {
      if (answer.status === 'stored') {
        for (let message = messages[next]; message !== undefined; message = messages[next]) {
          if (message.position > answer.position) break
          events.message(message)
          next++
        }
      }
      const asked = pending.take(n)
      if (asked === undefined) continue
      asked.asker.answered(asked.token, asked.request, answer)
    }
    for (; next < messages.length; next++) {
      const message = messages[next]
      if (message !== undefined) events.message(message)
    }
  }

  // NOTE: as JSON, by ids: handles of another incarnation name somebody else.
  const resend = (): void => {
    queued = []
    for (const [q, { query }] of queries) link?.send({ t: 'query', q, query })
    flush()
    const requests = Array.from(pending, ([n, { request }]) => ({ n, request }))
    if (requests.length > 0) link?.send({ t: 'requests', requests })
  }

  const flush = (): void => {
    cancelFlush?.()
    cancelFlush = undefined
    if (link === undefined || !greeted) return
    if (changes.size > 0) {
      const up = [...changes.values()].filter((identity) => identity !== undefined)
      const down = Array.from(changes).flatMap(([id, identity]) => (identity === undefined ? [id] : []))
      link.send({ t: 'presence', up, down })
      changes = new Map()
    }
    if (queued.length === 0) return
    sentAt = clock.monotonic()
    sendRequests(link, options.broken === 'swap-lane' ? queued.toReversed() : queued)
    queued = []
  }

  const flushSoon = (): void => {
    if (cancelFlush !== undefined) return
    const restMs = sentAt + paceMs - clock.monotonic()
    if (restMs > 0) {
      cancelFlush = clock.after(restMs, flush)
      return
    }
    const immediate = setImmediate(flush)
    cancelFlush = () => {
      clearImmediate(immediate)
    }
  }

  const giveUp = (why: string): void => {
    if (link === undefined) return
    gaveUp ??= why
    link.close()
  }

  let cancelSweep = (): void => undefined
  const sweep = (): void => {
    const now = clock.monotonic()
    const oldest = pending.oldest()
    const stuck = oldest !== undefined && now - oldest.askedAt >= options.requestWithinMs
    // NOTE: all of them, not only those past the deadline: a later one of the same sender must not be stored before the
    // earlier one is sent again. None is resent: each is forgotten here.
    for (const [n, asked] of stuck ? pending : []) {
      pending.take(n)
      asked.asker.answered(asked.token, asked.request, {
        status: 'failed',
        code: 'unavailable',
        message: `the store did not answer within ${options.requestWithinMs / 1000} s; send the same id again`,
      })
    }
    if (stuck) {
      queued = []
      // What the writer carries out of them later is told to nobody here as an answer: a new link brings it as messages.
      giveUp('requests were not answered in time')
    }
    for (const [q, asked] of queries) {
      if (now - asked.askedAt < options.requestWithinMs) break
      queries.delete(q)
      asked.done({ conversations: [], failed: 'the store did not answer in time' })
    }
    if (now - heardAt > silentForMs) giveUp('the writer is silent')
    events.settled()
    cancelSweep = clock.after(sweepEveryMs, sweep)
  }
  cancelSweep = clock.after(sweepEveryMs, sweep)

  open()
  return {
    ask: (request, asker, token) => {
      if (pending.size >= options.maxPending) return false
      const now = clock.monotonic()
      const n = pending.add({ request, asker, token, askedAt: now })
      if (!greeted) return true
      if (queued.length === 0) queuedAt = now
      queued.push({ n, request })
      // NOTE: with thousands of sockets ready, the loop may not come to a timer or setImmediate for a second: hence size and age.
      if (queued.length >= flushAtRequests || now - queuedAt >= Math.max(1, paceMs)) flush()
      else flushSoon()
      return true
    },
    query: (query, done) => {
      const q = nextQuery++
      queries.set(q, { done, query, askedAt: clock.monotonic() })
      // Presence goes first: what is committed after the answer must find its audience.
      if (greeted) {
        flush()
        link?.send({ t: 'query', q, query })
      }
    },
    relay: (conversation, by, frame, echo) => {
      if (greeted) link?.send({ t: 'relay', conversation, by, frame, echo })
    },
    present: (identity) => {
      present.set(identity.id, identity)
      if (told) changes.set(identity.id, identity)
      if (greeted) flushSoon()
    },
    absent: (identity) => {
      present.delete(identity.id)
      if (told) changes.set(identity.id, undefined)
      if (greeted) flushSoon()
    },
    flush,
    pending: () => pending.size,
    waitedMs: () => {
      const oldest = pending.oldest()
      return oldest === undefined ? 0 : clock.monotonic() - oldest.askedAt
    },
    connected: () => greeted,
    close: () => {
      closed = true
      cancelSweep()
      cancelFlush?.()
      link?.close()
    },
  }
}
