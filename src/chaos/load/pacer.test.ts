import { expect, test } from 'vitest'
import { Pacer } from './pacer.ts'
import { seededRandom } from './random.ts'

type Sent = { readonly user: number; readonly intended: number; readonly at: number }

function run(pacer: Pacer, times: readonly number[]): readonly Sent[] {
  const sent: Sent[] = []
  for (const at of times) {
    pacer.advance(at, (user, intended) => sent.push({ user, intended, at }))
  }
  return sent
}

const everyMs = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i + 1)

test('each user sends at the mean rate, and never before its instant', () => {
  const pacer = new Pacer(500, 2_000, seededRandom(7))
  pacer.start(100)
  const sent = run(pacer, everyMs(100, 60_100))
  expect(sent.every(({ intended, at }) => intended <= at && at - intended < 2)).toBe(true)
  // 500 users for 60 s at one message per 2 s: 15,000, give or take four standard deviations of a Poisson count.
  expect(Math.abs(sent.length - 15_000)).toBeLessThan(490)
})

test('intervals are exponential: as spread out as they are long', () => {
  const pacer = new Pacer(1, 50, seededRandom(11))
  pacer.start(0)
  const sent = run(pacer, everyMs(0, 200_000))
  const gaps = sent.slice(1).map(({ intended }, i) => intended - (sent[i]?.intended ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  expect(Math.abs(mean - 50)).toBeLessThan(4)
  expect(Math.abs(deviation / mean - 1)).toBeLessThan(0.08)
})

test('a stall loses no instant: all are handed out late, with the time they were meant for', () => {
  const steady = new Pacer(50, 100, seededRandom(3))
  const stalled = new Pacer(50, 100, seededRandom(3))
  steady.start(0)
  stalled.start(0)
  const counts = (sent: readonly Sent[]): readonly number[] =>
    Array.from({ length: 50 }, (_, user) => sent.filter((one) => one.user === user).length)
  const before = run(steady, [5_000])
  const after = run(stalled, [1, 2, 3, 5_000])
  expect(after.length).toBe(before.length)
  expect(counts(after)).toEqual(counts(before))
})

test('the same seed sends at the same instants, another does not', () => {
  const first = (seed: number): readonly number[] => {
    const pacer = new Pacer(20, 300, seededRandom(seed))
    pacer.start(0)
    return run(pacer, everyMs(0, 3_000)).map(({ intended }) => intended)
  }
  expect(first(7)).toEqual(first(7))
  expect(first(7)).not.toEqual(first(8))
})

test('an interval longer than the wheel is waited out in full', () => {
  const pacer = new Pacer(1, 100_000, () => 0.5)
  pacer.start(0)
  const sent = run(pacer, everyMs(0, 140_000))
  const first = -Math.log(0.5) * 100_000
  expect(sent.map(({ intended }) => intended)).toEqual([first, first * 2])
})

test('stopped, it hands out nothing and is due never', () => {
  const pacer = new Pacer(10, 10, seededRandom(1))
  pacer.start(0)
  pacer.stop()
  expect(run(pacer, [1_000])).toEqual([])
  expect(pacer.due).toBe(Number.POSITIVE_INFINITY)
})

test('over a ramp users begin one after the other, then each keeps the mean rate', () => {
  const pacer = new Pacer(1_000, 2_000, seededRandom(7))
  pacer.start(0, 10_000)
  const sent = run(pacer, everyMs(0, 30_000))
  const firstOf = new Map<number, number>()
  for (const { user, intended } of sent) if (!firstOf.has(user)) firstOf.set(user, intended)
  expect(firstOf.size).toBe(1_000)
  for (const [user, first] of firstOf) expect(first).toBeGreaterThanOrEqual(user * 10)
})
