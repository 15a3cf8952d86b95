import { createServer, type Server, type Socket } from 'node:net'
import type { ConversationSummary } from '../../protocol/frames.ts'
import type { CommittedMessage, ConversationRecord, PackedAppend, Store, Stored } from '../storage/store.ts'
import { createLink, type Link } from './link.ts'
import { readAppends } from './packed-appends.ts'
import { BatchWriter } from './packed-batch.ts'
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

/** Who is present where; the desk keeps it. `workersOf` stands on the path of every message. */
export type PresencePort = {
  readonly up: (worker: number, identities: readonly Identity[]) => void
  readonly down: (worker: number, ids: readonly string[]) => void
  /** All that is present on a worker that came (back). */
  readonly replace: (worker: number, identities: readonly Identity[]) => void
  readonly workerLost: (worker: number) => void
  readonly workersOf: (id: string) => Iterable<number>
}

/**
 * One connection of a worker; requests and their answers belong to it. NOTE: not to the worker's number: a new process under
 * the same number counts its requests from 1 again, and must neither get the dead one's answers nor miss what it stored.
 */
export type Source = { readonly number: number }

export type WorkerLinksPorts = {
  readonly store: Pick<Store, 'incarnation' | 'position' | 'replay' | 'conversation'>
  readonly presence: PresencePort
  /** Carries out a request; the answer comes later through `answer`. */
  readonly request: (from: Source, n: number, request: Request | PackedAppend) => void
  readonly query: (query: Query) => QueryResult
  /** A conversation as its agent sees it: goes with replayed changes of owner. */
  readonly summary: (record: ConversationRecord) => ConversationSummary
  /** An agent's name, as it goes with its messages. */
  readonly agentName: (agent: string) => string
  /** Logs what a person should know. */
  readonly warn: (message: string) => void
}

export type WorkerLinks = {
  readonly server: Server
  /** Dropped when the connection is gone: the worker resends, or is another. */
  readonly answer: (to: Source, n: number, answer: Answer) => void
  /** The common answer: `packed` was stored where and by whom its handles say. */
  readonly answerPacked: (to: Source, n: number, packed: PackedAppend, stored: Stored) => void
  /** Queues a committed message for every worker that holds one of its audience, but not for `except`, which has it already. */
  readonly deliver: (message: Delivered, except?: Source) => void
  /** The same of one whose audience is the visitor and the owner that `stored` names. */
  readonly deliverPacked: (packed: PackedAppend, stored: Stored, except: Source) => void
  /** True when a worker other than `except` holds one of `to`: spares building a message that nobody needs. */
  readonly hasAudience: (to: readonly string[], except: Source) => boolean
  readonly relay: (to: readonly string[], frame: string) => void
  /** A session, the account or the password ended, or the name changed. */
  readonly revoke: (agent: string) => void
  /** Sends what `answer` and `deliver` queued; called after each commit. */
  readonly flush: () => void
  /** Repeats the position to idle workers; called every second. */
  readonly tick: () => void
  /** Cuts all links: the workers come back at once and resend what was not answered. After a failed commit this keeps
   *  every sender's order: nothing that stood behind a failed operation is carried out before it. */
  readonly cut: () => void
}

type Worker = Source & {
  readonly link: Link<FromWriter>
  /** The position that this worker was told last. */
  position: number
  /** The position of the last message queued for it: a second identity of the same audience adds nothing. */
  queuedPosition: number
  readonly batch: BatchWriter
}

/** A worker that was away for more messages than this starts afresh: its clients resume. */
const maxReplay = 200_000
const replayChunk = 2_000
/** A worker that does not read for so long that this much waits is cut off; it comes back and is replayed. */
const maxBufferedBytes = 64 * 1024 * 1024

/** The writer's end of the links to all workers. */
export function createWorkerLinks(run: string, ports: WorkerLinksPorts): WorkerLinks {
  const workers = new Map<number, Worker>()

  const accept = (socket: Socket): void => {
    let worker: Worker | undefined
    const link = createLink<FromWorker, FromWriter>(socket, {
      message: (message) => {
        if (message.t === 'hello') {
          if (message.run !== run) {
            // A worker of a supervisor that died: it must not commit beside ours.
            ports.warn(`refused a worker of another run (${message.run})`)
            socket.destroy()
            return
          }
          worker = greet(message, link)
        } else if (worker !== undefined) receive(worker, message)
      },
      packed: (bytes) => {
        const from = worker
        if (from === undefined) return
        readAppends(bytes, (n, append) => {
          ports.request(from, n, append)
        })
      },
      closed: (error) => {
        if (worker === undefined || workers.get(worker.number) !== worker) return
        workers.delete(worker.number)
        ports.presence.workerLost(worker.number)
        if (error !== undefined) ports.warn(`lost the link to worker ${worker.number}: ${error.message}`)
      },
    })
  }

  const greet = (hello: Extract<FromWorker, { t: 'hello' }>, link: Link<FromWriter>): Worker => {
    const { store, presence } = ports
    const position = store.position()
    const foreign = hello.incarnation !== null && hello.incarnation !== store.incarnation
    const reset = foreign || (hello.incarnation !== null && position - hello.position > maxReplay)
    const worker: Worker = {
      number: hello.worker,
      link,
      position: hello.incarnation === null || reset ? position : hello.position,
      queuedPosition: 0,
      batch: new BatchWriter(ports.agentName),
    }
    const old = workers.get(hello.worker)
    workers.set(hello.worker, worker)
    old?.link.close()
    presence.replace(hello.worker, hello.present)
    link.send({ t: 'hello', incarnation: store.incarnation, position, reset })
    replay(worker, new Set(hello.present.map((identity) => identity.id)))
    return worker
  }

  // What was committed while the worker was cut off, for those who are on it now.
  const replay = (worker: Worker, present: ReadonlySet<string>): void => {
    for (let after = worker.position; ; ) {
      const chunk = ports.store.replay(after, replayChunk)
      const last = chunk.at(-1)
      if (last === undefined) return
      for (const message of chunk) {
        const replayed = asDelivered(message, present)
        if (replayed !== undefined) worker.batch.message(replayed)
      }
      after = last.position
      send(worker, after)
    }
  }

  const asDelivered = (message: CommittedMessage, present: ReadonlySet<string>): Delivered | undefined => {
    const conversation = ports.store.conversation(message.conversation)
    if (conversation === undefined) return undefined
    const { owner, visitor } = conversation
    const event = changeOfOwner(message.body)
    const audience = message.stream === 'public' ? [visitor, owner, event?.previous] : [owner]
    const to = audience.filter((id) => typeof id === 'string' && present.has(id)) as readonly string[]
    if (to.length === 0) return undefined
    // Whoever became the owner meanwhile learns of it by the summary, as it is now.
    const summary = event !== undefined && owner !== null ? ports.summary(conversation) : undefined
    return { ...message, to: [...new Set(to)], ...(summary === undefined ? {} : { summary }) }
  }

  const receive = (worker: Worker, message: Exclude<FromWorker, { t: 'hello' }>): void => {
    switch (message.t) {
      case 'requests':
        for (const { n, request } of message.requests) ports.request(worker, n, request)
        return
      case 'presence':
        if (message.down.length > 0) ports.presence.down(worker.number, message.down)
        if (message.up.length > 0) ports.presence.up(worker.number, message.up)
        return
      case 'query':
        // Whatever was committed before the answer must be on its way before it.
        if (!worker.batch.empty) send(worker, ports.store.position())
        worker.link.send({ t: 'answer', q: message.q, result: ports.query(message.query) })
        return
      case 'relay':
        relayWithin(message)
    }
  }

  const relayWithin = ({ by, echo, frame, ...message }: Extract<FromWorker, { t: 'relay' }>): void => {
    const conversation = ports.store.conversation(message.conversation)
    if (conversation === undefined || conversation.site !== by.site) return
    if (by.role === 'visitor' && conversation.visitor !== by.id) return
    const to = new Set([conversation.visitor, by.id])
    if (conversation.owner !== null) to.add(conversation.owner)
    if (!echo) to.delete(by.id)
    relay([...to], frame)
  }

  const relay = (to: readonly string[], frame: string): void => {
    for (const worker of workers.values()) {
      const here = to.filter((id) => isOn(id, worker.number))
      if (here.length > 0) worker.link.send({ t: 'relay', to: here, frame })
    }
  }

  const isOn = (id: string, worker: number): boolean => {
    for (const number of ports.presence.workersOf(id)) if (number === worker) return true
    return false
  }

  const send = (worker: Worker, position: number): void => {
    worker.link.sendPacked(worker.batch.take(position))
    worker.position = position
    if (worker.link.buffered() > maxBufferedBytes) {
      ports.warn(
        `worker ${worker.number} does not read: ${worker.link.buffered()} bytes wait; cutting it off to be replayed`,
      )
      worker.link.close()
    }
  }

  // Every worker that holds one of `to`, once.
  function* holding(to: readonly string[], position: number, except: Source | undefined): Iterable<Worker> {
    for (const id of to) {
      for (const number of ports.presence.workersOf(id)) {
        const worker = workers.get(number)
        if (worker === undefined || worker === except || worker.queuedPosition === position) continue
        worker.queuedPosition = position
        yield worker
      }
    }
  }

  // Answers and messages are queued in the order of the log: all before this one are in the batch that goes now.
  const cutBefore = (worker: Worker, stored: Stored): void => {
    if (worker.batch.contradicts(stored)) send(worker, stored.position - 1)
  }

  // Stands on the path of every message: no iterator of its own, and who is present is looked up once.
  const packedTo = (id: string, packed: PackedAppend, stored: Stored, except: Source): void => {
    for (const number of ports.presence.workersOf(id)) {
      const worker = workers.get(number)
      if (worker === undefined || worker === except || worker.queuedPosition === stored.position) continue
      worker.queuedPosition = stored.position
      cutBefore(worker, stored)
      worker.batch.packedMessage(packed, stored)
    }
  }

  return {
    server: createServer(accept),
    answer: (to, n, answer) => {
      const worker = workers.get(to.number)
      if (worker === to) worker.batch.answer(n, answer)
    },
    answerPacked: (to, n, packed, stored) => {
      const worker = workers.get(to.number)
      if (worker !== to) return
      cutBefore(worker, stored)
      worker.batch.stored(n, packed.handles.conversation, stored)
    },
    deliver: (message, except) => {
      for (const worker of holding(message.to, message.position, except)) worker.batch.message(message)
    },
    deliverPacked: (packed, stored, except) => {
      packedTo(stored.visitor, packed, stored, except)
      if (stored.owner !== null) packedTo(stored.owner, packed, stored, except)
    },
    hasAudience: (to, except) => {
      for (const id of to)
        for (const number of ports.presence.workersOf(id)) if (workers.get(number) !== except) return true
      return false
    },
    relay,
    revoke: (agent) => {
      for (const worker of workers.values()) {
        if (!worker.batch.empty) send(worker, ports.store.position())
        worker.batch.forget()
        worker.link.send({ t: 'revoke', agent })
      }
    },
    flush: () => {
      for (const worker of workers.values()) {
        if (!worker.batch.empty) send(worker, ports.store.position())
      }
    },
    tick: () => {
      const position = ports.store.position()
      for (const worker of workers.values()) {
        if (!worker.batch.empty) continue
        worker.link.send({ t: 'position', position })
        worker.position = position
      }
    },
    cut: () => {
      for (const worker of workers.values()) worker.link.close()
    },
  }
}

// Bodies of events are the store's own JSON.
function changeOfOwner(body: string): { readonly previous?: string } | undefined {
  if (!body.startsWith('{"kind":"event"')) return undefined
  const event = JSON.parse(body) as { readonly event: string; readonly previous?: string }
  return event.event === 'retracted' ? undefined : event
}
