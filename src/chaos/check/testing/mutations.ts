import type { Ok, Read, Seen } from '../history.ts'
import { deskMutations } from './desk-mutations.ts'
import {
  acked,
  appended,
  before,
  ends,
  everySighting,
  fresh,
  hasAck,
  headOf,
  isAfterAck,
  isBetween,
  isIntact,
  isPlaced,
  isSameStream,
  isSameStreamOf,
  type Mutation,
  of,
  pick,
  reads,
  replaced,
  resumesAfter,
  sent,
  swapped,
  wasAcked,
  without,
  withoutTail,
} from './mutation.ts'

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
      // The last acked one of its stream: that v1 is not given more is no matter then.
      const isLast = (one: Read): boolean =>
        !reads(history).some(
          (other) => isSameStreamOf(other, one) && other.seq > one.seq && hasAck(history, other.id),
        )
      const message = pick(
        reads(history),
        random,
        (one) => one.role === 'visitor' && one.from !== 'id-v1' && isLast(one),
      )
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
      if (from === undefined || resumesAfter(history, from)) return undefined
      return history.filter(
        (entry) => !(entry.e === 'seen' && isSameStream(entry, from) && entry.seq >= from.seq),
      )
    },
  },
  {
    name: 'drop the tail: a visitor is never given the last message',
    red: ['convergence'],
    of: (history, random) => {
      const seen = of(history, 'seen')
      const isLast = (one: Seen): boolean =>
        !seen.some((other) => isSameStream(other, one) && other.seq > one.seq) && !resumesAfter(history, one)
      const last = pick(
        seen,
        random,
        (one) =>
          one.p.startsWith('v') &&
          one.role === 'agent' &&
          isLast(one) &&
          hasAck(history, one.id) &&
          isPlaced(history, one),
      )
      return last && without(history, last)
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
  ...deskMutations,
]
