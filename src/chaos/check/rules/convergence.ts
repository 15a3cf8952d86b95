import type { Client, Cursor } from '../client.ts'
import type { Stream } from '../places.ts'
import { Findings, type MakeRule } from '../rule.ts'

/**
 * So long after everything was healed the queue has been as short as in the baseline, and every connected visitor was given
 * all that had been acked before the healing; read back, an assigned conversation has an owner and a queued one has none.
 * A fault that comes sooner puts it off. Without faults, what counts is the start of the recovery. At the end of the run every
 * connected visitor was given all that had been acked before the drain: a lost last message leaves no hole.
 */
export const convergence: MakeRule = (ledger, { convergeWithinMs }) => {
  const found = new Findings()
  const active = new Map<number, { readonly fault: string; readonly line: number }>()
  let phase = ''
  let queuedBefore = 0
  /** The last healing, until it was looked at. */
  let healing: Healing | undefined
  let drain: Healing | undefined
  let last: { readonly healing: Healing; readonly early: boolean; readonly readers: number } | undefined
  let checked = 0
  let states = 0
  const mark = (t: number, line: number): Healing => {
    ledger.mark()
    return { t, line, queue: undefined }
  }

  return {
    invariant: 'convergence',
    tick: (t, line) => {
      if (healing !== undefined && t >= healing.t + convergeWithinMs - slackMs)
        lookAtRecovery(healing, false, line)
    },
    fault: (entry, at) => {
      if (entry.e === 'inject') {
        active.set(entry.n, { fault: `${entry.fault} on ${entry.on}`, line: at.line })
        healing = undefined
      } else if (entry.e === 'healed') {
        active.delete(entry.n)
        if (active.size === 0) healing = mark(entry.t, at.line)
      }
    },
    phase: (entry, at) => {
      phase = entry.phase
      if (phase === 'recovery' && active.size === 0 && ledger.marks === 0) healing = mark(entry.t, at.line)
      const isOver = phase === 'drain' || phase === 'read-back' || phase === 'end'
      if (isOver && healing !== undefined) lookAtRecovery(healing, true, at.line)
      if (phase === 'drain' && active.size === 0) drain = mark(entry.t, at.line)
      if (phase === 'end' && drain !== undefined && entry.t >= drain.t + idleMs)
        lookAtReaders(drain, false, 'at the end, idle for long', at.line)
    },
    sample: (entry, at) => {
      const { queued } = entry
      if (queued === undefined) return
      if (phase === 'baseline') queuedBefore = Math.max(queuedBefore, queued)
      if (healing === undefined || healing.queue?.routed === true) return
      healing.queue = { queued, line: at.line, routed: queued <= queuedBefore }
    },
    readEnd: (entry, at) => {
      if (entry.stream !== 'public' || entry.state === undefined) return
      states += 1
      const owned = entry.owner !== undefined && entry.owner !== null
      if (entry.state === 'assigned' && !owned)
        found.add(() => `${entry.conversation} is assigned, and to nobody`, at.line)
      if (entry.state === 'queued' && owned)
        found.add(() => `${entry.conversation} waits in the queue, and ${entry.owner ?? ''} owns it`, at.line)
    },
    judge: () => ({ checked: checked + states, found, doubts: doubts() }),
  }

  function lookAtRecovery(now: Healing, early: boolean, line: number): void {
    healing = undefined
    const readers = lookAtReaders(now, early, `${convergeWithinMs} ms after healing`, line)
    const { queue } = now
    if (queue !== undefined && !early) {
      checked += 1
      if (!queue.routed)
        found.add(
          () =>
            `${queue.queued} conversations wait ${convergeWithinMs} ms after healing, at most ${queuedBefore} did before`,
          now.line,
          queue.line,
        )
    }
    last = { healing: now, early, readers }
  }

  /** How many were there. */
  function lookAtReaders(since: Healing, early: boolean, when: string, line: number): number {
    let readers = 0
    for (const client of ledger.clients) {
      if (client.role !== 'visitor' || !client.connected) continue
      readers += 1
      for (const [stream, cursor] of client.cursors) {
        if (cursor.generation !== client.generation) continue
        checked += 1
        const missing = firstMissing(client, stream, cursor)
        if (missing === undefined || early) continue
        found.add(
          () =>
            `${client.name} stands at ${String(stream)} seq ${cursor.seq} ${when}, and seq ${missing} was acked before`,
          since.line,
          cursor.line,
          line,
        )
      }
    }
    return readers
  }

  /** Of what was acked before the mark and is not the reader's own. */
  function firstMissing(client: Client, stream: Stream, cursor: Cursor): number | undefined {
    const until = ledger.ackedBeforeMark(stream)
    for (let seq = cursor.seq + 1; seq <= until; seq++) {
      const place = ledger.places.find(stream, seq)
      if (place < 0) continue
      if (ledger.messages.client[ledger.places.messageAt(place)] !== client.index) return seq
    }
    return undefined
  }

  function doubts(): readonly string[] {
    const left = [...active.values()].map(({ fault }) => `${fault} was not healed`)
    if (left.length > 0) return left
    if (last === undefined) return ['there was no recovery to look at']
    return [
      ...(last.early ? [`it was over sooner than ${convergeWithinMs} ms after the last healing`] : []),
      ...(last.readers === 0 ? ['no visitor was connected after the last healing'] : []),
      ...(last.healing.queue === undefined ? ['no sample tells how many waited after the last healing'] : []),
      ...(states === 0 ? ['no state of a conversation was read back'] : []),
    ]
  }
}

/** The drain is idle at its end; nothing acked before it may be on its way by then. */
const idleMs = 1_500
/** A recovery that is as long as this takes may end a timer's breadth before it. */
const slackMs = 10

type Healing = {
  readonly t: number
  readonly line: number
  queue: { readonly queued: number; readonly line: number; readonly routed: boolean } | undefined
}
