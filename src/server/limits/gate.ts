export type Gate = {
  /** Runs `task` when its turn comes; `undefined` at once when too many wait already. Rejects as `task` does. */
  readonly run: <T>(task: () => Promise<T>) => Promise<{ readonly value: T } | undefined>
}

/**
 * At most `concurrent` tasks at a time and `waiting` behind them, in the order they came: for what costs memory or a thread
 * of the pool, such as argon2 (19 MiB and one of libuv's four threads for 40 ms each).
 */
export function createGate(bounds: { readonly concurrent: number; readonly waiting: number }): Gate {
  let running = 0
  const queue: (() => void)[] = []

  const next = (): void => {
    const start = queue.shift()
    if (start === undefined) running -= 1
    else start()
  }

  return {
    run: async (task) => {
      if (running >= bounds.concurrent) {
        if (queue.length >= bounds.waiting) return undefined
        const { promise, resolve } = Promise.withResolvers<void>()
        queue.push(resolve)
        await promise
      } else {
        running += 1
      }
      try {
        return { value: await task() }
      } finally {
        next()
      }
    },
  }
}
