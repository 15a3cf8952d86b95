import type { ConversationSummary, Sender, StreamName } from './frames.ts'

/**
 * What the publish port carries: a committed message on its way to the sessions of its audience.
 *
 * Messages of one stream come in order of seq, but some may be missing (the bus is best effort): the receiver compares seq
 * with each session's cursor and reads holes back from the store.
 */
export type Published = {
  readonly conversation: string
  readonly stream: StreamName
  readonly seq: number
  readonly id: string
  readonly from: Sender
  /** JSON text of a `Body`, as stored. */
  readonly body: string
  readonly at: number
  /** The place in the log of the whole store. */
  readonly position: number
  /** Identities whose sockets get it: the visitor on the public stream, owner, previous owner. */
  readonly to: readonly string[]
  /** With an event that brings the conversation into someone's view: the conversation after it. */
  readonly summary?: ConversationSummary
}
