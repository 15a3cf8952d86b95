import {
  appended,
  before,
  everySighting,
  fresh,
  lastEpoch,
  type Mutation,
  of,
  pick,
  reads,
  replaced,
  sent,
} from './mutation.ts'

/** Of the desk: who owns what, and how many. */
export const deskMutations: readonly Mutation[] = [
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
]
