import { encode, messageFrame } from '../../protocol/encode.ts'
import { sessionByHash } from '../access/credentials.ts'
import type { Delivered, Identity } from '../bus/wire.ts'
import type { Origin } from '../pipeline/stage.ts'
import type { Directory } from '../storage/store.ts'
import { Session } from './session.ts'

export type HubPorts = {
  readonly present: (identity: Identity) => void
  readonly absent: (identity: Identity) => void
  readonly directory: Directory
  readonly now: () => number
}

/** All live sessions of this worker, by identity; hands committed messages to those of their audience. */
export class Hub {
  readonly #ports: HubPorts
  readonly #sessions = new Map<string, readonly Session[]>()
  #agents = new Set<Session>()
  #recheck: Iterator<Session> | undefined

  constructor(ports: HubPorts) {
    this.#ports = ports
  }

  get size(): number {
    let count = 0
    for (const sessions of this.#sessions.values()) count += sessions.length
    return count
  }

  add(session: Session): void {
    const { id } = session.identity
    const others = this.#sessions.get(id)
    this.#keep(id, others === undefined ? [session] : [...others, session])
    if (session.caller.role === 'agent') this.#agents.add(session)
    if (others === undefined) this.#ports.present(session.identity)
  }

  remove(session: Session): void {
    const { id } = session.identity
    session.forgetHandles()
    session.peers = undefined
    this.#agents.delete(session)
    const left = (this.#sessions.get(id) ?? []).filter((other) => other !== session)
    if (left.length > 0) {
      this.#keep(id, left)
      return
    }
    if (this.#sessions.delete(id)) this.#ports.absent(session.identity)
  }

  /** `except` is the sender: its ack is its copy. */
  publish(message: Delivered, except?: Origin): void {
    const sender = except instanceof Session ? except : undefined
    let json: string | undefined
    for (const id of message.to) {
      const sessions = (id === sender?.caller.id ? sender.peers : undefined) ?? this.#sessions.get(id)
      if (sessions === undefined) continue
      for (const session of sessions) {
        if (session === except) continue
        json ??= messageFrame({
          conversation: message.conversation,
          stream: message.stream,
          seq: message.seq,
          id: message.id,
          from: message.from,
          bodyJson: message.body,
          at: message.at,
        })
        session.deliver(message, json)
      }
    }
  }

  relay(to: readonly string[], json: string): void {
    for (const id of to) for (const session of this.#sessions.get(id) ?? []) session.relay(json)
  }

  /** An agent's session, password or account ended somewhere: looks at its sessions again. */
  revoke(agent: string): void {
    for (const session of this.#sessions.get(agent) ?? []) this.#recheckOne(session)
  }

  /** Looks at the next `count` agents' sessions; a round is over all of them. Called so that a round takes 30 s. */
  recheck(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#recheck ??= this.#agents.values()
      const next = this.#recheck.next()
      if (next.done === true) {
        this.#recheck = undefined
        return
      }
      this.#recheckOne(next.value)
    }
  }

  get agents(): number {
    return this.#agents.size
  }

  /** Tells every session when to come back: spread over `spreadMs`, so that not all return in one second. */
  drain(spreadMs: number, random: () => number): void {
    for (const session of this.#all()) {
      session.write(encode({ type: 'drain', reconnect_after_ms: Math.round(random() * spreadMs) }))
    }
  }

  closeAll(code: number, reason: string): void {
    for (const session of this.#all()) session.close(code, reason)
  }

  #keep(id: string, sessions: readonly Session[]): void {
    this.#sessions.set(id, sessions)
    for (const session of sessions) session.peers = sessions
  }

  *#all(): Iterable<Session> {
    for (const sessions of this.#sessions.values()) yield* sessions
  }

  #recheckOne(session: Session): void {
    if (session.caller.role !== 'agent') return
    const live = sessionByHash(session.caller.tokenHash, this.#ports.directory, this.#ports.now())
    if (live === undefined || live.restricted) session.close(4401, 'the session ended')
  }
}
