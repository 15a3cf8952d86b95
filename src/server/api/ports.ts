import type { Clock } from '../../core/clock.ts'
import type { RandomBytes } from '../../core/ids.ts'
import type { AgentCommand, Hello, Read, Send } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import type { Answer, Query, QueryResult, Request } from '../bus/wire.ts'
import type { Limits } from '../limits/limits.ts'
import type { Source } from '../limits/sources.ts'
import type { Reader } from '../storage/store.ts'

/** What the API needs of the rest; the worker gives it. */
export type ApiPorts = {
  /** This worker's own read connection. */
  readonly reader: Reader
  /** Asks the writer. Rejects when the writer cannot be reached in time: answered `unavailable`. */
  readonly query: (query: Query) => Promise<QueryResult>
  /** Straight to the writer, answered after the commit: sessions and accounts. Rejects like `query`. */
  readonly submit: (request: Request) => Promise<Answer>
  /** The pipeline: parse is done, filter, route and persist are not. The same stages as for a frame from a socket. */
  readonly messages: {
    readonly send: (caller: Caller, frame: Send | AgentCommand, source: Source) => Promise<Answer>
    /** Grows a read cursor, told to the others; the caller may read the conversation, that was checked. */
    readonly read: (caller: Caller, frame: Read) => void
  }
  /** Registers a session as a socket's hello would: the sink gets welcome first, then live frames. Returns its end. */
  readonly subscribe: (caller: Caller, sink: EventSink, resume?: Hello['resume']) => () => void
  readonly limits: Pick<Limits, 'messages' | 'sources' | 'connection' | 'newVisitor' | 'post' | 'login'>
  readonly clock: Clock
  readonly random: RandomBytes
  readonly config: ApiConfig
  readonly log: ApiLog
}

/** A server-sent events session, as the hub sees it. */
export type EventSink = {
  /** One frame as JSON, without line breaks. */
  readonly write: (frame: string) => void
  /** A close code of `kf.v1`; nothing is written after it. */
  readonly close: (code: number, reason: string) => void
}

/** Read at each request: all but the folder may change. */
export type ApiConfig = {
  /** Ends with a slash; absent: the address a request came to. */
  readonly publicUrl?: string | undefined
  /** CIDR blocks. */
  readonly trustedProxies: readonly string[]
  /** The folder of the built pages (`dist/web`), absolute. */
  readonly webFolder: string
}

/** Never given tokens, passwords or bodies of messages. */
export type ApiLog = {
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void
  readonly error: (fields: Readonly<Record<string, unknown>>, message: string) => void
}
