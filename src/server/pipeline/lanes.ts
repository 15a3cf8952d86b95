import type { Clock } from '../../core/clock.ts'

/** Why an item was not worked on to its end. */
export type LaneRefusal = 'full' | 'late' | 'failed'

/** Bounds are read whenever they are needed: they may change. What waits beyond a new bound is worked on all the same. */
export type LanesOptions<T> = {
  /** Batches under way at a time. */
  readonly concurrency: number
  /** Items that may wait for their turn; what comes beyond is refused. */
  readonly queue: number
  /** Items in one batch at most. */
  readonly batch: number
  /** From the start of a batch to its end; what takes longer is given up as `late`. */
  readonly withinMs: number
  /** Items of one lane are worked on one after the other, in the order they came. */
  readonly laneOf: (item: T) => string
  /** May answer at once or by a promise; a throw or a rejection refuses the whole batch as `failed`. */
  readonly work: (batch: readonly T[]) => void | Promise<void>
  /** In the order of each lane; `waitedMs` of each item, from `push` on, where it had to wait for anything. */
  readonly done: (batch: readonly T[], waitedMs: readonly number[] | undefined) => void
  readonly refused: (item: T, why: LaneRefusal) => void
  readonly onFailure: (error: unknown) => void
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
}

export type Lanes<T> = {
  readonly push: (batch: readonly T[]) => void
  /** Waiting for their turn. */
  readonly waiting: () => number
  /** Waiting, or worked on. */
  readonly held: () => number
}

type Lane<T> = { readonly key: string; items: T[]; since: number[]; busy: boolean }
type Running<T> = {
  readonly batch: readonly T[]
  readonly lanes: readonly Lane<T>[]
  readonly since: readonly number[]
}

/**
 * Where work may really wait: at most `concurrency` batches at a time, a bounded queue before them, each lane in order. Work
 * that answers at once passes straight through: then nothing is queued, looked up or allocated.
 */
export function createLanes<T>(options: LanesOptions<T>): Lanes<T> {
  const { clock } = options
  const lanes = new Map<string, Lane<T>>()
  const ready = new Set<Lane<T>>()
  let running = 0
  let waiting = 0
  let worked = 0

  const laneFor = (item: T): Lane<T> => {
    const key = options.laneOf(item)
    let lane = lanes.get(key)
    if (lane === undefined) {
      lane = { key, items: [], since: [], busy: false }
      lanes.set(key, lane)
    }
    return lane
  }

  const start = (batch: readonly T[]): void | Promise<void> => {
    try {
      return options.work(batch)
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  const watch = (run: Running<T>, work: Promise<void>): void => {
    running++
    worked += run.batch.length
    let over = false
    const end = (why: 'late' | 'failed' | undefined): void => {
      if (over) return
      over = true
      cancel()
      running--
      worked -= run.batch.length
      // NOTE: first the outcome, then the lanes: what waits in them must find the mark of what was refused.
      conclude(run, why)
      release(run.lanes)
      pump()
    }
    const cancel = clock.after(options.withinMs, () => {
      end('late')
    })
    work.then(
      () => {
        end(undefined)
      },
      (error: unknown) => {
        options.onFailure(error)
        end('failed')
      },
    )
  }

  const conclude = ({ batch, since }: Running<T>, why: 'late' | 'failed' | undefined): void => {
    if (why !== undefined) {
      for (const item of batch) options.refused(item, why)
      return
    }
    const now = clock.monotonic()
    options.done(
      batch,
      since.map((at) => now - at),
    )
  }

  const release = (held: readonly Lane<T>[]): void => {
    for (const lane of held) {
      lane.busy = false
      if (lane.items.length > 0) ready.add(lane)
      else lanes.delete(lane.key)
    }
  }

  const next = (): Running<T> => {
    const batch: T[] = []
    const since: number[] = []
    const held: Lane<T>[] = []
    for (const lane of ready) {
      if (batch.length >= options.batch) break
      ready.delete(lane)
      const room = options.batch - batch.length
      batch.push(...lane.items.splice(0, room))
      since.push(...lane.since.splice(0, room))
      lane.busy = true
      held.push(lane)
    }
    waiting -= batch.length
    return { batch, since, lanes: held }
  }

  const pump = (): void => {
    while (running < options.concurrency && ready.size > 0) {
      const run = next()
      const work = start(run.batch)
      if (work === undefined) {
        conclude(run, undefined)
        release(run.lanes)
      } else watch(run, work)
    }
  }

  return {
    push: (batch) => {
      if (running === 0 && waiting === 0) {
        const work = start(batch)
        if (work === undefined) {
          options.done(batch, undefined)
          return
        }
        const now = clock.monotonic()
        const held = [...new Set(batch.map(laneFor))]
        for (const lane of held) lane.busy = true
        watch({ batch, lanes: held, since: batch.map(() => now) }, work)
        return
      }
      const now = clock.monotonic()
      for (const item of batch) {
        if (waiting >= options.queue) {
          options.refused(item, 'full')
          continue
        }
        const lane = laneFor(item)
        lane.items.push(item)
        lane.since.push(now)
        waiting++
        if (!lane.busy) ready.add(lane)
      }
      pump()
    },
    waiting: () => waiting,
    held: () => waiting + worked,
  }
}
