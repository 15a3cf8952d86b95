import {
  type Command,
  createSession,
  type Outcome,
  type Session,
  type SessionTaps,
  type ThreadMessage,
} from '../../client/session.ts'
import type { Clock } from '../../core/clock.ts'
import { KfError } from '../../core/errors.ts'
import { type RandomBytes, uuidv7 } from '../../core/ids.ts'
import type { AgentCommand, Send, SentBody, StreamName } from '../../protocol/frames.ts'
import type { Side } from '../fault/fault.ts'
import { hashOf, placedOf } from './placed.ts'
import type { OpenPlug, Plug } from './plug.ts'
import type { Note } from './recorder.ts'

export type PersonOptions = {
  /** In the history: `v17`, `a3`. */
  readonly name: string
  readonly side: Side
  /** Asked at every connect: a restarted node may have moved. */
  readonly address: () => string
  readonly site: string
  readonly token: string | undefined
  readonly clock: Clock
  readonly random: RandomBytes
  readonly note: (note: Note) => void
  readonly openPlug: OpenPlug
  readonly onMessage?: (
    person: Person,
    message: ThreadMessage,
    conversation: string,
    stream: StreamName,
  ) => void
}

/** A person with kf's own client, whose every word and sight goes into the history. */
export class Person {
  readonly name: string
  readonly side: Side
  readonly session: Session
  token: string | undefined
  /** Closed by the server for not reading. */
  cutForSlowness = 0
  readonly #options: PersonOptions
  readonly #note: (note: Note) => void
  /** Sends and commands without a definite answer; true while the connection at hand may still answer. */
  readonly #open = new Map<string, boolean>()
  #draft: Send | AgentCommand | undefined
  #plug: Plug | undefined
  #connections = 0
  #up = false
  #reading = true

  constructor(options: PersonOptions) {
    this.#options = options
    this.#note = options.note
    this.name = options.name
    this.side = options.side
    this.token = options.token
    const { clock, random, site } = options
    this.session = createSession({
      url: 'ws://kf/ws',
      credentials: () => ({
        ...(this.side === 'visitors' ? { site } : {}),
        ...(this.token === undefined ? {} : { token: this.token }),
      }),
      openSocket: options.openPlug(options.address, {
        onPlug: (plug) => {
          this.#connections += 1
          this.#plug = plug
          this.#reading = true
        },
        onGone: (plug, code) => {
          this.#gone(plug, code)
        },
      }),
      clock,
      random,
      onToken: (token) => {
        this.token = token
      },
      preload: 'none',
      keepMessages: 64,
      taps: this.#taps(),
    })
  }

  get connected(): boolean {
    return this.#up
  }

  /** Unanswered sends and commands. */
  get open(): number {
    return this.#open.size
  }

  start(): void {
    this.session.start()
  }

  stop(): void {
    this.session.stop()
    this.#plug?.cut()
  }

  /** As a dead network does; comes back by its own backoff. False: there was no connection. */
  cut(): boolean {
    if (!this.#up) return false
    this.#plug?.cut()
    return true
  }

  /** Of the connection at hand; the next one reads. */
  read(reading: boolean): void {
    this.#reading = reading
    this.#plug?.read(reading)
  }

  /** Who does not read does not write either, as a page that is frozen. */
  get reading(): boolean {
    return this.#reading
  }

  say(
    conversation: string | undefined,
    body: SentBody,
    options: { readonly stream?: StreamName; readonly epoch?: number } = {},
  ): void {
    try {
      this.session.send(conversation, body, options)
    } catch (error) {
      if (!(error instanceof KfError) || error.code !== 'outbox_full') throw error
      // An intended send all the same.
      this.#neverLeft(conversation, body, options.stream ?? 'public')
    }
    this.#made()
  }

  command(command: Command): Promise<Outcome> {
    const outcome = this.session.command(command)
    this.#made()
    return outcome
  }

  #taps(): SessionTaps {
    const note = this.#note
    const p = this.name
    return {
      onWelcome: ({ incarnation, you, conversations, next }, resumed) => {
        this.#up = true
        const listed = new Set(conversations.map(({ id }) => id))
        // What the server no longer lists is let go of by the client; of what stands on later pages nothing is known yet.
        const kept = [...resumed].filter(([key]) => next !== undefined || listed.has(conversationOf(key)))
        const after = resumed.size === 0 ? {} : { after: Object.fromEntries(kept) }
        const who = { role: you.role === 'agent' ? 'agent' : 'visitor', id: you.id } as const
        note({
          e: 'up',
          p,
          conn: this.#connections,
          resumed: resumed.size > 0,
          incarnation,
          you: who,
          ...after,
        })
      },
      onMade: (frame) => {
        this.#draft = frame
      },
      onSent: (id) => {
        if (this.#draft?.id === id) this.#invoke(this.#connections)
        else if (this.#open.has(id)) note({ e: 'info', p, id, why: 'retry', conn: this.#connections })
        if (this.#open.has(id)) this.#open.set(id, true)
      },
      onUnknown: (id, code) => {
        if (!this.#open.has(id)) return
        this.#open.set(id, false)
        if (code === 'timeout') note({ e: 'info', p, id, why: 'timeout' })
        else note({ e: 'info', p, id, why: 'refused', code })
      },
      onOutcome: (outcome) => {
        const { id } = outcome
        // What was stopped may have been carried out: it stays unknown.
        if (outcome.status === 'rejected' && outcome.code === 'abandoned') return
        if (!this.#open.delete(id)) return
        if (outcome.status === 'rejected') note({ e: 'fail', p, id, code: outcome.code })
        else {
          const { conversation, stream, seq } = outcome
          note({ e: 'ok', p, id, conversation, stream, seq })
        }
      },
      onMessage: (message, conversation, stream) => {
        note({ e: 'seen', p, ...placedOf(message, conversation, stream) })
        this.#options.onMessage?.(this, message, conversation, stream)
      },
      onReset: (conversation) => {
        note({ e: 'reset', p, conversation })
      },
    }
  }

  /** What could not go out at once is in the history all the same: nobody waits less for that. */
  #made(): void {
    if (this.#draft !== undefined) this.#invoke(0)
  }

  #invoke(conn: number): void {
    const frame = this.#draft
    this.#draft = undefined
    if (frame === undefined) return
    this.#open.set(frame.id, conn > 0)
    const { id, conversation, epoch } = frame
    const stream = frame.type === 'send' ? (frame.stream ?? 'public') : 'public'
    this.#note({
      e: 'invoke',
      p: this.name,
      id,
      conn,
      hash: frame.type === 'send' ? hashOf(stream, frame.body) : 0,
      ...(conversation === undefined ? {} : { conversation }),
      stream,
      ...(epoch === undefined ? {} : { epoch }),
      ...(frame.type === 'send' ? {} : { command: frame.type }),
    })
  }

  #neverLeft(conversation: string | undefined, body: SentBody, stream: StreamName): void {
    const { clock, random } = this.#options
    const id = uuidv7(clock.now(), random)
    const place = conversation === undefined ? {} : { conversation }
    this.#note({ e: 'invoke', p: this.name, id, conn: 0, hash: hashOf(stream, body), stream, ...place })
    this.#note({ e: 'fail', p: this.name, id, code: 'outbox_full' })
  }

  #gone(plug: Plug, code: number): void {
    if (code === slowReader) this.cutForSlowness += 1
    if (plug !== this.#plug || !this.#up) return
    this.#up = false
    this.#note({ e: 'down', p: this.name, conn: this.#connections, code })
    for (const [id, answerable] of this.#open) {
      if (!answerable) continue
      this.#open.set(id, false)
      this.#note({ e: 'info', p: this.name, id, why: 'lost' })
    }
  }
}

const slowReader = 4413

function conversationOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/'))
}
