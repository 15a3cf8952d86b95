import { describe, expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { createShedder } from '../limits/shedding.ts'
import { createGroupCommit } from '../storage/group-commit.ts'
import type { Operation, Outcome } from '../storage/store.ts'
import { createLanes } from './lanes.ts'

/** Bounds that change while work is under way: what is under way ends on the old, what comes goes by the new. */
describe('bounds of lanes', () => {
  function start() {
    const bounds = { concurrency: 1, queue: 2, batch: 1, withinMs: 100 }
    const clock = manualClock()
    const log: string[] = []
    const ends: PromiseWithResolvers<void>[] = []
    const lanes = createLanes<string>({
      get concurrency() {
        return bounds.concurrency
      },
      get queue() {
        return bounds.queue
      },
      get batch() {
        return bounds.batch
      },
      get withinMs() {
        return bounds.withinMs
      },
      laneOf: (task) => task,
      work: ([task = '']) => {
        log.push(`${task} begins`)
        const end = Promise.withResolvers<void>()
        ends.push(end)
        return end.promise
      },
      done: (batch) => log.push(`${batch.join(' ')} done`),
      refused: (task, why) => log.push(`${task} ${why}`),
      onFailure: () => undefined,
      clock,
    })
    return { bounds, clock, lanes, log, ends }
  }

  test('a longer queue takes what a shorter one refused, a shorter one keeps what waits', () => {
    const { bounds, lanes, log } = start()
    for (const task of ['a', 'b', 'c', 'd']) lanes.push([task])
    bounds.queue = 3
    lanes.push(['e'])
    bounds.queue = 1
    lanes.push(['f'])
    expect(log).toEqual(['a begins', 'd full', 'f full'])
    expect(lanes.waiting()).toBe(3)
  })

  test('more concurrency counts with the next that comes, less with the next that ends', async () => {
    const { bounds, lanes, log, ends } = start()
    for (const task of ['a', 'b']) lanes.push([task])
    bounds.concurrency = 3
    lanes.push(['c'])
    expect(log).toEqual(['a begins', 'b begins', 'c begins'])
    bounds.concurrency = 1
    lanes.push(['d'])
    ends[0]?.resolve()
    await turns()
    expect(log.slice(3)).toEqual(['a done'])
    ends[1]?.resolve()
    ends[2]?.resolve()
    await turns()
    expect(log.slice(4)).toEqual(['b done', 'c done', 'd begins'])
  })

  test('a new deadline is for work that begins from then on', () => {
    const { bounds, clock, lanes, log } = start()
    lanes.push(['a'])
    bounds.withinMs = 10
    lanes.push(['b'])
    clock.advance(50)
    expect(log).toEqual(['a begins'])
    clock.advance(50)
    expect(log).toEqual(['a begins', 'a late', 'b begins'])
    clock.advance(10)
    expect(log.at(-1)).toBe('b late')
  })
})

test('shedding goes by the target and the interval of now', () => {
  const bounds = { targetMs: 500, intervalMs: 1_000, random: () => 0.5 }
  const shedder = createShedder(bounds)
  expect([0, 100, 200].map((now) => shedder.observe(now, 400))).toEqual([false, false, false])
  bounds.targetMs = 50
  bounds.intervalMs = 60
  expect(shedder.observe(210, 400)).toBe(true)
  bounds.targetMs = 500
  expect(shedder.observe(220, 400)).toBe(false)
})

test('a transaction holds as many operations as the bound of now says', async () => {
  const bounds = { batch: 1 }
  const sizes: number[] = []
  const ends: (() => void)[] = []
  const group = createGroupCommit(
    {
      commit: (operations) => {
        sizes.push(operations.length)
        return new Promise<readonly Outcome[]>((resolve) => {
          ends.push(() => {
            resolve(operations.map(() => ({ status: 'done' })))
          })
        })
      },
    },
    {
      get maxBatch() {
        return bounds.batch
      },
      paceMs: () => 0,
      monotonic: () => 0,
      after: (_, task) => {
        task()
      },
      onBatch: () => undefined,
      onFailure: () => undefined,
    },
  )
  const submitter = { committed: () => undefined, failed: () => undefined }
  const operation: Operation = { kind: 'mark_read', conversation: 'c', role: 'agent', seq: 1 }
  for (let n = 0; n < 5; n++) group.submit(operation, submitter, n)
  await turns()
  expect(sizes).toEqual([1])
  bounds.batch = 3
  ends[0]?.()
  await turns()
  expect(sizes).toEqual([1, 3])
  ends[1]?.()
  await turns()
  ends[2]?.()
  expect(sizes).toEqual([1, 3, 1])
})

async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve))
}
