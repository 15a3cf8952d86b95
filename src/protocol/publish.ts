import type { ConversationSummary, Sender, StreamName } from './frames.ts'

/**
 * The publish port: how committed messages reach whoever holds the sockets. The pipeline calls it, transport implements it.
 *
 * Messages of one stream come in order of seq, but a batch may be missing (the bus is best effort): the receiver compares seq
 * with each socket's cursor and reads holes back from the store. It never throws and never waits for a socket.
 */
export type Publish = (batch: readonly Published[]) => void

export type Published = {
  readonly conversation: string
  readonly stream: StreamName
  readonly seq: number
  readonly id: string
  readonly from: Sender
  /** JSON text of a `Body`, as stored. */
  readonly body: string
  readonly at: number
  /** Identities whose sockets get it: the visitor on the public stream, owner, previous owner. */
  readonly to: readonly string[]
  /** With an event that brings the conversation into someone's view: the conversation after it. */
  readonly summary?: ConversationSummary
}
