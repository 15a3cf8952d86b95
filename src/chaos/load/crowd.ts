import { backoffMs } from '../../client/backoff.ts'
import { closeCodes } from '../../protocol/codes.ts'
import { type LeanAddress, type LeanHandler, LeanSocket } from '../user/lean.ts'
import { textFrame } from '../user/masked.ts'
import { Alarms } from './alarms.ts'
import type { Random } from './random.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * | stage      | what it waits for                                   | next                    |
 * |------------|-----------------------------------------------------|-------------------------|
 * | connecting | the upgrade                                         | greeting, or settling   |
 * | greeting   | `welcome`                                           | settling, or ready      |
 * | settling   | what else it needs: its conversation, missed pages  | ready                   |
 * | ready      | nothing                                             |                         |
 * | away       | its backoff, after a connection that was lost       | connecting              |
 * | gone       | nothing: the target told it not to come back        |                         |
 *
 * From the first three, and from ready, a lost connection leads to away, or to gone.
 */
export type Stage = 'connecting' | 'greeting' | 'settling' | 'ready' | 'away' | 'gone'

/** One user of a crowd. */
export type Member<User> = {
  /** Its place in this generator. */
  readonly number: number
  socket: LeanSocket<User> | undefined
  stage: Stage
  /** Connections lost since it was ready. */
  losses: number
  /** It was ready once. */
  known: boolean
  /** The target has asked it to come back so long after the end of this connection. */
  returnInMs: number | undefined
}

export type CrowdPorts<User> = {
  readonly addressOf: (user: User) => LeanAddress
  /** Undefined: the target expects no greeting, and `greeted` is called at once. */
  readonly hello: (user: User) => string | undefined
  readonly greeted: (user: User) => void
  readonly heard: (user: User, bytes: Buffer, start: number, end: number, now: number) => void
  /** The connection is gone; `again` when the user was ready and will be back. */
  readonly lost: (user: User, wasReady: boolean) => void
  /** Ready again after a loss. */
  readonly back: (user: User) => void
  /** Stands before each reason, as in `agent closed 1006`. */
  readonly reasonPrefix: string
}

/** No stage but ready and away may last longer than this. */
export const settleWithinMs = 10_000

/** Connections of one generator's visitors, or of its agents: who is lost comes back, as pages do, until the run is over. */
export class Crowd<User extends Member<User>> {
  readonly all: User[] = []
  /** Ready, and open. */
  connected = 0
  readonly #around: Surroundings
  readonly #ports: CrowdPorts<User>
  readonly #handler: LeanHandler<User>
  /** Of one that is away: when it comes back; of one on its way: when that has taken too long. */
  readonly #alarms: Alarms
  readonly #random: Random
  readonly #settled = new Map<User, () => void>()
  #left = false

  constructor(size: number, around: Surroundings, random: Random, ports: CrowdPorts<User>) {
    this.#around = around
    this.#ports = ports
    this.#random = random
    this.#alarms = new Alarms(size)
    this.#handler = {
      opened: (user) => {
        this.#opened(user)
      },
      text: (user, bytes, start, end) => {
        const now = around.now()
        ports.heard(user, bytes, start, end, now)
        if (now >= around.due()) around.advance(now)
      },
      closed: (user, code, reason) => {
        this.#closed(user, code, reason)
      },
    }
  }

  /** None is on its way, or waits to be: all are ready, or gone for good. Or nobody is there, and nobody is waited for. */
  get calm(): boolean {
    return this.connected === 0 || this.#alarms.due === Number.POSITIVE_INFINITY
  }

  /** Starts a user; `settled` is called when it is ready, or its first connection has failed. */
  enter(user: User, settled: () => void): void {
    this.all[user.number] = user
    this.#settled.set(user, settled)
    this.#connect(user)
  }

  /** It has what it needs. */
  ready(user: User): void {
    if (user.stage === 'ready') return
    const isBack = user.known
    user.known = true
    user.stage = 'ready'
    user.losses = 0
    this.connected += 1
    this.#alarms.clear(user.number)
    this.#settle(user)
    if (isBack) this.#ports.back(user)
  }

  /** Ends its connection at once, as a tunnel would; it comes back by itself. */
  cut(user: User): void {
    user.socket?.destroy(cutReason)
  }

  /** Lets come back whose time has come, and ends what has taken too long. */
  turn(now: number): void {
    if (this.#alarms.due <= now)
      this.#alarms.ring(now, (number) => {
        const user = this.all[number]
        if (user?.stage === 'away') this.#connect(user)
        else if (user?.stage !== 'ready')
          user?.socket?.destroy(`${waitedFor(user.stage)} within ${settleWithinMs} ms`)
      })
  }

  leave(): void {
    this.#left = true
    for (const user of this.all) {
      this.#alarms.clear(user.number)
      user.socket?.close()
    }
  }

  #connect(user: User): void {
    user.stage = 'connecting'
    this.#alarms.set(user.number, this.#around.now() + settleWithinMs)
    user.socket = new LeanSocket(user, this.#ports.addressOf(user), this.#handler)
  }

  #opened(user: User): void {
    user.stage = 'greeting'
    const hello = this.#ports.hello(user)
    if (hello === undefined) this.#ports.greeted(user)
    else user.socket?.send(textFrame(hello))
  }

  #closed(user: User, code: number, reason: string): void {
    const wasReady = user.stage === 'ready'
    user.socket = undefined
    if (this.#left) return
    if (wasReady) this.connected -= 1
    const { reasonPrefix } = this.#ports
    if (reason !== cutReason)
      this.#around.meter.noteReason(`${reasonPrefix}closed ${code}${reason === '' ? '' : `: ${reason}`}`)
    if (returns(code)) {
      user.stage = 'away'
      const inMs = user.returnInMs ?? backoffMs(user.losses, this.#bytes)
      this.#alarms.set(user.number, this.#around.now() + inMs)
      user.returnInMs = undefined
    } else {
      user.stage = 'gone'
      this.#alarms.clear(user.number)
    }
    this.#ports.lost(user, wasReady)
    user.losses += 1
    this.#settle(user)
  }

  #settle(user: User): void {
    const settled = this.#settled.get(user)
    this.#settled.delete(user)
    settled?.()
  }

  readonly #bytes = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => Math.floor(this.#random() * 256))
}

const cutReason = 'cut off on purpose'

function waitedFor(stage: Stage | undefined): string {
  if (stage === 'connecting') return 'no answer to the upgrade'
  return stage === 'greeting' ? 'no welcome' : 'not settled'
}

// A code that the protocol does not name says nothing against coming back.
function returns(code: number): boolean {
  const known = Object.entries(closeCodes).find(([name]) => Number(name) === code)?.[1]
  return known === undefined || known.reconnect === 'yes' || known.name === 'normal'
}
