import { expect, test } from 'vitest'
import { StageWatch } from '../load/stage-watch.ts'
import { stagesBetween } from './stages.ts'
import { queueOf, readStages, type StagesAnswer } from './stages-answer.ts'

const bounds = [0.001, 0.01, 0.1]

type Said = {
  readonly in: number
  readonly seconds: number
  readonly waits: readonly number[]
  readonly depth: number
  readonly loopP99?: number
}

/** An answer of two workers alike and a writer, as `GET /admin/stages` gives it. */
function answer({ in: taken, seconds, waits, depth, loopP99 = 0.002 }: Said): StagesAnswer {
  const persist = {
    in: taken,
    out: taken,
    refused: { shed: 1, full: 2 },
    seconds: { bounds, counts: [taken / 10, 0, 0, 0], sum: seconds },
    wait: { bounds, counts: waits, sum: 1 },
    queue: { depth, limit: 100 },
  }
  const worker = (n: number) => ({
    role: 'worker',
    worker: n,
    loop: { p50: 0, p99: loopP99, max: 2 * loopP99, busy: 0.5 },
    stages: { persist },
    store: null,
  })
  const writer = {
    role: 'writer',
    worker: null,
    loop: null,
    stages: {},
    store: {
      batch: { bounds: [1, 10], counts: [0, taken / 10, 0], sum: 2 * taken },
      sync: { bounds, counts: [taken / 10, 0, 0, 0], sum: 0.1 },
    },
  }
  const read = readStages(
    JSON.parse(JSON.stringify({ stages: [], processes: [worker(0), worker(1), writer] })),
  )
  if (read === null) throw new Error('It is not read.')
  return read
}

const before = answer({ in: 1_000, seconds: 1, waits: [1_000, 0, 0, 0], depth: 3 })
const between = answer({ in: 2_000, seconds: 1.5, waits: [1_500, 0, 0, 0], depth: 40, loopP99: 0.05 })
const after = answer({ in: 3_000, seconds: 2, waits: [1_000, 2_000, 0, 0], depth: 5 })

test('a window counts what came in between, over all processes, and not what was before it', () => {
  expect(stagesBetween([before, between, after], 30)).toEqual({
    seconds: 30,
    stages: [
      {
        stage: 'persist',
        in: 4_000,
        out: 4_000,
        refused: 0,
        batches: 400,
        // 2 × 1 s of work for 4,000 messages.
        us_per_message: 500,
        // All waits of the window lie between 1 and 10 ms.
        waited_p50_ms: 5.5,
        waited_p99_ms: 9.91,
        // Two workers of 40, between the ends of the window.
        queue_depth: 80,
        queue_limit: 200,
      },
    ],
    loops: [
      { process: 'worker 0', p99_ms: 50, max_ms: 100, busy: 0.5 },
      { process: 'worker 1', p99_ms: 50, max_ms: 100, busy: 0.5 },
    ],
    store: { commits: 200, operations_per_commit: 20, sync_p50_ms: 0.5, sync_p99_ms: 0.99 },
  })
})

test('a process that was replaced counts from zero again', () => {
  const reborn = answer({ in: 500, seconds: 0.25, waits: [500, 0, 0, 0], depth: 0 })
  expect(stagesBetween([after, reborn], 1)?.stages[0]?.batches).toBe(100)
})

test('one answer alone is no window, and no server needs to have stages', () => {
  expect(stagesBetween([before], 1)).toBeNull()
  expect(readStages('nothing')).toBeNull()
  expect(readStages({ processes: 3 })).toBeNull()
  expect(stagesBetween([{ processes: [] }, { processes: [] }], 1)?.stages).toEqual([])
  expect(queueOf({ processes: [] }, 'persist')).toBeNull()
})

test('a target without stages, or one that stops answering, has none', async () => {
  const now = (): number => 0
  const none = await StageWatch.begin({ stages: undefined }, now)
  expect([none.poll(), await none.end()]).toEqual([null, undefined])
  const silent = await StageWatch.begin({ stages: () => Promise.resolve(null) }, now)
  expect([silent.poll(), await silent.end()]).toEqual([null, undefined])
})

test('while it measures it says how much waits for the store', async () => {
  const answers = [before, after]
  const watch = await StageWatch.begin({ stages: () => Promise.resolve(answers.shift() ?? null) }, () => 0)
  expect(watch.poll()).toEqual({ depth: 6, limit: 200 })
  expect((await watch.end())?.stages[0]?.in).toBe(4_000)
})
