import type { Random } from '../load/random.ts'
import type { HistoryEntry, Invoke, Ok, Placed, Read, ReadEnd, Seen } from './history.ts'
import type { Invariant } from './verdict.ts'

/** What a broken system or a lying client would have left, made of a valid history; undefined where it has no place for it. */
export type Mutation = {
  readonly name: string
  readonly red: readonly Invariant[]
  readonly of: (history: History, random: Random) => History | undefined
}
type History = readonly HistoryEntry[]
type Is<Kind extends HistoryEntry['e']> = Extract<HistoryEntry, { readonly e: Kind }>

export const mutations: readonly Mutation[] = [
  {
    name: 'drop: what was acked last is not in the store',
    red: ['no_acked_loss'],
    of: (history, random) => {
      const last = pick(ends(history), random, (end) => end.head > 0 && wasAcked(history, end, end.head))
      return last && withoutTail(history, last)
    },
  },
  {
    name: 'ack before commit: acked, and never stored',
    red: ['no_acked_loss'],
    of: (history, random) => {
      const end = pick(ends(history), random, ({ stream }) => stream === 'public')
      if (end === undefined) return undefined
      const { conversation, stream, head } = end
      return before(history, 'read-back', [
        sent('v1'),
        { ...acked('v1'), conversation, stream, seq: head + 1 },
      ])
    },
  },
  {
    name: 'duplicate: one message stands twice',
    red: ['no_duplicate'],
    of: (history, random) => {
      const message = pick(reads(history), random, ({ role }) => role === 'visitor')
      return message && appended(history, message)
    },
  },
  {
    name: 'a retry is answered with another ack',
    red: ['no_duplicate'],
    of: (history, random) => {
      const ok = pick(of(history, 'ok'), random)
      return ok && before(history, 'read-back', [{ ...ok, seq: 1_000 }])
    },
  },
  {
    name: 'a retry of what was acked is rejected',
    red: ['no_duplicate'],
    of: (history, random) => {
      const ok = pick(of(history, 'ok'), random)
      return ok && before(history, 'read-back', [{ t: 0, p: ok.p, e: 'fail', id: ok.id, code: 'filtered' }])
    },
  },
  {
    name: 'disagreement: one reader is given another event',
    red: ['agreement'],
    of: (history, random) => {
      const seen = pick(of(history, 'seen'), random, ({ role }) => role === 'system')
      return seen && replaced(history, seen, { ...seen, id: fresh })
    },
  },
  {
    name: 'hole: a live reader misses a message',
    red: ['gapless'],
    of: (history, random) => {
      const seen = pick(of(history, 'seen'), random, (entry) => isBetween(history, entry))
      return seen && without(history, seen)
    },
  },
  {
    name: 'a live reader is given a message again',
    red: ['gapless'],
    of: (history, random) => {
      const seen = pick(of(history, 'seen'), random)
      const index = seen === undefined ? -1 : history.indexOf(seen)
      return seen && history.toSpliced(index, 0, seen)
    },
  },
  {
    name: 'hole: the store is read back with one',
    red: ['gapless'],
    of: (history, random) => {
      const read = pick(reads(history), random, (entry) => entry.seq < headOf(history, entry))
      return read && without(history, read)
    },
  },
  {
    name: 'the store has less than its head says',
    red: ['gapless'],
    of: (history, random) => {
      const end = pick(ends(history), random)
      return end && replaced(history, end, { ...end, head: end.head + 1 })
    },
  },
  {
    name: 'reset over the budget',
    red: ['gapless'],
    of: (history, random) => {
      const seen = pick(of(history, 'seen'), random)
      return seen && before(history, 'read-back', [{ ...seen, e: 'reset' }])
    },
  },
  {
    name: 'swap: what was sent on one connection is stored the other way round',
    red: ['sender_order'],
    of: (history, random) =>
      swapped(history, random, (a, b) => a.p === b.p && a.conn === b.conn && !isAfterAck(history, a, b)),
  },
  {
    name: 'swap: what was sent after an ack stands before it',
    red: ['real_time_order'],
    of: (history, random) => swapped(history, random, (a, b) => a.p !== b.p && isAfterAck(history, a, b)),
  },
  {
    name: 'forge: a message that nobody sent',
    red: ['no_phantom'],
    of: (history, random) => {
      const message = pick(reads(history), random, ({ role }) => role === 'visitor')
      return message && appended(history, { ...message, id: fresh })
    },
  },
  {
    name: 'forge: another text than was sent',
    red: ['no_phantom'],
    of: (history, random) => {
      const message = pick(
        reads(history),
        random,
        ({ id, event }) => isIntact(history, id) && event === undefined,
      )
      return message && everySighting(history, message.id, (entry) => ({ ...entry, hash: 7 }))
    },
  },
  {
    name: 'forge: another sender',
    red: ['no_phantom'],
    of: (history, random) => {
      const message = pick(reads(history), random, ({ role }) => role === 'visitor')
      return message && everySighting(history, message.id, (entry) => ({ ...entry, from: 'id-v9' }))
    },
  },
  {
    name: 'phantom: definitely rejected, and stored',
    red: ['no_phantom'],
    of: (history, random) => {
      // Its sender was given it: or it would miss what its ack delivered.
      const isGiven = (ok: Ok): boolean => of(history, 'seen').some(({ p, id }) => p === ok.p && id === ok.id)
      const ok = pick(of(history, 'ok'), random, (one) => one.p.startsWith('v') && isGiven(one))
      if (ok === undefined) return undefined
      const last = history.findLast((entry) => entry.e === 'ok' && entry.id === ok.id)
      return history.flatMap((entry) => {
        if (entry.e !== 'ok' || entry.id !== ok.id) return [entry]
        return entry === last ? [{ t: ok.t, p: ok.p, e: 'fail', id: ok.id, code: 'filtered' } as const] : []
      })
    },
  },
  {
    name: 'phantom: a visitor is given what another wrote',
    red: ['no_phantom'],
    of: (history, random) => {
      const message = pick(reads(history), random, ({ role, from }) => role === 'visitor' && from !== 'id-v1')
      return message && before(history, 'read-back', [{ ...message, e: 'seen', p: 'v1' }])
    },
  },
  {
    name: 'phantom: an ack of what nobody sent',
    red: ['no_phantom'],
    of: (history, random) => {
      const ok = pick(of(history, 'ok'), random)
      return ok && before(history, 'read-back', [{ ...ok, id: fresh }])
    },
  },
  {
    name: 'double owner: a second one in the same epoch',
    red: ['one_owner'],
    of: (history, random) => {
      const change = pick(reads(history), random, ({ event }) => event?.kind === 'assigned')
      const event = {
        kind: 'assigned',
        epoch: lastEpoch(history, change),
        owner: 'id-a9',
        load: 1,
        capacity: 5,
      } as const
      return change && appended(history, { ...change, id: fresh, from: 'desk', role: 'system', event })
    },
  },
  {
    name: 'stale epoch: an agent writes under an old one',
    red: ['one_owner'],
    of: (history, random) => {
      const stored = new Set(reads(history).map(({ id }) => id))
      const invoke = pick(
        of(history, 'invoke'),
        random,
        ({ id, epoch }) => epoch !== undefined && stored.has(id),
      )
      return invoke && replaced(history, invoke, { ...invoke, epoch: (invoke.epoch ?? 0) + 1 })
    },
  },
  {
    name: 'skipped fence: who does not own it writes',
    red: ['one_owner'],
    of: (history, random) => {
      const change = pick(reads(history), random, ({ conversation, event, p }) => {
        const end = of(history, 'read-end').find((one) => one.conversation === conversation && one.p === p)
        return event !== undefined && end?.owner !== 'id-a1'
      })
      if (change === undefined) return undefined
      const { event: _, ...row } = change
      const message = { ...row, id: fresh, from: 'id-a1', role: 'agent', hash: 1 } as const
      return appended(before(history, 'read-back', [{ ...sent('a1'), id: fresh }]), message)
    },
  },
  {
    name: 'over capacity: the assignment says so',
    red: ['capacity'],
    of: (history, random) => {
      const change = pick(reads(history), random, ({ event }) => event?.load !== undefined)
      return (
        change &&
        everySighting(history, change.id, (entry) => ({
          ...entry,
          ...(entry.event && { event: { ...entry.event, load: (entry.event.capacity ?? 0) + 1 } }),
        }))
      )
    },
  },
  {
    name: 'over capacity: by a capacity that nobody set',
    red: ['capacity'],
    of: (history, random) => {
      const change = pick(reads(history), random, ({ event }) => event?.load !== undefined)
      return (
        change &&
        everySighting(history, change.id, (entry) => ({
          ...entry,
          ...(entry.event && { event: { ...entry.event, capacity: 99 } }),
        }))
      )
    },
  },
  {
    name: 'memory grows',
    red: ['bounded_memory'],
    of: (history) => {
      const last = of(history, 'sample').at(-1)
      return last && replaced(history, last, { ...last, rssBytes: last.rssBytes + 5_000 })
    },
  },
  {
    name: 'the queue stays long',
    red: ['convergence'],
    of: (history) =>
      history.map((entry) => (entry.e === 'sample' && entry.t > 100 ? { ...entry, queued: 9 } : entry)),
  },
  {
    name: 'orphan: assigned to nobody',
    red: ['convergence'],
    of: (history, random) => {
      const end = pick(of(history, 'read-end'), random, ({ state }) => state === 'assigned')
      return end && replaced(history, end, { ...end, owner: null })
    },
  },
  {
    name: 'drop the tail: a visitor is never given what was acked before healing',
    red: ['convergence'],
    of: (history, random) => {
      const healed = history.findIndex(({ e }) => e === 'healed')
      const isOld = ({ id }: Seen): boolean =>
        history.some((entry, i) => i < healed && entry.e === 'ok' && entry.id === id)
      const isVisitors = ({ p, role }: Seen): boolean => p.startsWith('v') && role === 'agent'
      const from = pick(
        of(history, 'seen'),
        random,
        (one) => history.indexOf(one) > healed && isVisitors(one) && isOld(one) && isPlaced(history, one),
      )
      const isCut =
        from === undefined ||
        history.slice(history.indexOf(from)).some((entry) => entry.e === 'up' && entry.p === from.p)
      if (from === undefined || isCut) return undefined
      return history.filter(
        (entry) => !(entry.e === 'seen' && isSameStream(entry, from) && entry.seq >= from.seq),
      )
    },
  },
  {
    name: 'false ack: of what was first sent while the store could not commit',
    red: ['no_false_ack'],
    of: (history, random) => {
      const [from, to] = [
        history.findIndex(({ e }) => e === 'verified'),
        history.findIndex(({ e }) => e === 'healing'),
      ]
      const lines = new Map(of(history, 'invoke').map((invoke) => [invoke.id, history.indexOf(invoke)]))
      const isInOrder = (ok: Ok): boolean =>
        reads(history).every(
          (read) => !isSameStreamOf(read, ok) || read.seq >= ok.seq || (lines.get(read.id) ?? 0) < to,
        )
      const ok = pick(of(history, 'ok'), random, (one) => {
        const line = lines.get(one.id) ?? 0
        return line > from && line < to && isInOrder(one)
      })
      return ok && history.toSpliced(to, 0, ok)
    },
  },
]

const fresh = '018bcfe5-6800-7000-8000-ffffffffffff'
const beyond = '018bcfe5-6800-7000-8000-eeeeeeeeeeee'

function sent(p: string): Invoke {
  return { t: 0, p, e: 'invoke', id: beyond, conn: 0, hash: 1, stream: 'public' }
}

function acked(p: string) {
  return { t: 0, p, e: 'ok', id: beyond } as const
}

function of<Kind extends HistoryEntry['e']>(history: History, kind: Kind): readonly Is<Kind>[] {
  return history.filter((entry): entry is Is<Kind> => entry.e === kind)
}

/** What `reader` read back; `store` did, too. */
function reads(history: History): readonly Read[] {
  return of(history, 'read').filter(({ p }) => p === 'reader')
}

function ends(history: History): readonly ReadEnd[] {
  return of(history, 'read-end').filter(({ p }) => p === 'reader')
}

function pick<T>(from: readonly T[], random: Random, may: (one: T) => boolean = () => true): T | undefined {
  const fitting = from.filter(may)
  return fitting[Math.floor(random() * fitting.length)]
}

function without(history: History, gone: HistoryEntry): History {
  return history.filter((entry) => entry !== gone)
}

function replaced(history: History, one: HistoryEntry, other: HistoryEntry): History {
  return history.map((entry) => (entry === one ? other : entry))
}

/** With the time of that place. */
function before(history: History, phase: string, more: readonly HistoryEntry[]): History {
  const index = history.findIndex((entry) => entry.e === 'phase' && entry.phase === phase)
  const t = history[index]?.t ?? 0
  return history.toSpliced(index, 0, ...more.map((entry) => ({ ...entry, t })))
}

type Somewhere = { readonly conversation: string; readonly stream: string }
function isSameStreamOf(one: Somewhere, other: Somewhere): boolean {
  return one.conversation === other.conversation && one.stream === other.stream
}

function isSameStream(one: Seen, other: Seen): boolean {
  return one.p === other.p && isSameStreamOf(one, other)
}

function headOf(history: History, one: Somewhere): number {
  return ends(history).find((end) => isSameStreamOf(end, one))?.head ?? 0
}

function wasAcked(history: History, { conversation, stream }: ReadEnd, seq: number): boolean {
  const row = reads(history).find(
    (read) => isSameStreamOf(read, { conversation, stream }) && read.seq === seq,
  )
  return row?.event === undefined && of(history, 'ok').some(({ id }) => id === row?.id)
}

/** Both readings end one message sooner. */
function withoutTail(history: History, last: ReadEnd): History {
  return history.flatMap((entry) => {
    if (entry.e === 'read' && isSameStreamOf(entry, last) && entry.seq === last.head) return []
    if (entry.e === 'read-end' && isSameStreamOf(entry, last)) return [{ ...entry, head: last.head - 1 }]
    return [entry]
  })
}

/** Both readings find one more row at the end of its stream. */
function appended(history: History, row: Read): History {
  const seq = headOf(history, row) + 1
  return history.flatMap((entry) => {
    if (entry.e !== 'read-end' || !isSameStreamOf(entry, row)) return [entry]
    return [
      { ...row, t: entry.t, p: entry.p, seq },
      { ...entry, head: seq },
    ]
  })
}

function everySighting(history: History, id: string, change: (entry: Placed) => Placed): History {
  return history.map((entry) =>
    (entry.e === 'seen' || entry.e === 'read') && entry.id === id ? { ...entry, ...change(entry) } : entry,
  )
}

/** Its reader is given what follows on the same connection, and it is not the reader's own. */
function isBetween(history: History, seen: Seen): boolean {
  const index = history.indexOf(seen)
  const isOwn = history.some((entry) => entry.e === 'invoke' && entry.id === seen.id && entry.p === seen.p)
  if (isOwn || !seen.p.startsWith('v') || !isPlaced(history, seen)) return false
  const next = history
    .slice(index + 1)
    .find(
      (entry) =>
        entry.p === seen.p && (entry.e === 'up' || (entry.e === 'seen' && isSameStream(entry, seen))),
    )
  return next?.e === 'seen'
}

/** Its reader stood somewhere in the stream before. */
function isPlaced(history: History, seen: Seen): boolean {
  return history
    .slice(0, history.indexOf(seen))
    .some((entry) => entry.e === 'seen' && isSameStream(entry, seen))
}

/** Never retracted, and sent by somebody. */
function isIntact(history: History, id: string): boolean {
  const isSent = of(history, 'invoke').some((invoke) => invoke.id === id && invoke.command === undefined)
  return isSent && !reads(history).some((read) => read.id === id && read.retracted === true)
}

function lastEpoch(history: History, change: Read | undefined): number {
  const epochs = reads(history).map((read) =>
    read.conversation === change?.conversation ? (read.event?.epoch ?? 0) : 0,
  )
  return Math.max(0, ...epochs)
}

function isAfterAck(history: History, first: Invoke, second: Invoke): boolean {
  const ack = history.findIndex((entry) => entry.e === 'ok' && entry.id === first.id)
  return ack >= 0 && ack < history.indexOf(second)
}

function sameReaders(history: History, one: string, other: string): boolean {
  const readers = (id: string): string =>
    of(history, 'seen')
      .flatMap((seen) => (seen.id === id ? [seen.p] : []))
      .toSorted()
      .join()
  return readers(one) === readers(other)
}

/** Two neighbours that fit change places for everyone, where nobody was given either before both were sent. */
function swapped(
  history: History,
  random: Random,
  fits: (a: Invoke, b: Invoke) => boolean,
): History | undefined {
  const invokes = new Map(of(history, 'invoke').map((invoke) => [invoke.id, invoke]))
  const rows = reads(history)
  const pairs = rows.flatMap((row, i) => {
    const next = rows[i + 1]
    const [a, b] = [invokes.get(row.id), invokes.get(next?.id ?? '')]
    if (next === undefined || a === undefined || b === undefined || !isSameStreamOf(row, next)) return []
    if ([row, next].some(({ event, retracted }) => event !== undefined || retracted)) return []
    if (a.conn === 0 || b.conn === 0 || !sameReaders(history, row.id, next.id)) return []
    const isEarly = history
      .slice(0, history.indexOf(b))
      .some((entry) => entry.e === 'seen' && isSameStreamOf(entry, row) && entry.seq === row.seq)
    return !isEarly && fits(a, b) ? [{ row, next }] : []
  })
  const pair = pick(pairs, random)
  if (pair === undefined) return undefined
  const { row, next } = pair
  return history.map((entry) => {
    if (!('id' in entry) || !('seq' in entry) || (entry.id !== row.id && entry.id !== next.id)) return entry
    const other = entry.id === row.id ? next : row
    if (entry.e === 'ok') return { ...entry, seq: other.seq }
    // A reader's seqs stay where they are; what stands there changes.
    const { id, from, role, hash } = other
    const { retracted: _, ...rest } = entry
    return {
      ...rest,
      id,
      from,
      role,
      hash,
      ...(other.retracted && { retracted: other.retracted }),
    } as HistoryEntry
  })
}
