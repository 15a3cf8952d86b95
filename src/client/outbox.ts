import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'
import { backoffMs } from './backoff.ts'
import type { OutboxLock, OutboxStorage, PendingMessage } from './contract.ts'
import { type Entry, fresh, type Laned, pendingOf } from './outbox-entry.ts'
import { OutboxStore } from './outbox-store.ts'

/**
 * What was said and not yet answered, in lanes: the sends of one conversation (for a visitor: all) keep their order, and wait
 * for a command before them.
 *
 * | entry   | event                                   | next                                                     |
 * |---------|-----------------------------------------|----------------------------------------------------------|
 * | waiting | ready, lane not paused, window open     | sent                                                     |
 * | sent    | ack, or its message in a frame or page  | gone                                                     |
 * | sent    | definite error                          | failed (a command: gone)                                 |
 * | sent    | unknown error, 10 s without an answer   | waiting, with all later ones of its lane; lane paused    |
 * | sent    | connection lost                         | waiting                                                  |
 * | failed  | discard                                 | gone                                                     |
 *
 * An ack also settles a waiting entry (a late answer). Resending is safe: the id is the same, and the server dedupes.
 * NOTE: after a refusal the server answers `busy` on this connection until the refused id comes again, and a copy may still be
 * refused when another was acked or the message itself came. So what is settled while copies are unanswered, or while it is
 * refused, stays unseen (`told`): if refused, it goes once more. It leaves with its last answer, after 10 s, or with the
 * connection.
 */
export type OutboxOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly limit: number
  readonly laneOf: (frame: Laned) => string
  /** Puts a frame on the wire; false when there is none. */
  readonly transmit: (entry: Entry) => boolean
  /** Nothing came for 10 s after a send. */
  readonly onTimeout: (id: string) => void
  readonly onChange: () => void
  readonly storage?: OutboxStorage | undefined
  readonly lock?: OutboxLock | undefined
}

const answerWithinMs = 10_000
/** Sends on their way in one lane; the server's own queues are bounded too. */
const laneWindow = 16

type Lane = { failures: number; pausedUntil: number; cancel: () => void }

export class Outbox {
  readonly #options: OutboxOptions
  readonly #store: OutboxStore | undefined
  /** In the order they were made; a Map keeps it, and an update keeps the place. */
  readonly #entries = new Map<string, Entry>()
  readonly #lanes = new Map<string, Lane>()
  #deadline: (() => void) | undefined
  #release: (() => void) | undefined
  #pending: readonly PendingMessage[] | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
    const { storage, laneOf } = options
    this.#store = storage === undefined ? undefined : new OutboxStore(storage, laneOf)
  }

  /** Takes the stored entries over, as soon as the lock allows; the sooner made go first. */
  open(): void {
    const store = this.#store
    if (store === undefined || this.#release !== undefined) return
    this.#release = noop
    const { lock } = this.#options
    if (lock === undefined) this.#adopt(store)
    else this.#release = lock(() => this.#adopt(store))
  }

  /** Stops the clocks and leaves the stored outbox to another tab. */
  close(): void {
    this.down()
    for (const lane of this.#lanes.values()) lane.cancel()
    this.#lanes.clear()
    this.#release?.()
    this.#release = undefined
  }

  get full(): boolean {
    return this.#entries.size >= this.#options.limit
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id)
  }

  add(frame: Laned): void {
    const lane = this.#options.laneOf(frame)
    const made = this.#options.clock.now()
    this.#entries.set(frame.id, { ...fresh, id: frame.id, lane, frame, made, status: 'waiting' })
    this.#changed(frame.type === 'send')
    this.pump()
  }

  /**
   * The server's definite yes, by an ack or (`ack` false) by the message itself; the entry leaves. Returned is what is news
   * by it.
   */
  settle(id: string, ack: boolean): Entry | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const copies = ack ? Math.max(0, entry.copies - 1) : entry.copies
    const refused = entry.refused && !ack
    if (copies === 0 && !refused) this.#remove(id)
    else
      this.#entries.set(id, {
        ...entry,
        copies,
        refused,
        told: true,
        status: refused ? entry.status : 'sent',
      })
    const lane = this.#lanes.get(entry.lane)
    if (lane !== undefined) lane.failures = 0
    return this.#concluded(entry)
  }

  /** The server's definite no: a send stays to be seen, a command leaves. */
  reject(id: string, error: { readonly code: string; readonly message: string }): Entry | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.status === 'failed') return undefined
    if (entry.frame.type === 'send' && !entry.told)
      this.#entries.set(id, { ...entry, status: 'failed', copies: 0, refused: false, error })
    else this.#remove(id)
    return this.#concluded(entry)
  }

  /**
   * Nobody knows: this one and all behind it in its lane go again, after `retryAfterMs` or a backoff. `refused`: the server
   * said so, not the clock.
   */
  unknown(id: string, retryAfterMs: number | undefined, refused: boolean): boolean {
    const found = this.#entries.get(id)
    if (found === undefined) return false
    const entry = refused ? { ...found, copies: Math.max(0, found.copies - 1) } : found
    this.#entries.set(id, entry)
    if (entry.status !== 'sent') return false
    let behind = false
    for (const other of this.#entries.values()) {
      if (other.id === id) behind = true
      if (behind && other.lane === entry.lane && other.status === 'sent') this.#wait(other)
    }
    if (refused) this.#entries.set(id, { ...entry, status: 'waiting', refused })
    this.#pause(entry.lane, retryAfterMs)
    this.#changed(false)
    return true
  }

  /** The connection is gone, and with it every answer on its way. */
  down(): void {
    for (const entry of this.#entries.values()) {
      if (entry.told) this.#remove(entry.id)
      else if (entry.status !== 'failed') this.#wait({ ...entry, copies: 0, refused: false })
    }
    this.#deadline?.()
    this.#deadline = undefined
    this.#changed(false)
  }

  discard(id: string): Entry | undefined {
    const entry = this.#entries.get(id)
    if (entry?.status !== 'failed') return undefined
    this.#remove(id)
    this.#changed(true)
    return entry
  }

  /** Takes all commands out; they are worth nothing later. */
  dropCommands(): readonly Entry[] {
    const commands = [...this.#entries.values()].filter((entry) => entry.frame.type !== 'send')
    for (const { id } of commands) this.#remove(id)
    return commands
  }

  /** Sends what may be sent, in order. */
  pump(): void {
    const closed = new Set<string>()
    const inFlight = new Map<string, number>()
    const now = this.#options.clock.monotonic()
    for (const entry of this.#entries.values()) {
      const { lane } = entry
      if (entry.status === 'failed') continue
      const flying = inFlight.get(lane) ?? 0
      inFlight.set(lane, flying + 1)
      const [isOut, wasClosed] = [entry.status === 'sent', closed.has(lane)]
      // The desk carries commands out in its own time: what is said behind one must not overtake it.
      if (entry.frame.type !== 'send') closed.add(lane)
      if (isOut || wasClosed) continue
      const sent = {
        ...entry,
        status: 'sent',
        attempt: entry.attempt + 1,
        copies: entry.copies + 1,
        sentAt: now,
      } as const
      const open = flying < laneWindow && (this.#lanes.get(lane)?.pausedUntil ?? 0) <= now
      if (open && this.#options.transmit(sent)) {
        this.#entries.set(entry.id, sent)
        this.#changed(false)
      } else closed.add(lane)
    }
    this.#watch()
  }

  /** Sends as a page shows them. */
  pending(): readonly PendingMessage[] {
    this.#pending ??= [...this.#entries.values()].flatMap((entry) => pendingOf(entry))
    return this.#pending
  }

  #concluded(entry: Entry): Entry | undefined {
    this.#changed(entry.frame.type === 'send')
    this.pump()
    return entry.told ? undefined : entry
  }

  #wait(entry: Entry): void {
    this.#entries.set(entry.id, { ...entry, status: 'waiting' })
  }

  #pause(name: string, retryAfterMs: number | undefined): void {
    const { clock, random } = this.#options
    const lane = this.#lanes.get(name) ?? { failures: 0, pausedUntil: 0, cancel: noop }
    this.#lanes.set(name, lane)
    const delay = retryAfterMs ?? backoffMs(lane.failures, random)
    lane.failures++
    lane.cancel()
    lane.pausedUntil = clock.monotonic() + delay
    // NOTE: a timer may fire a fraction of a millisecond before its time by the clock: it ends the pause, whatever the clock says.
    lane.cancel = clock.after(delay, () => {
      lane.pausedUntil = 0
      this.pump()
    })
  }

  /** One timer for the oldest send on its way. */
  #watch(): void {
    if (this.#deadline !== undefined) return
    const oldest = this.#oldestSent()
    if (oldest === undefined) return
    const { clock } = this.#options
    this.#deadline = clock.after(Math.max(0, oldest.sentAt + answerWithinMs - clock.monotonic()), () => {
      this.#deadline = undefined
      const late = this.#oldestSent()
      if (late !== undefined && clock.monotonic() - late.sentAt >= answerWithinMs) this.#late(late)
      this.pump()
    })
  }

  #late({ id, told, refused }: Entry): void {
    if (told && !refused) {
      this.#remove(id)
      return
    }
    this.unknown(id, 0, false)
    this.#options.onTimeout(id)
  }

  #oldestSent(): Entry | undefined {
    let oldest: Entry | undefined
    for (const entry of this.#entries.values()) {
      if (entry.status === 'sent' && (oldest === undefined || entry.sentAt < oldest.sentAt)) oldest = entry
    }
    return oldest
  }

  /** The stored ones were made before; those of this tab keep their state. */
  #adopt(store: OutboxStore): void {
    const own = [...this.#entries.values()]
    this.#entries.clear()
    for (const entry of store.load()) this.#entries.set(entry.id, entry)
    for (const entry of own) this.#entries.set(entry.id, entry)
    this.#changed(true)
    this.pump()
  }

  #remove(id: string): void {
    this.#entries.delete(id)
    this.#store?.gone(id)
  }

  #changed(save: boolean): void {
    this.#pending = undefined
    if (save) this.#store?.save(this.#entries)
    this.#options.onChange()
  }
}

function noop(): void {}
