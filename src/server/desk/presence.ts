import type { Clock } from '../../core/clock.ts'
import type { Presence as PresenceState } from '../../protocol/frames.ts'
import type { Identity } from '../bus/wire.ts'
import { createWorkerSets, type WorkerSet } from './worker-sets.ts'

/**
 * Who is present on which worker.
 *
 * Absent is not offline. An identity without a session is `unknown` for a grace, since pages navigate, workers are
 * replaced and the writer itself restarts; only then is it `offline`. Whoever was never seen is `unknown` until the grace
 * after `createPresence` is over.
 *
 *   absent ──up──▶ online ──last session down──▶ unknown (navigation) ──┐
 *                    ▲  └──its last worker lost──▶ unknown (grace) ──────┼──▶ offline (forgotten)
 *                    └──────────────────up──────────────────────────────┘
 */
export type Presence = {
  /** First sessions on a worker; repeated ones do no harm. */
  readonly up: (worker: number, identities: readonly Identity[]) => void
  /** Last sessions on a worker that ended; unknown ids do no harm. */
  readonly down: (worker: number, ids: readonly string[]) => void
  /** All that is present on a worker that came (back): what is not in it went down with the lost link, with the grace of one. */
  readonly replace: (worker: number, identities: readonly Identity[]) => void
  readonly workerLost: (worker: number) => void
  /** The workers with a session of `id`. One map look-up; the array is shared and never changes. */
  readonly workersOf: (id: string) => WorkerSet
  readonly of: (id: string) => PresenceState
  /** How many identities are online. */
  readonly online: () => number
  readonly listen: (listener: PresenceListener) => void
  /** Takes the timer back; nothing changes by itself any more. */
  readonly stop: () => void
}

export type PresenceListener = {
  /** Also called when only the workers of an online identity changed. */
  readonly changed: (identity: Identity, presence: PresenceState, workers: WorkerSet) => void
  /** From here on, identities that were never seen are `offline`. */
  readonly graceEnded: () => void
}

export type PresenceOptions = {
  readonly clock: Clock
  /** After a start, and for a lost worker's identities. */
  readonly graceMs?: number
  /** After a normal last session down. */
  readonly navigationMs?: number
}

type Entry = {
  readonly identity: Identity
  workers: WorkerSet
  presence: 'online' | 'unknown'
  offlineAt: number
}
type Due = { readonly entry: Entry; readonly at: number }

/** Identities declared offline in one turn of the loop: a lost worker's thousands must not hold up a commit. */
const sliceSize = 500

export function createPresence({
  clock,
  graceMs = 30_000,
  navigationMs = 10_000,
}: PresenceOptions): Presence {
  const entries = new Map<string, Entry>()
  const sets = createWorkerSets()
  const listeners: PresenceListener[] = []
  const startGraceEnds = clock.monotonic() + graceMs
  // Each lane's delay is constant, so that each is in order of time by itself and one timer serves both.
  const graced = createLane()
  const navigating = createLane()
  let graceOver = false
  let stopped = false
  let timer: { readonly at: number; readonly cancel: () => void } | undefined
  let onlineCount = 0

  const tell = (entry: Entry, presence: PresenceState): void => {
    for (const listener of listeners) listener.changed(entry.identity, presence, entry.workers)
  }

  const add = (worker: number, identity: Identity): void => {
    let entry = entries.get(identity.id)
    if (entry === undefined) {
      entry = { identity, workers: sets.none, presence: 'unknown', offlineAt: 0 }
      entries.set(identity.id, entry)
    }
    const workers = sets.with(entry.workers, worker)
    if (workers === entry.workers) return
    entry.workers = workers
    if (entry.presence !== 'online') onlineCount++
    entry.presence = 'online'
    tell(entry, 'online')
  }

  const remove = (worker: number, entry: Entry, lane: Lane, delayMs: number): void => {
    const workers = sets.without(entry.workers, worker)
    if (workers === entry.workers) return
    entry.workers = workers
    if (workers.length > 0) {
      tell(entry, 'online')
      return
    }
    onlineCount--
    entry.presence = 'unknown'
    // Until the grace of the start is over nobody is offline: `of` could not tell this identity from one never seen.
    entry.offlineAt = Math.max(clock.monotonic() + delayMs, startGraceEnds)
    lane.push({ entry, at: entry.offlineAt })
    schedule()
    tell(entry, 'unknown')
  }

  const schedule = (): void => {
    if (stopped) return
    const at = Math.min(graced.nextAt(), navigating.nextAt(), graceOver ? Infinity : startGraceEnds)
    if (at === Infinity || (timer !== undefined && timer.at <= at)) return
    timer?.cancel()
    timer = { at, cancel: clock.after(Math.max(0, at - clock.monotonic()), turn) }
  }

  const turn = (): void => {
    timer = undefined
    const now = clock.monotonic()
    for (let budget = sliceSize; budget > 0; budget--) {
      const due = graced.shiftDue(now) ?? navigating.shiftDue(now)
      if (due === undefined) break
      expire(due)
    }
    if (!graceOver && now >= startGraceEnds) {
      graceOver = true
      for (const listener of listeners) listener.graceEnded()
    }
    schedule()
  }

  const expire = ({ entry, at }: Due): void => {
    // It came back meanwhile, or came back and left again: then a later deadline is in a lane.
    if (entry.presence === 'online' || entry.offlineAt !== at) return
    if (entries.get(entry.identity.id) !== entry) return
    entries.delete(entry.identity.id)
    tell(entry, 'offline')
  }

  schedule()
  return {
    up: (worker, identities) => {
      for (const identity of identities) add(worker, identity)
    },
    down: (worker, ids) => {
      for (const id of ids) {
        const entry = entries.get(id)
        if (entry !== undefined) remove(worker, entry, navigating, navigationMs)
      }
    },
    replace: (worker, identities) => {
      const present = new Set<string>()
      for (const identity of identities) present.add(identity.id)
      for (const entry of entries.values()) {
        if (!present.has(entry.identity.id)) remove(worker, entry, graced, graceMs)
      }
      for (const identity of identities) add(worker, identity)
    },
    workerLost: (worker) => {
      for (const entry of entries.values()) remove(worker, entry, graced, graceMs)
    },
    workersOf: (id) => entries.get(id)?.workers ?? sets.none,
    of: (id) => entries.get(id)?.presence ?? (graceOver ? 'offline' : 'unknown'),
    online: () => onlineCount,
    listen: (listener) => {
      listeners.push(listener)
    },
    stop: () => {
      stopped = true
      timer?.cancel()
      timer = undefined
    },
  }
}

type Lane = {
  readonly push: (due: Due) => void
  readonly nextAt: () => number
  readonly shiftDue: (now: number) => Due | undefined
}

/** A queue in order of time; its head moves by an index, and what was taken is cut off now and then. */
function createLane(): Lane {
  let waiting: Due[] = []
  let head = 0
  return {
    push: (due) => {
      waiting.push(due)
    },
    nextAt: () => waiting[head]?.at ?? Infinity,
    shiftDue: (now) => {
      const due = waiting[head]
      if (due === undefined || due.at > now) return undefined
      head++
      if (head === waiting.length) {
        waiting = []
        head = 0
      } else if (head >= 4_096) {
        waiting = waiting.slice(head)
        head = 0
      }
      return due
    },
  }
}
