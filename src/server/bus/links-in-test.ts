import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import type { CommittedMessage, ConversationRecord, PackedAppend, Stored } from '../storage/store.ts'
import type { Answer, Delivered, Identity, QueryResult, Request } from './wire.ts'
import { createWorkerLinks, type Source, type WorkerLinks } from './worker-links.ts'
import { createWriterLink, type WriterLink } from './writer-link.ts'

/** For tests: both ends of the link over a real Unix socket, the store and the desk behind it made of a few lists. */
export type LinksInTest = {
  readonly links: WorkerLinks
  readonly path: string
  /** The store's log; positions count from 1. */
  readonly log: CommittedMessage[]
  readonly conversations: Map<string, ConversationRecord>
  /** What the store says its position is; the log's length unless set. */
  position: number | undefined
  incarnation: string
  readonly requested: {
    readonly from: Source
    readonly n: number
    readonly request: Request | PackedAppend
  }[]
  readonly warnings: string[]
  /** Who is present where, and what the writer was told of it. */
  readonly present: Map<number, Set<string>>
  readonly told: string[]
  readonly worker: (number?: number, run?: string) => WorkerInTest
  readonly close: () => Promise<void>
}

export type WorkerInTest = {
  readonly link: WriterLink
  readonly clock: ManualClock
  /** Everything it was told, in order. */
  readonly heard: string[]
  readonly answers: { readonly token: unknown; readonly answer: Answer }[]
  readonly messages: Delivered[]
  readonly ask: (id: string) => boolean
}

export const run = 'this-run'
export const visitor: Identity = { id: 'v1', role: 'visitor', site: 's1' }
export const agent: Identity = { id: 'a1', role: 'agent', site: 's1' }

/** Waits for what comes over a socket. */
export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 60_000, interval: 5 })
}

export async function startLinks(): Promise<LinksInTest> {
  const folder = mkdtempSync(join(tmpdir(), 'kf-links-'))
  const path = join(folder, 'writer.sock')
  const workers: WorkerInTest[] = []
  const present: LinksInTest['present'] = new Map()
  const at = (worker: number): Set<string> => {
    const ids = present.get(worker) ?? new Set()
    present.set(worker, ids)
    return ids
  }
  const test: LinksInTest = {
    path,
    log: [],
    conversations: new Map(),
    position: undefined,
    incarnation: 'i1',
    requested: [],
    warnings: [],
    present,
    told: [],
    links: createWorkerLinks(run, {
      store: {
        get incarnation() {
          return test.incarnation
        },
        position: () => test.position ?? test.log.length,
        replay: (after, limit) => test.log.filter(({ position }) => position > after).slice(0, limit),
        conversation: (id) => test.conversations.get(id),
      },
      presence: {
        up: (worker, identities) => {
          test.told.push(`${worker} up ${identities.map(({ id }) => id).join()}`)
          for (const { id } of identities) at(worker).add(id)
        },
        down: (worker, ids) => {
          test.told.push(`${worker} down ${ids.join()}`)
          for (const id of ids) at(worker).delete(id)
        },
        replace: (worker, identities) => {
          test.told.push(`${worker} has ${identities.map(({ id }) => id).join()}`)
          present.set(worker, new Set(identities.map(({ id }) => id)))
        },
        workerLost: (worker) => {
          test.told.push(`${worker} lost`)
          present.delete(worker)
        },
        workersOf: (id) => [...present].flatMap(([worker, ids]) => (ids.has(id) ? [worker] : [])),
      },
      request: (from, n, request) => test.requested.push({ from, n, request }),
      query: (query): QueryResult => ({ conversations: [], waiting: query.kind === 'queue' ? 7 : 0 }),
      summary: ({ id, owner, epoch, public: { head } }) => ({
        id,
        head,
        state: 'assigned',
        epoch,
        owner,
        read: { visitor: 0, agent: 0 },
      }),
      agentName: (id) => `Agent ${id}`,
      warn: (message) => test.warnings.push(message),
    }),
    worker: (number = 0, ofRun = run) => {
      const worker = createWorker(path, number, ofRun)
      workers.push(worker)
      return worker
    },
    close: async () => {
      for (const { link } of workers) link.close()
      test.links.cut()
      test.links.server.close()
      await once(test.links.server, 'close')
      rmSync(folder, { recursive: true })
    },
  }
  test.links.server.listen({ path })
  await once(test.links.server, 'listening')
  return test
}

function createWorker(path: string, number: number, ofRun: string): WorkerInTest {
  const clock = manualClock()
  const heard: string[] = []
  const answers: WorkerInTest['answers'] = []
  const messages: Delivered[] = []
  const link = createWriterLink(
    {
      path,
      worker: number,
      run: ofRun,
      clock,
      maxPending: 200,
      requestWithinMs: 10_000,
      onReconnect: (reason) => heard.push(`reconnect: ${reason}`),
    },
    {
      up: (incarnation) => heard.push(`up ${incarnation}`),
      message: (message) => {
        heard.push(`message ${message.position}`)
        messages.push(message)
      },
      relay: (to, frame) => heard.push(`relay ${to.join()} ${frame}`),
      revoke: (revoked) => heard.push(`revoke ${revoked}`),
      reset: () => heard.push('reset'),
      settled: () => undefined,
    },
  )
  const ask = (id: string): boolean =>
    link.ask(
      { kind: 'mark_read', conversation: id, role: 'visitor', seq: 1 },
      {
        answered: (token, _request, answer) => {
          heard.push(`answer ${String(token)} ${'position' in answer ? answer.position : answer.status}`)
          answers.push({ token, answer })
        },
      },
      id,
    )
  return { link, clock, heard, answers, messages, ask }
}

export function stored(position: number): Stored {
  return {
    status: 'stored',
    position,
    conversation: 'c1',
    stream: 'public',
    seq: position,
    at: 1,
    epoch: 1,
    visitor: visitor.id,
    owner: null,
  }
}

export function committed(position: number, more: Partial<CommittedMessage> = {}): CommittedMessage {
  return {
    position,
    conversation: 'c1',
    stream: 'public',
    seq: position,
    id: `m${position}`,
    from: { role: 'visitor', id: visitor.id },
    body: '{"kind":"text","text":"x"}',
    at: 1,
    ...more,
  }
}

export function delivered(position: number, ...to: string[]): Delivered {
  return { ...committed(position), to }
}

export function record(id: string, owner: string | null = null): ConversationRecord {
  return {
    id,
    site: 's1',
    visitor: visitor.id,
    state: owner === null ? 'queued' : 'assigned',
    epoch: 1,
    owner,
    waitingSince: 0,
    opened: 0,
    public: { head: 9, headPosition: 9 },
    internal: { head: 0, headPosition: 0 },
    read: { visitor: 0, agent: 0 },
  }
}
