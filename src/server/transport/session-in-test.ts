import type { ConversationSummary, ServerFrame } from '../../protocol/frames.ts'
import type { AgentCaller, Caller } from '../access/authorise.ts'
import type { Delivered } from '../bus/wire.ts'
import type { PageQuery, Stored, StoredMessage } from '../storage/store.ts'
import { Session } from './session.ts'

/** For tests: a session over a list of stored messages, with every frame and close it wrote. */
export type SessionInTest = {
  readonly session: Session
  readonly frames: () => ServerFrame[]
  /** Frames since the last call, shortly: type and seq. */
  readonly told: () => string[]
  readonly closes: { readonly code: number; readonly reason: string }[]
  readonly pages: PageQuery[]
}

export const conversation = 'aaaaaaaaaaaaaaa2'
export const visitorCaller: Caller = {
  role: 'visitor',
  id: 'v1',
  site: 's1',
  record: { id: 'v1', site: 's1', tokenHash: 'hash' },
}
export const agentCaller: AgentCaller = {
  role: 'agent',
  id: 'a1',
  site: 's1',
  name: 'Alice',
  agentRole: 'agent',
  tokenHash: 'hash',
}

export function sessionOf(caller: Caller = visitorCaller): SessionInTest {
  const written: string[] = []
  const closes: SessionInTest['closes'] = []
  const pages: PageQuery[] = []
  let read = 0
  const session = new Session(
    caller,
    { write: (json) => written.push(json), close: (code, reason) => closes.push({ code, reason }) },
    {
      control: () => undefined,
      reader: {
        page: (query) => {
          pages.push(query)
          const after = query.after ?? 0
          return Array.from({ length: query.limit }, (_, i) => storedMessage(after + 1 + i))
        },
      },
    },
  )
  session.welcomed = true
  const frames = (): ServerFrame[] => written.map((json) => JSON.parse(json) as ServerFrame)
  return {
    session,
    frames,
    told: () => {
      const since = frames().slice(read)
      read = written.length
      return since.map((frame) => ('seq' in frame ? `${frame.type} ${frame.seq}` : frame.type))
    },
    closes,
    pages,
  }
}

export function storedMessage(seq: number): StoredMessage {
  const from = { role: 'visitor', id: 'v9' } as const
  return { seq, id: `m${seq}`, from, body: '{"kind":"text","text":"x"}', at: seq }
}

export function delivered(seq: number, more: Partial<Delivered> = {}): Delivered {
  return { ...storedMessage(seq), conversation, stream: 'public', position: seq, to: ['v1'], ...more }
}

export function summary(head: number, more: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    id: conversation,
    head,
    state: 'assigned',
    epoch: 1,
    owner: 'a1',
    read: { visitor: 0, agent: 0 },
    ...more,
  }
}

export function stored(seq: number, more: Partial<Stored> = {}): Stored {
  return {
    status: 'stored',
    position: seq,
    conversation,
    stream: 'public',
    seq,
    at: 1,
    epoch: 1,
    visitor: 'v1',
    owner: 'a1',
    ...more,
  }
}
