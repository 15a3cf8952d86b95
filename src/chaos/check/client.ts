import type { Link } from './history.ts'
import type { Stream } from './places.ts'

/** A client of the run, by the name that the history gives it. */
export class Client {
  readonly index: number
  readonly name: string
  you: Link['you']
  /** Told by the server, or learnt from a message of its own. */
  role: 'visitor' | 'agent' | undefined
  connected = false
  /** The conversation that it spoke of last. */
  lastConversation: string | undefined
  lastNumber = -1
  incarnation = -1
  /** Grows whenever the client starts afresh, so that older cursors no longer count. */
  generation = 0
  readonly cursors = new Map<Stream, Cursor>()
  /** Streams that it is reading back. */
  readonly passes = new Map<Stream, Pass>()

  constructor(index: number, name: string) {
    this.index = index
    this.name = name
  }

  goesBy(name: string): boolean {
    return name === this.you?.id || name === this.name
  }
}

/** Where a reader stands in a stream, and the line that says so. */
export type Cursor = { seq: number; line: number; generation: number }
/** One reading of a stream from its start. `ackedBefore`: the largest seq that was acked when it began. */
export type Pass = { seq: number; line: number; readonly beganLine: number; readonly ackedBefore: number }
