/**
 * How a generator speaks to a target: what it says first, how a message and an answer look, and how to tell what arrived.
 * One file a target, described for adapters' authors in docs/targets.md; it runs in the generators' hot path, so `classify` looks at bytes and leaves the rare frame to JSON.
 */
export type Dialect = {
  readonly name: string
  readonly subprotocol: string | undefined
  /** Acks and messages carry gapless seqs. */
  readonly sequenced: boolean
  /** Messages reach an agent's socket. */
  readonly delivers: boolean
  /** A visitor opens the conversation with a message before the run, so that the desk has assigned it. */
  readonly opens: boolean
  /** Agents can answer, and everyone can read the store back. */
  readonly stores: boolean
  /** What a `ping` of the target is answered with, as a text; pings of WebSocket itself are answered anyway. */
  readonly pong?: string
  /** The first frame, when the target expects one; it then answers with `welcome`. */
  readonly hello: (user: HelloUser) => string | undefined
  /** A visitor's message; `slot` (36 characters) stands for its id. */
  readonly message: (slot: string, text: string) => string
  /** An agent's answer; asked for only where `stores`. */
  readonly answer: (slot: string, conversation: string, epoch: number, text: string) => string
  /** Tells what `bytes[start..end)` is and fills `found`. */
  readonly classify: (bytes: Buffer, start: number, end: number, found: Found) => FrameKind
}

export type HelloUser =
  | {
      readonly role: 'visitor'
      readonly site: string
      readonly number: number
      /** Of an earlier welcome, when the visitor comes back; and what it holds of its conversation. */
      readonly token?: string
      readonly resume?: {
        readonly incarnation: string
        readonly conversation: string
        readonly after: number
      }
    }
  | { readonly role: 'agent'; readonly token: string; readonly number: number }

/**
 * `welcome`: the answer to `hello`. `ping`: answered with the dialect's `pong`. `other` frames are read as kf.v1's JSON, and
 * passed over where they are none.
 */
export const frameKinds = ['ack', 'message', 'welcome', 'ping', 'other'] as const
export type FrameKind = (typeof frameKinds)[number]

/** Where in the frame the id stands, and the seq (0 where the target has none). */
export type Found = { idAt: number; seq: number; conversationAt: number; conversationEnd: number }

export const noFinding = (): Found => ({ idAt: 0, seq: 0, conversationAt: 0, conversationEnd: 0 })
