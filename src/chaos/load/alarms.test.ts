import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Alarms } from './alarms.ts'

const users = 12

test('alarms ring once, in order of their instants, however often they were set and cleared before', () => {
  const change = fc.record({ user: fc.nat(users - 1), at: fc.option(fc.nat(1_000), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), fc.nat(1_000), (changes, now) => {
      const alarms = new Alarms(users)
      const expected = new Map<number, number>()
      for (const { user, at } of changes) {
        if (at === undefined) {
          alarms.clear(user)
          expected.delete(user)
        } else {
          alarms.set(user, at)
          expected.set(user, at)
        }
        expect(alarms.due).toBe(Math.min(...expected.values()))
      }
      const rung: [number, number][] = []
      alarms.ring(now, (user, at) => rung.push([user, at]))
      const due = [...expected].filter(([, at]) => at <= now)
      const byUser = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0]
      expect(rung.toSorted(byUser)).toEqual(due.toSorted(byUser))
      const instants = rung.map(([, at]) => at)
      expect(instants).toEqual(instants.toSorted((a, b) => a - b))
      expect(alarms.due).toBe(Math.min(...[...expected.values()].filter((at) => at > now)))
    }),
    { seed: 7 },
  )
})

test('what is set while others ring, for an instant that has passed, rings in the same call', () => {
  const alarms = new Alarms(2)
  alarms.set(0, 10)
  const rung: number[] = []
  alarms.ring(20, (user) => {
    rung.push(user)
    if (user === 0) {
      alarms.set(1, 20)
      alarms.set(0, 21)
    }
  })
  expect(rung).toEqual([0, 1])
  expect(alarms.due).toBe(21)
})
