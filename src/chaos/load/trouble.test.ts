import { expect, test } from 'vitest'
import { noTrouble, type Trouble } from './ipc.ts'
import { seededRandom } from './random.ts'
import { pausesForMs, readsForMs, Troubles } from './trouble.ts'

const visitors = 1_000
const minutes = 10

// Ten minutes in steps of 25 ms: who was cut off, and for how long each did not read.
function suffered(trouble: Partial<Trouble>, isReady: (n: number) => boolean = () => true) {
  const cuts: number[] = []
  const pausedAt = new Map<number, number>()
  const pauses: number[] = []
  const notReading = new Float64Array(visitors)
  let now = 0
  const troubles = new Troubles({ ...noTrouble, ...trouble }, visitors, seededRandom(7), {
    isReady,
    cut: (n) => cuts.push(n),
    pause: (n) => pausedAt.set(n, now),
    resume: (n) => {
      const since = pausedAt.get(n)
      if (since === undefined) return
      pausedAt.delete(n)
      pauses.push(now - since)
      notReading[n] = (notReading[n] ?? 0) + now - since
    },
  })
  troubles.begin(0)
  for (; now < minutes * 60_000; now += 25) troubles.turn(now)
  const pausedAtTheEnd = pausedAt.size
  troubles.end()
  const stillPaused = pausedAt.size
  troubles.turn(now + 1_000_000)
  return { cuts, pauses, notReading, slow: troubles.slow, pausedAtTheEnd, stillPaused }
}

test('so large a share of the visitors is cut off each minute, anyone of them', () => {
  const { cuts, pauses } = suffered({ reconnectPerMinute: 0.05 })
  expect(Math.abs(cuts.length - visitors * 0.05 * minutes)).toBeLessThanOrEqual(1)
  expect(new Set(cuts).size).toBeGreaterThan(300)
  expect(pauses).toEqual([])
})

test('who is not there is not cut off', () => {
  const { cuts } = suffered({ reconnectPerMinute: 1 }, (n) => n < 10)
  expect(cuts.length).toBeGreaterThan(10)
  expect(Math.max(...cuts)).toBeLessThan(10)
})

test('slow readers, and they alone, read a while and then not, and all read again at the end', () => {
  const { cuts, pauses, notReading, slow, pausedAtTheEnd, stillPaused } = suffered({ slowReaders: 0.2 })
  expect(cuts).toEqual([])
  expect(Math.abs(slow.reduce((sum, one) => sum + one, 0) / visitors - 0.2)).toBeLessThan(0.04)
  expect(notReading.map((ms) => Math.sign(ms))).toEqual(Float64Array.from(slow))
  const mean = pauses.reduce((sum, ms) => sum + ms, 0) / pauses.length
  expect(Math.abs(mean / pausesForMs - 1)).toBeLessThan(0.1)
  const share = notReading.reduce((sum, ms) => sum + ms, 0) / (minutes * 60_000 * visitors * 0.2)
  expect(Math.abs(share - pausesForMs / (pausesForMs + readsForMs))).toBeLessThan(0.1)
  expect(pausedAtTheEnd).toBeGreaterThan(0)
  expect(stillPaused).toBe(0)
})

test('without trouble nothing happens', () => {
  const { cuts, pauses } = suffered({})
  expect([cuts, pauses]).toEqual([[], []])
})
