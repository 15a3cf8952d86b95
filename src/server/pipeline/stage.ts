import type { ErrorCode } from '../../protocol/codes.ts'
import type { AgentCommand, ClientFrame, Send } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import type { Answer, Request } from '../bus/wire.ts'
import type { Source } from '../limits/sources.ts'
import type { Handles } from '../storage/store.ts'
import type { AskedBatch } from './unanswered.ts'

/**
 * The stage contract: a stage is a plain function over a batch, testable without sockets.
 * parse → filter → route → persist; a batch is whatever came in since the last one. A stage that has to wait for its work stands
 * behind `createLanes` (lanes.ts), which gives it its concurrency, its bounded queue and the order of each conversation.
 */
export type Stage<In, Out> = (batch: readonly In[]) => readonly Out[]

/** Whoever a frame came from: a socket's session, a REST call, a server-sent events session. */
export type Origin = {
  readonly caller: Caller
  /** Where it is connected from; absent: no limit of its address counts it. */
  readonly source?: Source | undefined
  /** Where busy was answered: conversation (or '' for a visitor's own) → what was refused there. Absent while nothing was. */
  refused: Map<string, Refused> | undefined
  /** The visitor's record is stored; until then it travels with each send. */
  readonly visitorStored: boolean
  /** The store's names for this sender in that conversation, from the answer to an earlier message there. */
  readonly handlesIn?: (conversation: string | undefined) => Handles | undefined
  /** A frame that is not a message or command: answered beside the pipeline. */
  readonly control: (frame: ControlFrame) => void
  /** Such a frame came over its limit and was not looked at. Absent where there are none. */
  readonly limited?: (type: ControlFrame['type'], retryAfterMs: number) => void
  /** The frame could not be read. */
  readonly invalid: (code: ErrorCode, message: string, id?: string) => void
  /** Ends its connection, with a code of protocol/codes.ts; absent where there is none. */
  readonly close?: (code: number, reason: string) => void
  /** The truth about one message or command, after the commit; `request` is what was asked of the store. */
  readonly answered: (frame: Durable, request: Request | undefined, answer: Answer) => void
}

/** What was refused in a lane and concerns others there. */
export type Refused = {
  /** What must come again before anything new: its id, its number, and until when (monotonic ms) its sender was told to wait. */
  first: { readonly id: string; readonly n: number; readonly untilMs: number } | undefined
  /** Numbers that were under way behind a refused one: pairs of an end that is not among them and one that is. */
  readonly overtaken: number[]
}

/** Frames that end as committed operations. */
export type Durable = Send | AgentCommand
export type ControlFrame = Exclude<ClientFrame, Durable>

export type Received = { readonly origin: Origin; readonly text: string }

/** One message or command on its way; each stage fills in its part. */
export type Item = {
  readonly origin: Origin
  readonly frame: Durable
  /** Its place among all that came in on this worker; wraps at 2³². */
  n: number
  /** filter: a rejection, which travels with the message: persist looks the id up first. */
  verdict: { readonly code: ErrorCode; readonly message: string } | undefined
  /** route: what the store is asked. */
  request: Request | undefined
  /** persist: with what it was asked. */
  asked: AskedBatch | undefined
}
