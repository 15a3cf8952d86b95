import { messageOf } from '../../core/errors.ts'
import type { Operation, Outcome, Store } from './store.ts'

/** Told the outcome of each operation, in the order submitted, after the sync. `token` is the submitter's own key. */
export type Submitter = {
  readonly committed: (token: number, operation: Operation, outcome: Outcome) => void
  /** Nothing is known of the operation: the commit failed. */
  readonly failed: (token: number, operation: Operation, message: string) => void
}

export type GroupCommit = {
  readonly submit: (operation: Operation, submitter: Submitter, token: number) => void
  readonly waiting: () => number
  /** Resolves when nothing waits any more. */
  readonly drained: () => Promise<void>
}

export type GroupCommitOptions = {
  /** At most so many operations in one transaction; what is over waits for the next. */
  readonly maxBatch: number
  /**
   * The next commit starts this many ms after the start of one of so many operations, which took so long with telling its
   * outcomes, at the earliest.
   */
  readonly paceMs: (operations: number, tookMs: number) => number
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
  /** Runs a task after so many milliseconds. */
  readonly after: (delayMs: number, task: () => void) => void
  /** After the outcomes of a committed batch were told. */
  readonly onBatch: (operations: number) => void
  /** The store refused a whole batch. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Everything that waits is one transaction with one sync, started when the last one ends. Under little load that is at once.
 * Under much load commits keep a pace, so that each takes more along: a commit wakes three processes, and near the machine's
 * limit those wakes are what it lacks (docs/decisions/004-a-pace-under-load.md).
 */
export function createGroupCommit(store: Pick<Store, 'commit'>, options: GroupCommitOptions): GroupCommit {
  let operations: Operation[] = []
  let submitters: Submitter[] = []
  let tokens: number[] = []
  let running = false
  let idle: (() => void)[] = []
  let beganAt = Number.NEGATIVE_INFINITY
  let lastBatch = 0
  let tookMs = 0
  /** Ends the wait for the pace, if there is one. */
  let hurry = (): void => {}

  // NOTE: a turn of the loop at least, but for a full batch: it lets the links read what came in meanwhile.
  const nextTurn = (): Promise<void> =>
    new Promise((resolve) => {
      const restMs = beganAt + options.paceMs(lastBatch, tookMs) - options.monotonic()
      if (restMs > 0 && operations.length < options.maxBatch) {
        hurry = resolve
        options.after(restMs, resolve)
      } else setImmediate(resolve)
    })

  const run = async (): Promise<void> => {
    await nextTurn()
    while (operations.length > 0) {
      beganAt = options.monotonic()
      const batch = operations.slice(0, options.maxBatch)
      const by = submitters.slice(0, options.maxBatch)
      const keys = tokens.slice(0, options.maxBatch)
      operations = operations.slice(options.maxBatch)
      submitters = submitters.slice(options.maxBatch)
      tokens = tokens.slice(options.maxBatch)
      lastBatch = batch.length
      await commitBatch(batch, by, keys)
      tookMs = options.monotonic() - beganAt
      await nextTurn()
    }
    running = false
    const waiters = idle
    idle = []
    for (const wake of waiters) wake()
  }

  const commitBatch = async (
    batch: readonly Operation[],
    by: readonly Submitter[],
    keys: readonly number[],
  ): Promise<void> => {
    let outcomes: readonly Outcome[]
    try {
      outcomes = await store.commit(batch)
    } catch (error) {
      options.onFailure(error)
      failAll(batch, by, keys, messageOf(error))
      // NOTE: what waited behind fails with it: carried out now, it would stand before the retry of what failed.
      const waiting = { operations, submitters, tokens }
      operations = []
      submitters = []
      tokens = []
      failAll(waiting.operations, waiting.submitters, waiting.tokens, messageOf(error))
      return
    }
    // NOTE: outside of the try. What a submitter throws is a defect, not a failed commit: the batch is durable.
    for (const [i, operation] of batch.entries()) {
      const outcome = outcomes[i]
      if (outcome !== undefined) by[i]?.committed(keys[i] ?? 0, operation, outcome)
    }
    options.onBatch(batch.length)
  }

  const submit: GroupCommit['submit'] = (operation, submitter, token) => {
    operations.push(operation)
    submitters.push(submitter)
    tokens.push(token)
    if (operations.length === options.maxBatch) hurry()
    if (running) return
    running = true
    void run()
  }

  return {
    submit,
    waiting: () => operations.length,
    drained: () => (running ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve()),
  }
}

function failAll(
  batch: readonly Operation[],
  by: readonly Submitter[],
  keys: readonly number[],
  message: string,
): void {
  for (const [i, operation] of batch.entries()) by[i]?.failed(keys[i] ?? 0, operation, message)
}
