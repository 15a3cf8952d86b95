import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { createLanes, type LaneRefusal, type LanesOptions } from './lanes.ts'

type Task = { readonly lane: string; readonly n: number }

function start(options: Partial<LanesOptions<Task>> = {}) {
  const clock = manualClock()
  const log: string[] = []
  const works: { readonly batch: readonly Task[]; readonly end: PromiseWithResolvers<void> }[] = []
  const name = ({ lane, n }: Task): string => `${lane}${n}`
  const lanes = createLanes<Task>({
    concurrency: 2,
    queue: 4,
    batch: 3,
    withinMs: 100,
    laneOf: ({ lane }) => lane,
    work: (batch) => {
      const end = Promise.withResolvers<void>()
      works.push({ batch, end })
      return end.promise
    },
    done: (batch, waited) => log.push(`${batch.map(name).join(' ')} after ${waited?.join(' ') ?? 'nothing'}`),
    refused: (task, why: LaneRefusal) => log.push(`${name(task)} ${why}`),
    onFailure: (error) => log.push(String(error)),
    clock,
    ...options,
  })
  const settle = async (place: number): Promise<void> => {
    works[place]?.end.resolve()
    await Promise.resolve()
    await Promise.resolve()
  }
  return { lanes, clock, log, works, settle, batches: () => works.map(({ batch }) => batch.map(name)) }
}

const tasks = (text: string): Task[] =>
  text.split(' ').map((each) => ({ lane: each.slice(0, 1), n: Number(each.slice(1)) }))

describe('work that may wait', () => {
  test('passes straight through while it answers at once', () => {
    const { lanes, log } = start({ work: () => undefined })
    lanes.push(tasks('a1 b1 a2'))
    lanes.push(tasks('a3'))
    expect(log).toEqual(['a1 b1 a2 after nothing', 'a3 after nothing'])
    expect(lanes.held()).toBe(0)
  })

  test('has so many batches under way at a time, each lane in one of them at most', async () => {
    const { lanes, settle, batches, log, clock } = start()
    lanes.push(tasks('a1'))
    lanes.push(tasks('a2 b1 b2 c1'))
    expect(batches()).toEqual([['a1'], ['b1', 'b2', 'c1']])
    expect([lanes.waiting(), lanes.held()]).toEqual([1, 5])
    clock.advance(7)
    await settle(0)
    expect(batches()).toEqual([['a1'], ['b1', 'b2', 'c1'], ['a2']])
    await settle(2)
    await settle(1)
    expect(log).toEqual(['a1 after 7', 'a2 after 7', 'b1 b2 c1 after 7 7 7'])
    expect(lanes.held()).toBe(0)
  })

  test('refuses what finds the queue full, and nobody before it', async () => {
    const { lanes, settle, log } = start({ concurrency: 1 })
    lanes.push(tasks('a1'))
    lanes.push(tasks('a2 a3 b1 b2 a4 b3'))
    expect(log).toEqual(['a4 full', 'b3 full'])
    await settle(0)
    await settle(1)
    await settle(2)
    expect(log.slice(2)).toEqual(['a1 after 0', 'b1 b2 a2 after 0 0 0', 'a3 after 0'])
  })

  test('gives up what takes too long, once, and goes on', async () => {
    const { lanes, clock, settle, log, batches } = start({ concurrency: 1 })
    lanes.push(tasks('a1 b1'))
    lanes.push(tasks('a2'))
    clock.advance(100)
    expect(log).toEqual(['a1 late', 'b1 late'])
    expect(batches()).toEqual([['a1', 'b1'], ['a2']])
    await settle(0)
    await settle(1)
    expect(log.slice(2)).toEqual(['a2 after 100'])
  })

  test('refuses a batch whose work throws or rejects, and goes on', async () => {
    const failing = start({
      work: ([first]) => {
        if (first?.n === 1) throw new Error('no')
        return first?.n === 2 ? Promise.reject(new Error('neither')) : undefined
      },
    })
    failing.lanes.push(tasks('a1'))
    await failing.settle(0)
    failing.lanes.push(tasks('a2'))
    failing.lanes.push(tasks('a3'))
    await failing.settle(0)
    expect(failing.log).toEqual(['Error: no', 'a1 failed', 'Error: neither', 'a2 failed', 'a3 after 0'])
  })

  test('keeps every lane in order and loses nothing, however long anything takes', async () => {
    const pushes = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 }), {
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(
        pushes,
        fc.integer({ min: 1, max: 4 }),
        fc.scheduler(),
        async (batches, concurrency, scheduler) => {
          const done: Task[] = []
          const refused: Task[] = []
          let under = 0
          let most = 0
          const lanes = createLanes<Task>({
            concurrency,
            queue: 8,
            batch: 3,
            withinMs: 1_000,
            laneOf: ({ lane }) => lane,
            work: async () => {
              most = Math.max(most, ++under)
              await scheduler.schedule(Promise.resolve())
              under--
            },
            done: (batch) => done.push(...batch),
            refused: (task) => refused.push(task),
            onFailure: (error) => {
              throw error
            },
            clock: manualClock(),
          })
          const sent: Task[] = []
          const numbers = new Map<string, number>()
          for (const batch of batches) {
            const items = batch.map((lane): Task => {
              const n = (numbers.get(lane) ?? 0) + 1
              numbers.set(lane, n)
              return { lane, n }
            })
            sent.push(...items)
            lanes.push(items)
            if (scheduler.count() > 0) await scheduler.waitOne()
          }
          await scheduler.waitIdle()
          expect(most).toBeLessThanOrEqual(concurrency)
          expect(lanes.held()).toBe(0)
          expect(new Set([...done, ...refused])).toEqual(new Set(sent))
          expect(done.length + refused.length).toBe(sent.length)
          for (const lane of numbers.keys()) {
            const order = done.filter((task) => task.lane === lane).map(({ n }) => n)
            expect(order).toEqual(order.toSorted((one, other) => one - other))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
