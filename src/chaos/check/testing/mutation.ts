import type { Random } from '../../load/random.ts'
import type { HistoryEntry, Invoke, Placed, Read, ReadEnd, Seen } from '../history.ts'
import type { Invariant } from '../verdict.ts'

/** What a broken system or a lying client would have left, made of a valid history; undefined where it has no place for it. */
export type Mutation = {
  readonly name: string
  readonly red: readonly Invariant[]
  readonly of: (history: History, random: Random) => History | undefined
}
export type History = readonly HistoryEntry[]
type Is<Kind extends HistoryEntry['e']> = Extract<HistoryEntry, { readonly e: Kind }>

/** Ids that no history has. */
export const fresh = '018bcfe5-6800-7000-8000-ffffffffffff'
const beyond = '018bcfe5-6800-7000-8000-eeeeeeeeeeee'

export function sent(p: string): Invoke {
  return { t: 0, p, e: 'invoke', id: beyond, conn: 0, hash: 1, stream: 'public' }
}

export function acked(p: string) {
  return { t: 0, p, e: 'ok', id: beyond } as const
}

export function of<Kind extends HistoryEntry['e']>(history: History, kind: Kind): readonly Is<Kind>[] {
  return history.filter((entry): entry is Is<Kind> => entry.e === kind)
}

/** What `reader` read back; `store` did, too. */
export function reads(history: History): readonly Read[] {
  return of(history, 'read').filter(({ p }) => p === 'reader')
}

export function ends(history: History): readonly ReadEnd[] {
  return of(history, 'read-end').filter(({ p }) => p === 'reader')
}

export function pick<T>(
  from: readonly T[],
  random: Random,
  may: (one: T) => boolean = () => true,
): T | undefined {
  const fitting = from.filter(may)
  return fitting[Math.floor(random() * fitting.length)]
}

export function without(history: History, gone: HistoryEntry): History {
  return history.filter((entry) => entry !== gone)
}

export function replaced(history: History, one: HistoryEntry, other: HistoryEntry): History {
  return history.map((entry) => (entry === one ? other : entry))
}

/** With the time of that place. */
export function before(history: History, phase: string, more: readonly HistoryEntry[]): History {
  const index = history.findIndex((entry) => entry.e === 'phase' && entry.phase === phase)
  const t = history[index]?.t ?? 0
  return history.toSpliced(index, 0, ...more.map((entry) => ({ ...entry, t })))
}

type Somewhere = { readonly conversation: string; readonly stream: string }
export function isSameStreamOf(one: Somewhere, other: Somewhere): boolean {
  return one.conversation === other.conversation && one.stream === other.stream
}

export function isSameStream(one: Seen, other: Seen): boolean {
  return one.p === other.p && isSameStreamOf(one, other)
}

export function headOf(history: History, one: Somewhere): number {
  return ends(history).find((end) => isSameStreamOf(end, one))?.head ?? 0
}

export function wasAcked(history: History, { conversation, stream }: ReadEnd, seq: number): boolean {
  const row = reads(history).find(
    (read) => isSameStreamOf(read, { conversation, stream }) && read.seq === seq,
  )
  return row?.event === undefined && of(history, 'ok').some(({ id }) => id === row?.id)
}

/** Both readings end one message sooner. */
export function withoutTail(history: History, last: ReadEnd): History {
  return history.flatMap((entry) => {
    if (entry.e === 'read' && isSameStreamOf(entry, last) && entry.seq === last.head) return []
    if (entry.e === 'read-end' && isSameStreamOf(entry, last)) return [{ ...entry, head: last.head - 1 }]
    return [entry]
  })
}

/** Both readings find one more row at the end of its stream. */
export function appended(history: History, row: Read): History {
  const seq = headOf(history, row) + 1
  return history.flatMap((entry) => {
    if (entry.e !== 'read-end' || !isSameStreamOf(entry, row)) return [entry]
    return [
      { ...row, t: entry.t, p: entry.p, seq },
      { ...entry, head: seq },
    ]
  })
}

export function everySighting(history: History, id: string, change: (entry: Placed) => Placed): History {
  return history.map((entry) =>
    (entry.e === 'seen' || entry.e === 'read') && entry.id === id ? { ...entry, ...change(entry) } : entry,
  )
}

/** Its reader is given what follows on the same connection, and it is not the reader's own. */
export function isBetween(history: History, seen: Seen): boolean {
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
export function isPlaced(history: History, seen: Seen): boolean {
  return history
    .slice(0, history.indexOf(seen))
    .some((entry) => entry.e === 'seen' && isSameStream(entry, seen))
}

export function resumesAfter(history: History, seen: Seen): boolean {
  return history.slice(history.indexOf(seen)).some((entry) => entry.e === 'up' && entry.p === seen.p)
}

export function hasAck(history: History, id: string): boolean {
  return of(history, 'ok').some((ok) => ok.id === id)
}

/** Never retracted, and sent by somebody. */
export function isIntact(history: History, id: string): boolean {
  const isSent = of(history, 'invoke').some((invoke) => invoke.id === id && invoke.command === undefined)
  return isSent && !reads(history).some((read) => read.id === id && read.retracted === true)
}

export function lastEpoch(history: History, change: Read | undefined): number {
  const epochs = reads(history).map((read) =>
    read.conversation === change?.conversation ? (read.event?.epoch ?? 0) : 0,
  )
  return Math.max(0, ...epochs)
}

export function isAfterAck(history: History, first: Invoke, second: Invoke): boolean {
  const ack = history.findIndex((entry) => entry.e === 'ok' && entry.id === first.id)
  return ack >= 0 && ack < history.indexOf(second)
}

export function sameReaders(history: History, one: string, other: string): boolean {
  const readers = (id: string): string =>
    of(history, 'seen')
      .flatMap((seen) => (seen.id === id ? [seen.p] : []))
      .toSorted()
      .join()
  return readers(one) === readers(other)
}

/** Somebody resumed right behind it. */
function isBoundary(history: History, { conversation, stream, seq }: Read): boolean {
  return of(history, 'up').some(({ after }) => after?.[`${conversation}/${stream}`] === seq)
}

/** Two neighbours that fit change places for everyone, where nobody was given either before both were sent. */
export function swapped(
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
    if (isBoundary(history, row)) return []
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
    }
  })
}
